"""The likelihood measure as a whole: against exact values, in bits, and what it says of models without one."""

import types

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.evaluation import linear_models
from zoo import noise
from zoo.data import Dataset, Preprocessing, Split
from zoo.evaluation import draws, likelihood
from zoo.evaluation.results import Unavailable

DATA = linear_models.dataset(100)
EXACT = stats.multivariate_normal(linear_models.B, linear_models.MARGINAL).logpdf(DATA.splits["test"].array)


# Of P(z|x) the mean, and a scale that is a little wide for all directions: a posterior that is good, and not exact.
COVARIANCE = np.linalg.inv(np.eye(2) + linear_models.W @ linear_models.W.T / linear_models.S**2)
TRUE_A = linear_models.W.T @ COVARIANCE / linear_models.S**2
GOOD = {"encoder": (TRUE_A, -linear_models.B @ TRUE_A), "t": 1.2 * float(np.sqrt(COVARIANCE.diagonal().max()))}


@pytest.fixture(scope="module")
def found():
    return likelihood.measure(
        linear_models.build(**GOOD), DATA, num_samples=500, annealing_steps=50, annealing_chains=10, annealing_examples=100
    )


@pytest.mark.parametrize("name", ["importance_weighted_bound", "annealed_importance_bound"])
def test_a_bound_is_near_the_exact_value_and_not_above_it(found, name):
    # The spread of log P(x) over the examples is common to both; what differs is far smaller than it.
    assert -0.1 < found[name].value - EXACT.mean() < 0.05


def test_the_exact_value_and_the_sandwich_are_there(found):
    np.testing.assert_allclose(found["exact_log_likelihood"].value, EXACT.mean(), rtol=1e-4)
    assert found["exact_log_likelihood_method"] == "linear_gaussian"
    assert abs(found["simulated_gap"].value) < 0.1 + 4 * found["simulated_gap"].standard_error


def test_the_error_of_the_difference_is_that_of_paired_values(found):
    loss, bound, difference = (
        found[name] for name in ("negative_elbo", "importance_weighted_bound", "importance_weighted_bound_above_elbo")
    )
    assert difference.standard_error < np.hypot(loss.standard_error, bound.standard_error)
    np.testing.assert_allclose(difference.value, bound.value + loss.value, rtol=1e-6)


@pytest.mark.parametrize(
    ("tails", "median", "bad"),
    [([0.2, -1.0, 0.9], 0.2, 1 / 3), ([-np.inf, -np.inf, 0.1], 0.0, 0.0), ([np.inf, 2.0, np.inf, np.inf], 100.0, 1.0)],
)
def test_the_median_of_pareto_k_lies_between_none_and_hopeless(tails, median, bad):
    found = likelihood._trust(np.array(tails))
    assert (found["pareto_k_median"].value, found["share_of_bad_pareto_k"].value) == (median, pytest.approx(bad))


@pytest.mark.parametrize(("weights", "known"), [(24, False), (25, True)])
def test_a_tail_needs_twenty_five_weights(weights, known):
    found = likelihood.measure(linear_models.build(), linear_models.dataset(5), num_samples=weights)
    assert ("pareto_k_median" in found, "share_of_bad_pareto_k" in found) == (known, known)
    assert found["effective_sample_size"].value > 1


def test_weights_that_cannot_be_trusted_are_told(caplog):
    assert likelihood._trust(np.array([-np.inf, 0.3, 0.7]))["share_of_bad_pareto_k"].value == 0
    assert not caplog.records
    heavy = linear_models.build(t=0.05)
    found = likelihood.measure(heavy, linear_models.dataset(20), num_samples=200)
    assert found["share_of_bad_pareto_k"].value > 0.5
    assert found["effective_sample_size"].value < 40
    share = 100 * found["share_of_bad_pareto_k"].value
    assert [record.message for record in caplog.records] == [
        f"importance weights: Pareto k is above 0.7 for {share:.0f}% of the examples"
    ]


def test_the_measured_bound_is_that_of_the_function_at_this_seed():
    model, x = linear_models.build(), linear_models.draw(3)
    bounds = likelihood.importance_weighted_bound(model, x, 4, 7)
    found = likelihood._importance_weighted(model, x, None, 4, 7)
    np.testing.assert_allclose(
        found["importance_weighted_bound"].value, bounds["importance_weighted_bound"].numpy().mean(), rtol=1e-6
    )
    np.testing.assert_allclose(found["negative_elbo"].value, -bounds["elbo"].numpy().mean(), rtol=1e-6)


