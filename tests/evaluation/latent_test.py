"""The latent space of linear Gaussian models, against closed forms."""

import itertools

import numpy as np
import pytest

from tests.evaluation import linear_models
from tests.evaluation.linear_models import LATENT, SIZE, A, B, C, S, T, W
from zoo.evaluation import draws, latent, results
from zoo.evaluation.results import TooFewError, Unavailable

COUNT = 600
DATA = linear_models.dataset(COUNT, labels=np.arange(COUNT) % 2)
MODEL = linear_models.build()


@pytest.fixture(scope="module")
def found():
    return latent.measure(MODEL, DATA, num_examples=COUNT)


def holds(found, name, exact, error_below):
    value, error = found[name].value, found[name].standard_error
    assert abs(value - exact) < 4 * error, (value, exact)
    assert 4 * error < error_below


def test_every_value_is_there(found):
    assert not results.reasons(found)


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
    assert abs(found["log_determinant"].value - exact) < 4 * np.sqrt(2 * LATENT / COUNT)


@pytest.mark.parametrize(("scales", "rank"), [((1, 1, 1), 3), ((2, 2, 1e-6), 2), ((np.sqrt(3), 1), 4 / 3**0.75)])
def test_the_effective_rank_of_codes_is_exp_of_the_entropy_of_their_variances(scales, rank):
    """4 / 3^(3/4) is that of variances 3 and 1: the entropy of (3/4, 1/4) is log 4 - 3/4 log 3."""
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=len(scales))))  # uncorrelated, each of variance 1
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(len(scales), len(scales))))[0]
    found = latent.spread(corners * scales @ rotation)
    np.testing.assert_allclose(found["effective_rank"].value, rank, rtol=1e-6)
    unbiased = len(corners) / (len(corners) - 1) * np.square(scales)
    np.testing.assert_allclose(found["log_determinant"].value, np.log(unbiased).sum(), atol=1e-2)


def test_a_covariance_without_inverse_has_no_log_determinant():
    found = latent.spread(np.repeat(np.arange(5.0)[:, np.newaxis], 2, axis=1) * [1, 0])
    assert "singular" in found["log_determinant"].reason
    np.testing.assert_allclose(found["effective_rank"].value, 1)


def test_mutual_information_is_the_closed_form(found):
    exact = np.linalg.slogdet(covariance_of_q())[1] / 2 - LATENT * np.log(T)
    # KSG is biased by less than 0.1 for five dimensions and little information (Kraskov et al. 2004, section IV).
    by_neighbours, bound = found["mutual_information"], found["mutual_information_bound"]
    assert abs(by_neighbours.value - exact) < 4 * by_neighbours.standard_error + 0.1
    assert exact - 0.05 < bound.value + 4 * bound.standard_error
    assert bound.value - 4 * bound.standard_error < exact


def test_the_aggregate_divergence_is_the_closed_form(found):
    covariance = covariance_of_q()
    mean = B @ A + C
    exact = (np.trace(covariance) + mean @ mean - LATENT - np.linalg.slogdet(covariance)[1]) / 2
    holds(found, "aggregate_divergence", exact, 0.5)


def test_labels_that_the_code_tells_are_told_and_random_ones_are_not(found):
    assert abs(found["knn_accuracy"].value - 0.5) < 4 * 0.5 / np.sqrt(COUNT)
    x = linear_models.draw(COUNT, seed=3)
    labels = (x @ A[:, 0] + C[0] > 0).astype(int)
    data = linear_models.dataset(x=x, labels=labels)
    told = latent.probes(MODEL, data, draws.flat(draws.encoded(MODEL, x, 0)["mean"]), labels, 0)
    assert told["knn_accuracy"].value > 0.95
    assert told["linear_probe_accuracy"].value > 0.95


def test_a_probe_has_no_more_neighbours_than_there_are_codes():
    data = linear_models.dataset(x=linear_models.draw(3), labels=np.array([0, 1, 1]))
    codes = draws.flat(draws.encoded(MODEL, data.splits["train"].array, 0)["mean"])
    assert latent.probes(MODEL, data, codes, np.ones(3, int), 0)["knn_accuracy"].value == 1


def test_a_label_is_told_by_the_five_nearest_codes_and_not_by_all():
    """Of 24 codes 9 are near one place, and 15 near another: of all of them most are of the second class."""
    x = np.concatenate([np.zeros((9, SIZE)), np.full((15, SIZE), 50.0)]).astype(np.float32)
    x += linear_models.draw(24) / 100
    labels = np.repeat([0, 1], [9, 15])
    data = linear_models.dataset(x=x, labels=labels)
    codes = draws.flat(draws.encoded(MODEL, x, 0)["mean"])
    assert latent.probes(MODEL, data, codes, labels, 0)["knn_accuracy"].value == 1


def test_codes_in_the_middle_of_the_prior_are_precise_and_do_not_recall_it():
    """The prior takes the part of the data: all of Q(z) is in it, and Q(z) covers little of it."""
    z = 0.1 * np.random.default_rng(0).normal(size=(COUNT, LATENT))
    found = latent.covering(MODEL, z, seed=0)
    # N(0, 1) in two dimensions has 1 - exp(-r^2/2) of its mass within r: 3.4 standard deviations of the codes hold 0.06.
    assert found["precision[z]"].value > 0.98
    assert found["recall[z]"].value < 0.1


def test_what_is_missing_says_why():
    data = linear_models.dataset(50)
    values = latent.measure(MODEL, data, num_examples=50)
    assert values["knn_accuracy"].reason == "data set linear has no labels"
    assert (values["knn_accuracy"].value, values["knn_accuracy"].failed) == (None, False)
    with pytest.raises(TooFewError, match="at least 3 examples, found 2"):
        latent.spread(np.zeros((2, 2)))
    for ask, lacking in (
        (latent.posterior_table, "log_q_z_given_x"),
        (latent.aggregate_divergence, "log_p_z"),
        (latent.rate_and_distortion, "log_p_x_given_z and no log_p_z and no log_q_z_given_x"),
    ):
        with pytest.raises(Unavailable, match=f"^the model has no {lacking}$"):
            ask(_Blind(), None, None)


class _Blind:
    def has(self, field):
        return False
