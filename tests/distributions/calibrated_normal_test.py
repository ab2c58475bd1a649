"""The calibrated normal: what is narrow and what is as wide as its errors, by quadrature and by what moves them."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from zoo.distributions import calibrated_normal, multivariate_normal

SIZE, NOISE, SCALE = 2, 0.6, 0.25
FAMILY = calibrated_normal.conditional((SIZE,), scale=SCALE, noise=NOISE)


def some(batch=4):
    return tf.constant(np.random.default_rng(0).normal(size=(batch, *FAMILY.parameter_shape)))


def test_in_training_it_is_a_normal_of_a_fixed_scale_around_the_code():
    parameters, z = some(), np.random.default_rng(1).normal(size=(4, SIZE))
    found = FAMILY.training_distribution(parameters)
    code = parameters[:, :SIZE].numpy()
    np.testing.assert_allclose(found.log_prob(z), stats.norm(code, SCALE).logpdf(z).sum(1), rtol=1e-12)
    np.testing.assert_array_equal(found.calibrated.code, code)


def test_codes_may_be_drawn_narrower_than_they_are_scored():
    fine = calibrated_normal.conditional((SIZE,), scale=SCALE, draw_scale=0.01)
    parameters, count = some(), 20_000
    found = fine.training_distribution(parameters)
    e = (found.sample(count, seed=(1, 2)) - parameters[:, :SIZE]).numpy() / 0.01
    np.testing.assert_allclose(e.std((0, 1)), 1, atol=5 / (2 * 4 * count) ** 0.5)
    np.testing.assert_array_equal(
        found.log_prob(parameters[:, :SIZE]), FAMILY.training_distribution(parameters).log_prob(parameters[:, :SIZE])
    )


def test_tfp_has_nothing_to_say_of_it(caplog):
    """It logs a page where a distribution does not declare its parameters."""
    found = FAMILY.training_distribution(some())
    assert found.batch_shape == (4,)
    assert not caplog.records


def test_otherwise_it_is_the_normal_with_a_full_covariance_around_the_shrunk_and_shifted_code():
    parameters, z = some(), np.random.default_rng(1).normal(size=(4, SIZE))
    code, shift, others = np.split(parameters.numpy(), [SIZE, 2 * SIZE], axis=1)
    loc = (1 - NOISE**2) ** 0.5 * code + calibrated_normal.SHIFT * shift
    plain = multivariate_normal.conditional((SIZE,), initial_scale=0.2, minimum_scale=0.05)
    known = plain.distribution(tf.constant(np.concatenate([loc, others], 1)))
    found = FAMILY.distribution(parameters)
    np.testing.assert_allclose(found.log_prob(z), known.log_prob(z), rtol=1e-12)
    np.testing.assert_allclose(found.mean(), loc, rtol=1e-12)
    np.testing.assert_array_equal(found.code, code)


def test_calibration_is_the_mean_over_the_noisy_codes():
    """Of a quadratic function three nodes of Gauss and Hermite in each dimension give the mean exactly."""
    parameters, z = some(), np.random.default_rng(1).normal(size=(4, SIZE))
    posterior = FAMILY.training_distribution(parameters)
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    weights = weights / weights.sum()
    exact = sum(
        weights[i] * weights[j] * posterior.calibrated.log_prob((1 - NOISE**2) ** 0.5 * z + NOISE * nodes[[i, j]]).numpy()
        for i, j in itertools.product(range(3), repeat=2)
    )
    np.testing.assert_allclose(FAMILY.calibration(posterior, z), exact, rtol=1e-10)


def test_the_code_is_held_fixed_in_its_calibration():
    """It is what the wake phase decodes; the shift and the covariance are what calibration may move."""
    parameters = some()
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        value = FAMILY.calibration(FAMILY.training_distribution(parameters), tf.zeros([4, SIZE], tf.float64))
    gradient = tape.gradient(value, parameters).numpy()
    np.testing.assert_array_equal(gradient[:, :SIZE], np.zeros([4, SIZE]))
    assert np.all(gradient[:, SIZE:] != 0)


def test_where_it_is_exact_a_chain_comes_back_to_the_prior():
    """x = z: Q(z'|x) = N(a x, noise^2). A variance v goes to a^2 v + noise^2, so its distance to 1 shrinks by a^2 a round."""
    kept, rounds, count = (1 - NOISE**2) ** 0.5, 8, 50_000
    free = calibrated_normal.conditional((SIZE,), noise=NOISE, initial_scale=NOISE, minimum_scale=1e-6)
    x = tf.constant(3 * np.random.default_rng(0).normal(size=(count, SIZE)))
    for number in range(rounds):
        zeros = tf.zeros([count, free.parameter_shape[0] - SIZE], tf.float64)
        x = free.distribution(tf.concat([x, zeros], 1)).sample(seed=(number, 0))
    wanted = 1 + kept ** (2 * rounds) * (9 - 1)
    np.testing.assert_allclose(x.numpy().var(0), wanted, rtol=5 * (2 / count) ** 0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0.0}, "scale must be above 0, draw_scale at least 0 and noise in"),
        ({"draw_scale": -0.1}, "draw_scale at least 0"),
        ({"noise": 1.0}, "noise in"),
        ({"initial_scale": 0.01}, "scales must be initial_scale > minimum_scale > 0"),
    ],
)
def test_numbers_out_of_their_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        calibrated_normal.conditional((SIZE,), **options)


@pytest.mark.parametrize("shape", [(1,), (2, 2)])
def test_what_is_no_vector_is_refused(shape):
    with pytest.raises(ValueError, match="is over vectors of at least 2 numbers"):
        calibrated_normal.conditional(shape)