def test_what_a_model_cannot_be_asked_says_why():
    with pytest.raises(Unavailable, match=likelihood.NO_BOUND):
        likelihood._importance_weighted(types.SimpleNamespace(has_likelihood_bound=False), None, None, 1, 0)
    assert likelihood._of_one(types.SimpleNamespace(num_classes=0), lambda: 1)() == 1
    with pytest.raises(Unavailable, match="not measured of class-conditional models"):
        likelihood._of_one(types.SimpleNamespace(num_classes=3), lambda: 1)()


@pytest.mark.parametrize("block", [1, 7, 64])
def test_the_block_does_not_show(block):
    model, x = linear_models.build(), linear_models.draw(20)
    seed = noise.seed_for(0, 0, "importance_weighted_bound")

    def weighted(rows, positions):
        return likelihood.log_weights(model, rows, 130, seed, positions[0])

    np.testing.assert_allclose(draws.in_blocks(weighted, x, block=block), draws.in_blocks(weighted, x), rtol=1e-5, atol=1e-5)


def grey(**preprocessing):
    levels = np.random.default_rng(0).integers(0, 256, (50, 3), np.uint8)
    split = Split(levels)
    return Dataset("grey", {"train": split, "test": split}, Preprocessing(event_shape=(3,), levels=256, **preprocessing))


@pytest.mark.parametrize(("value_range", "width"), [("unit", 1), ("symmetric", 2)])
def test_bits_are_of_the_grey_levels_whatever_the_range(value_range, width):
    """P(x) = N(1/2, 1) of the range, nearly: the cell of a grey level is width/256 of it."""
    none = 1e-6 * linear_models.W
    model = linear_models.build(encoder=(0 * linear_models.A, 0 * linear_models.C), decoder=(none, np.zeros(3)), s=1.0, t=1.0)
    found = likelihood.measure(model, grey(dequantization="uniform", value_range=value_range), num_samples=1)
    nats = -found["importance_weighted_bound"].value / 3
    np.testing.assert_allclose(found["bits_per_dim"].value, (nats - np.log(width / 256)) / np.log(2), rtol=1e-6)
    error = found["importance_weighted_bound"].standard_error / 3 / np.log(2)
    np.testing.assert_allclose(found["bits_per_dim"].standard_error, error, rtol=1e-6)
    assert found["bits_per_dim_dequantization"] == "uniform"


def test_a_density_at_grey_levels_has_no_bits():
    found = likelihood.measure(linear_models.build(), grey(), num_samples=1)
    assert "dequantization to uniform" in found["bits_per_dim"].reason


@pytest.mark.parametrize(
    ("support", "preprocessing", "known"),
    [
        ("levels", {"levels": 256}, 0),
        ("levels", {"levels": 2}, 0),
        ("binary", {"levels": 2}, 0),
        ("binary", {"levels": 256, "binarization": "threshold"}, 0),
        ("binary", {"levels": 256}, "this is neither"),
        ("real", {"levels": 2}, "this is neither"),
        ("real", {"levels": 256, "binarization": "threshold"}, "this is neither"),
        ("real", {"levels": 0}, "real-valued vectors"),
        (None, {"levels": 256}, "does not say"),
    ],
)
def test_a_bit_is_of_a_probability_or_of_a_density_of_dequantized_levels(support, preprocessing, known):
    model, preprocessing = types.SimpleNamespace(likelihood_support=support), Preprocessing(event_shape=(3,), **preprocessing)
    if known == 0:
        assert likelihood._log_cell(preprocessing, model) == 0
    else:
        with pytest.raises(Unavailable, match=known):
            likelihood._log_cell(preprocessing, model)


def test_a_likelihood_that_overflows_is_one_line_and_the_rest_is_there():
    model = linear_models.build()
    model.encoder.trainable_variables[1].assign(tf.fill([2], np.float32(np.nan)))
    found = likelihood.measure(model, DATA, num_samples=2)
    for name in ("negative_elbo", "importance_weighted_bound", "importance_weighted_bound_above_elbo", "bits_per_dim"):
        assert found[name].value is None
    assert found["negative_elbo"].failed
    assert isinstance(found["exact_log_likelihood"].value, float)
