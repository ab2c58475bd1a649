"""The continuous Bernoulli: its integral, its constant and its samples, above all near 1/2."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.distributions import continuous_bernoulli

# In float32 1e-7 is lost beside 1; 0 is q = 1/2.
LOGITS = np.array([-300, -30, -3, -0.3, -1e-2, -1e-4, -1e-7, 0, 1e-9, 1e-7, 1e-5, 1e-3, 2e-2, 0.5, 4, 16.5, 30, 300])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
UNIFORM = np.array([0.01, 0.2, 0.5, 0.8, 0.999])


def distribution(logits, dtype):
    """One variable for each logit."""
    return continuous_bernoulli.conditional((1,)).distribution(tf.constant(logits[..., None], dtype))


def quantile(uniform, logits):
    """log(1 + (e^s - 1) u) / s in extended precision, where |s| < 1e-5 by two terms of its series."""
    u, s = np.longdouble(uniform), np.longdouble(logits)
    safe = np.where(np.abs(s) < 1e-5, 1, s)
    return np.where(np.abs(s) < 1e-5, u + s * u * (1 - u) / 2, np.log1p(np.expm1(safe) * u) / safe)


@DTYPES
def test_the_density_integrates_to_1(dtype):
    """By 60 Gauss-Legendre points on [0, 1], exact to rounding for the exponentials asked for."""
    points, weights = np.polynomial.legendre.leggauss(60)
    x = ((points + 1) / 2).astype(dtype)
    density = np.exp(distribution(LOGITS[None], dtype).log_prob(x[:, None, None]).numpy().astype(np.float64))
    # An exponent of 300 has a rounding error 300 times as large; the quadrature's own is 1e-12.
    np.testing.assert_allclose(weights / 2 @ density, np.ones_like(LOGITS), rtol=1e-12 + 300 * np.finfo(dtype).eps)


@DTYPES
def test_the_constant(dtype):
    """log C = log(s / tanh(s / 2)) at logit s, and log 2 at 0: log p(1/2) without it is -log(2 cosh(s / 2))."""
    s = np.longdouble(LOGITS.astype(dtype))
    safe = np.where(s == 0, 1, s)
    expected = np.where(s == 0, np.log(np.longdouble(2)), np.log(safe / np.tanh(safe / 2))) - np.log(2 * np.cosh(s / 2))
    found = distribution(LOGITS, dtype).log_prob(np.full([len(LOGITS), 1], 0.5, dtype))
    np.testing.assert_allclose(found, expected.astype(float), rtol=1e-6 if dtype == np.float32 else 1e-14, atol=1e-7)


def test_values_outside_of_0_and_1_are_impossible():
    found = distribution(np.array([0.5, 0.5]), np.float32).log_prob([[-0.01], [1.01]])
    np.testing.assert_array_equal(found, [-np.inf, -np.inf])


@DTYPES
def test_quantiles_keep_their_digits(dtype):
    logits, uniform = (x.astype(dtype) for x in np.meshgrid(LOGITS, UNIFORM))
    found = continuous_bernoulli.quantile(tf.constant(uniform), tf.constant(logits))
    np.testing.assert_allclose(found, quantile(uniform, logits).astype(float), rtol=10 * np.finfo(dtype).eps)


@DTYPES
def test_quantiles_have_their_gradient_at_one_half_too(dtype):
    """dx/ds = (u e^(s(1-x)) - x) / s; by central differences in extended precision, and u (1 - u) / 2 at s = 0."""
    logits, uniform = (x.astype(dtype) for x in np.meshgrid(LOGITS, UNIFORM))
    at = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(at)
        x = continuous_bernoulli.quantile(tf.constant(uniform), at)
    found = tape.gradient(x, at).numpy()
    step = np.longdouble(1e-4)
    differences = (quantile(uniform, logits + step) - quantile(uniform, logits - step)) / (2 * step)
    # The differences' own error is 1e-8 / 6 times a third derivative below 1, and at |s| below 1e-5 their series' 1e-9.
    tolerance = 2e-8 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(found, differences.astype(float), atol=tolerance)
    zero = list(LOGITS).index(0)
    np.testing.assert_allclose(found[:, zero], (uniform * (1 - uniform))[:, zero] / 2, rtol=1e-6)


def test_samples_are_quantiles_of_uniform_noise():
    tfd = distribution(LOGITS, np.float64)
    x = tfd.sample(7, seed=(1, 2))
    assert x.shape == (7, len(LOGITS), 1)
    uniform = tf.random.stateless_uniform([7, len(LOGITS), 1], (1, 2), dtype=tf.float64).numpy()
    np.testing.assert_allclose(x, quantile(uniform, LOGITS[:, None]).astype(float), rtol=1e-13)
    assert np.all((x >= 0) & (x <= 1))


@pytest.mark.parametrize("uniform", [0.0, 1 - 2.0**-24])
def test_the_ends_are_finite(uniform):
    at = tf.constant([-200.0, -80.0, -1.0, 0.0, 1.0, 17.0, 80.0, 200.0])
    with tf.GradientTape() as tape:
        tape.watch(at)
        x = continuous_bernoulli.quantile(tf.constant(uniform), at)
    assert np.all((x >= 0) & (x <= 1))
    assert np.all(np.isfinite(tape.gradient(x, at)))


@DTYPES
def test_the_mean(dtype):
    """1 / (1 - e^-s) - 1/s = 1/2 + s/12 - ..., by quadrature of the density."""
    points, weights = np.polynomial.legendre.leggauss(60)
    x = (points + 1) / 2
    density = np.exp(distribution(LOGITS[None], np.float64).log_prob(x[:, None, None]))
    family = continuous_bernoulli.conditional((1,))
    tfd = family.distribution(tf.constant(LOGITS[:, None], dtype))
    found = family.described(tfd)["loc"][:, 0]
    np.testing.assert_allclose(found, (weights / 2 * x) @ density, rtol=2e-6 if dtype == np.float32 else 1e-10)
