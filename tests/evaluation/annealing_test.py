"""Annealed importance sampling against exact log-likelihoods, and the sandwich around them."""

import types

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.evaluation import linear_models
from zoo.evaluation import annealing, draws
from zoo.evaluation.results import Unavailable
from zoo.samplers import hmc

EXAMPLES = 100
MODEL = linear_models.build()


def exact(x):
    """log N(x; b, W^T W + s^2 I)."""
    return stats.multivariate_normal(linear_models.B, linear_models.MARGINAL).logpdf(x)


@pytest.fixture(scope="module")
def simulated():
    """(x, bounds) of pairs that the model has drawn."""
    z, x = draws.pairs(MODEL, EXAMPLES, seed=0)
    return x, annealing.annealed_bound(MODEL, x, 40, 8, seed=0, codes=z)


def test_the_schedule_rises_from_0_to_1():
    betas = annealing.schedule(10)
    assert betas[0] == 0
    assert betas[-1] == 1
    assert (np.diff(betas) > 0).all()
    # A sigmoid from -4 to 4: as dense at one end as at the other.
    np.testing.assert_allclose(betas + betas[::-1], 1, atol=1e-12)
    sigmoid = 1 / (1 + np.exp(-np.array([-4.0, -2.0, 0.0, 2.0, 4.0])))
    np.testing.assert_allclose(annealing.schedule(4), (sigmoid - sigmoid[0]) / (sigmoid[4] - sigmoid[0]), rtol=1e-12)


def test_the_bounds_hold_the_exact_value_and_are_near_it(simulated):
    x, found = simulated
    for sign, side in ((1, "lower"), (-1, "upper")):
        gap = sign * (exact(x) - found[side])
        error = gap.std(ddof=1) / np.sqrt(EXAMPLES)
        assert -4 * error < gap.mean() < 0.1, side
        assert 4 * error < 0.1


def test_acceptance_is_of_each_example_at_each_temperature(simulated):
    _, found = simulated
    assert found["acceptance"].shape[0] == EXAMPLES
    assert found["acceptance"].ndim == 2
    assert 0 < found["acceptance"].mean(0).min() < found["acceptance"].mean() < 1


def test_a_seed_tells_every_move():
    def lower(seed, of_tensorflow):
        tf.random.set_seed(of_tensorflow)  # what operations without a seed would go by
        return annealing.annealed_bound(MODEL, linear_models.draw(3), 3, 2, seed)["lower"]

    first, again, other = lower(0, 1), lower(0, 2), lower(1, 2)
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_the_step_sizes_move_towards_the_wanted_acceptance():
    x, z = tf.constant(linear_models.draw(50)), tf.random.stateless_normal([8, 50, 2], [0, 0])
    _, accepted, sizes = tf.function(annealing.anneal, autograph=False)(MODEL, x, z, tf.constant([0, 1]), 100)
    assert sizes[0][0] == np.float32(annealing.FIRST_STEP)
    # At first too careful, in the end within the noise of 8 chains' mean over 50 examples.
    assert accepted[:5].numpy().mean() > 0.9
    assert accepted.numpy().max() <= 1
    assert abs(accepted[-20:].numpy().mean() - hmc.ACCEPTANCE) < 0.1


def test_given_step_sizes_are_those_of_the_same_moves():
    x, z = tf.constant(linear_models.draw(2)), tf.random.stateless_normal([3, 2, 2], [0, 0])
    given = np.linspace(0.1, 0.4, 8, dtype=np.float32).reshape(4, 2)
    for backwards in (False, True):
        used = annealing.anneal(MODEL, x, z, tf.constant([0, 1]), 4, tf.constant(given), backwards)[2]
        np.testing.assert_array_equal(used, given)


def test_one_step_is_importance_sampling_from_the_prior():
    """With T = 1 the weight is P(x|z_0): its mean over many chains is P(x)."""
    x = linear_models.draw(5)
    found = annealing.annealed_bound(MODEL, x, 1, 20_000, seed=0)["lower"]
    np.testing.assert_allclose(found, exact(x), atol=0.2)


def test_the_weight_is_the_sum_that_the_docstring_says():
    """Without moves (a step size of 0) every z_t is z_0, and log w is log P(x|z_0)."""
    x, z = tf.constant(linear_models.draw(4)), tf.random.stateless_normal([3, 4, 2], [0, 0])
    for backwards in (False, True):
        log_w, accepted, _ = annealing.anneal(MODEL, x, z, tf.constant([0, 1]), 5, tf.zeros([5, 4]), backwards)
        np.testing.assert_allclose(log_w, MODEL.likelihood(z).log_prob(x), rtol=1e-4)
        np.testing.assert_allclose(accepted, 1, rtol=1e-5)


def test_each_block_of_examples_has_draws_of_its_own(monkeypatch):
    monkeypatch.setattr(annealing, "BLOCK", 1)
    x = np.repeat(linear_models.draw(1), 2, axis=0)
    first, second = annealing.annealed_bound(MODEL, x, 2, 2, seed=0)["lower"]
    assert abs(first - second) > 1e-3
    # The first block's are those of its example alone.
    np.testing.assert_allclose(first, annealing.annealed_bound(MODEL, x[:1], 2, 2, seed=0)["lower"][0], rtol=1e-5)


