"""The latent space of linear Gaussian models, against closed forms."""

import numpy as np
import pytest

from tests.evaluation import linear_models
from tests.evaluation.linear_models import LATENT, A, B, C, S, T, W
from zoo.evaluation import Unavailable, draws, latent

COUNT = 600
DATA = linear_models.dataset(COUNT, labels=np.arange(COUNT) % 2)
MODEL = linear_models.build()


@pytest.fixture(scope="module")
def found():
    return latent.measure(MODEL, DATA, num_examples=COUNT)


def holds(found, name, exact, error_below):
    error = found[f"{name}_standard_error"]
    assert abs(found[name] - exact) < 4 * error, (found[name], exact)
    assert 4 * error < error_below


def test_every_value_is_there(found):
    assert not [name for name, value in found.items() if isinstance(value, dict)]


def test_rate_and_distortion_are_the_closed_forms(found):
    x = DATA.splits["test"].array.astype(np.float64)
    mean = x @ A + C
    # The means over z ~ Q(z|x); the standard errors hold the spread over x too, which is not estimated here.
    rate = (mean**2).sum(1).mean() / 2 + LATENT * (T**2 - 1 - 2 * np.log(T)) / 2
    error = ((x - mean @ W - B) ** 2).sum(1).mean() + T**2 * (W**2).sum()
    holds(found, "rate", rate, 0.5)
    holds(found, "distortion", error / (2 * S**2) + 3 * np.log(2 * np.pi * S**2) / 2, 6.0)


def covariance_of_q():
    return A.T @ linear_models.MARGINAL @ A + T**2 * np.eye(LATENT)


def test_spread_is_that_of_the_aggregate_posterior(found):
    exact = np.linalg.slogdet(covariance_of_q())[1]
    # Each log-eigenvalue of a covariance from n points has variance 2/n.
    assert abs(found["log_determinant"] - exact) < 4 * np.sqrt(2 * LATENT / COUNT)
    assert 1 < found["effective_rank"] <= LATENT


def test_mutual_information_is_the_closed_form(found):
    exact = np.linalg.slogdet(covariance_of_q())[1] / 2 - LATENT * np.log(T)
    # KSG is biased by less than 0.1 for five dimensions and little information (Kraskov et al. 2004, section IV).
    assert abs(found["mutual_information"] - exact) < 4 * found["mutual_information_standard_error"] + 0.1
    assert exact - 0.05 < found["mutual_information_bound"] + 4 * found["mutual_information_bound_standard_error"]
    assert found["mutual_information_bound"] - 4 * found["mutual_information_bound_standard_error"] < exact


def test_the_aggregate_divergence_is_the_closed_form(found):
    covariance = covariance_of_q()
    mean = B @ A + C
    exact = (np.trace(covariance) + mean @ mean - LATENT - np.linalg.slogdet(covariance)[1]) / 2
    holds(found, "aggregate_divergence", exact, 0.5)


def test_labels_that_the_code_tells_are_told_and_random_ones_are_not(found):
    assert abs(found["knn_accuracy"] - 0.5) < 4 * 0.5 / np.sqrt(COUNT)
    x = linear_models.draw(COUNT, seed=3)
    labels = (x @ A[:, 0] + C[0] > 0).astype(int)
    data = linear_models.dataset(x=x, labels=labels)
    told = latent.probes(MODEL, data, draws.flat(draws.encoded(MODEL, x, 0)["mean"]), labels, 0)
    assert told["knn_accuracy"] > 0.95
    assert told["linear_probe_accuracy"] > 0.95


def test_what_is_missing_says_why():
    data = linear_models.dataset(50)
    values = latent.measure(MODEL, data, num_examples=50)
    assert values["knn_accuracy"] == {"value": None, "reason": "data set linear has no labels", "failed": False}
    with pytest.raises(ValueError, match="more examples"):
        latent.spread(np.zeros((2, 2)))
    with pytest.raises(Unavailable, match="log_q_z_given_x"):
        latent.posterior_table(_Blind(), None, None)


class _Blind:
    def has(self, field):
        return False
