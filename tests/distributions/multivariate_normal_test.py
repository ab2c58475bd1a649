"""The normal with a full covariance: density, moments and samples against tfp's own, and where it starts."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.distributions import multivariate_normal

SIZE = 3


def some(batch=5, scale=5.0):
    """A batch of them, with the lower triangular factors of their covariances."""
    family = multivariate_normal.conditional((SIZE,))
    parameters = scale * np.random.default_rng(0).normal(size=(batch, *family.parameter_shape)).astype("float32")
    found = family.distribution(tf.constant(parameters))
    factor = np.linalg.inv(found.unit_lower.numpy() / found.scale.numpy()[:, np.newaxis])
    return found, tfp.distributions.MultivariateNormalTriL(found.loc, factor)


def test_density_and_variance_are_those_of_its_covariance():
    found, known = some()
    z = np.random.default_rng(1).normal(size=(7, 5, SIZE)).astype("float32")
    np.testing.assert_allclose(found.log_prob(z), known.log_prob(z), rtol=1e-4)
    np.testing.assert_allclose(found.variance(), known.variance(), rtol=1e-4)
    np.testing.assert_array_equal(found.mode(), found.mean())
    assert np.abs(np.tril(found.unit_lower, -1)).max() > 0.1


def test_the_variance_of_any_batch_is_that_of_each_in_it():
    family = multivariate_normal.conditional((SIZE,))
    parameters = np.random.default_rng(0).normal(size=(4, 7, *family.parameter_shape)).astype("float32")
    whole = family.distribution(tf.constant(parameters)).variance()
    np.testing.assert_allclose(whole[2], family.distribution(tf.constant(parameters[2])).variance(), rtol=1e-5)


def test_couplings_begin_at_a_tenth_of_what_the_network_says_and_end_at_a_half():
    family = multivariate_normal.conditional((SIZE,))
    for said, entry in ((1e-3, 1e-4), (0.5, 0.5 * np.tanh(0.1)), (100.0, 0.5)):
        couplings = [*np.zeros(2 * SIZE), said, 0, 0]
        factor = family.distribution(tf.constant([couplings], tf.float32)).unit_lower.numpy()[0]
        np.testing.assert_allclose(np.abs(np.tril(factor, -1)).max(), entry, rtol=1e-5)


def test_samples_have_its_covariance():
    """Of n draws an entry of the covariance is off by sqrt((c_ii c_jj + c_ij^2) / n)."""
    found, known = some(scale=2.0)
    count = 20_000
    z = found.sample(count, seed=(1, 2)).numpy()
    for index in range(5):
        wanted = known.covariance().numpy()[index]
        error = np.sqrt((np.outer(np.diag(wanted), np.diag(wanted)) + wanted**2) / count)
        assert np.all(np.abs(np.cov(z[:, index].T) - wanted) < 5 * error)
    np.testing.assert_allclose(z.mean(0), found.loc, atol=5 * np.sqrt(known.variance().numpy().max() / count))


def test_a_sample_is_pathwise():
    """d/dloc of the sum of z is 1 each; log q at a sample does not depend on loc."""
    family = multivariate_normal.conditional((SIZE,))
    parameters = tf.constant(np.random.default_rng(0).normal(size=(4, *family.parameter_shape)), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(parameters)
        found = family.distribution(parameters)
        z = found.sample(seed=(1, 2))
        total, density = tf.reduce_sum(z), tf.reduce_sum(found.log_prob(z))
    np.testing.assert_allclose(tape.gradient(total, parameters)[:, :SIZE], np.ones([4, SIZE]), rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(density, parameters)[:, :SIZE], np.zeros([4, SIZE]), atol=1e-4)


def test_zero_parameters_are_a_diagonal_normal_of_the_initial_scale():
    family = multivariate_normal.conditional((SIZE,), initial_scale=0.5, minimum_scale=0.1)
    found = family.distribution(tf.zeros([1, *family.parameter_shape]))
    np.testing.assert_array_equal(found.unit_lower, np.eye(SIZE)[np.newaxis])
    np.testing.assert_allclose(found.stddev(), np.full([1, SIZE], 0.5), rtol=1e-6)
    floor = family.distribution(tf.fill([1, *family.parameter_shape], -100.0))
    np.testing.assert_allclose(floor.scale, np.full([1, SIZE], 0.1), rtol=1e-6)


def test_the_exact_posterior_keeps_the_prior_along_a_chain_and_its_diagonal_does_not():
    """P(z) = N(0, I), x = a.z + s e; of n codes after one round an entry of the covariance is off by at most 5 sqrt(2 / n)."""
    a, s, count = np.array([1.0, 2.0, -1.0]), 0.5, 20_000
    covariance = np.linalg.inv(np.eye(SIZE) + np.outer(a, a) / s**2)
    precision_factor = np.linalg.inv(np.linalg.cholesky(covariance))
    scale = 1 / np.diag(precision_factor)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(count, SIZE)) @ a + s * generator.normal(size=count)
    loc = tf.constant(np.outer(x, covariance @ a / s**2))
    wide = np.broadcast_to(scale, (count, SIZE)), np.broadcast_to(precision_factor * scale, (count, SIZE, SIZE))
    z = multivariate_normal.FullNormal(loc, *map(tf.constant, wide)).sample(seed=(1, 2)).numpy()
    tolerance = 5 * np.sqrt(2 / count)
    np.testing.assert_allclose(np.cov(z.T), np.eye(SIZE), atol=tolerance)
    diagonal = loc + np.sqrt(np.diag(covariance)) * generator.normal(size=(count, SIZE))
    assert np.abs(np.cov(np.transpose(diagonal)) - np.eye(SIZE)).max() > 5 * tolerance


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((1,), {}, "vectors of at least 2 numbers, found shape"),
        ((2, 2), {}, "vectors of at least 2 numbers"),
        ((2,), {"minimum_scale": 2.0}, "initial_scale > minimum_scale > 0"),
        ((2,), {"minimum_scale": 0.0}, "initial_scale > minimum_scale > 0"),
    ],
)
def test_refused(shape, options, message):
    with pytest.raises(ValueError, match=message):
        multivariate_normal.conditional(shape, **options)