def test_the_step_sizes_are_found_by_chains_of_other_starts(monkeypatch):
    def of_starts(model, x, z, seed, steps, step_sizes=None, backwards=False):
        """The start in place of the step size, and the difference of two starts in place of log w."""
        first = z[:, :, 0]
        return first if step_sizes is None else first - step_sizes, tf.zeros_like(first), first

    monkeypatch.setattr(annealing, "anneal", of_starts)
    assert (np.abs(annealing.annealed_bound(MODEL, linear_models.draw(20), 2, 1, seed=0)["lower"]) > 0).all()


class Flat:
    """A model with the same density everywhere."""

    def log_densities(self, x, z):
        """Zeros, with a gradient of zeros."""
        return types.SimpleNamespace(log_p_z=tf.reduce_sum(0 * z, -1), log_p_x_given_z=tf.reduce_sum(0 * z, -1))


def test_a_move_is_of_five_leapfrog_steps():
    """Where no force acts it is 5 step sizes times a momentum of N(0, I) times U[.8, 1.2]: variance 25 (1 + .4^2 / 12)."""
    z, _ = annealing._moved(Flat(), tf.zeros([2, 3]), tf.zeros([4000, 2, 1]), 1.0, tf.constant([0.1, 0.2]), [0, 0])
    variance = 25 * (1 + 0.4**2 / 12)
    # A variance of n draws has a relative error of (2 / n)^1/2, a little more with the factor.
    np.testing.assert_allclose(z.numpy().var(0)[:, 0] / [0.01, 0.04], variance, rtol=5 * np.sqrt(2 / 4000))


# Of three examples at two temperatures.
ACCEPTED = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]])


def test_figures_are_means_over_the_examples_that_were_annealed(monkeypatch):
    bounds = {"lower": np.array([1.0, 2, 3]), "upper": np.array([2.0, 3, 4.5]), "acceptance": ACCEPTED}
    monkeypatch.setattr(annealing, "annealed_bound", lambda *_: bounds)
    found = annealing.summary(MODEL, linear_models.draw(3), 1, 2, 0)
    values = {name: found[name].value for name in annealing.RESULTS}
    assert values == {
        "annealed_importance_bound": 2,
        "annealed_acceptance_rate": 0.5,
        "annealed_lowest_acceptance_rate": pytest.approx(0.3),
        "simulated_lower_bound": 2,
        "simulated_upper_bound": pytest.approx(9.5 / 3),
        "simulated_gap": pytest.approx(3.5 / 3),
    }
    assert {found[name].count for name in annealing.RESULTS} == {3}
    assert found["num_annealed_examples"] == 3


class Nowhere:
    """A model whose densities are not finite but at 0."""

    def log_densities(self, x, z):
        """NaN for every code but 0, with a gradient that moves it."""
        value = tf.where(tf.reduce_all(z == 0, -1), 0.0, np.nan) + tf.reduce_sum(z, -1)
        return types.SimpleNamespace(log_p_z=value, log_p_x_given_z=value)


def test_a_move_to_where_the_density_is_no_number_is_refused():
    """So no move is accepted, and each step is exp(-0.2 * 0.65) of the one before."""
    x, z = tf.zeros([2, 3]), tf.zeros([4, 2, 2])
    log_w, accepted, sizes = annealing.anneal(Nowhere(), x, z, tf.constant([0, 1]), 5)
    np.testing.assert_array_equal(log_w, 0)
    np.testing.assert_array_equal(accepted, 0)
    shrunk = 0.3 * np.exp(-0.2 * 0.65 * np.arange(5))
    np.testing.assert_allclose(sizes, np.repeat(shrunk[:, np.newaxis], 2, 1), rtol=1e-5)


def test_models_without_densities_or_with_binary_codes_are_refused():
    binary = linear_models.build(prior={"name": "bernoulli"}, posterior={"name": "bernoulli", "estimator": "straight_through"})
    with pytest.raises(Unavailable, match="real codes"):
        annealing.summary(binary, linear_models.draw(2), 5, 2, 0)
    for lacking in ("log_p_x_given_z", "log_p_z"):
        without = types.SimpleNamespace(has_distributions=True, has=lambda field, lacking=lacking: field != lacking)
        with pytest.raises(Unavailable, match="a prior and a likelihood with densities, which the model lacks"):
            annealing.summary(without, linear_models.draw(2), 5, 2, 0)
    with pytest.raises(Unavailable, match="annealing needs gradients, which an exported model does not give"):
        annealing.summary(types.SimpleNamespace(has_distributions=False), linear_models.draw(2), 5, 2, 0)
    with pytest.raises(Unavailable, match="annealing_steps is 0"):
        annealing.summary(MODEL, linear_models.draw(2), 0, 2, 0)
