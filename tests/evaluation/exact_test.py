"""Exact log-likelihoods: three ways, each against another formula."""

import types

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats

import zoo
from tests.evaluation import linear_models
from zoo.evaluation import exact
from zoo.evaluation.results import Unavailable

tfd = tfp.distributions


def log_density(x):
    """log N(x; b, W^T W + s^2 I)."""
    return stats.multivariate_normal(linear_models.B, linear_models.MARGINAL).logpdf(x)


X = linear_models.draw(20)


def test_a_linear_gaussian_model_is_seen_as_one():
    values, method = exact.exact_log_likelihood(linear_models.build(), X)
    assert method == "linear_gaussian"
    np.testing.assert_allclose(values, log_density(X), atol=1e-4)  # float32 weights


def test_a_decoder_that_says_nothing_of_z_is_linear():
    """log N(x; 0, s^2 I)."""
    model = linear_models.build(decoder=(0 * linear_models.W, 0 * linear_models.B))
    expected = stats.norm(0, linear_models.S).logpdf(X).sum(1)
    np.testing.assert_allclose(exact.linear_gaussian(model, X), expected, rtol=1e-5)


def test_a_linear_model_that_is_not_normal_is_not_taken_for_one():
    model = linear_models.build()
    normal = model.likelihood
    model.likelihood = lambda z: tfd.Independent(tfd.Laplace(normal(z).mean(), normal(z).stddev()), 1)
    with pytest.raises(Unavailable, match="or the likelihood no normal one"):
        exact.linear_gaussian(model, X)


@pytest.mark.parametrize("prior", [tfd.Normal([0.0, 0], [1.0, 2]), tfd.Normal([0.0, 1], 1.0), tfd.Laplace([0.0, 0], 0.5**0.5)])
def test_another_prior_is_not_taken_for_a_standard_normal(prior):
    model = linear_models.build()
    model.prior = lambda: tfd.Independent(prior, 1)
    with pytest.raises(Unavailable, match=r"the prior is not N\(0, I\)"):
        exact.linear_gaussian(model, X)


def test_the_endpoints_of_an_exported_model_are_not_enough():
    with pytest.raises(Unavailable, match="needs the distributions of the model itself"):
        exact.exact_log_likelihood(types.SimpleNamespace(has_distributions=False), X)


def test_quadrature_is_the_same_each_time():
    model = linear_models.build()
    np.testing.assert_array_equal(exact.quadrature(model, X), exact.quadrature(model, X))


def test_quadrature_is_compared_with_a_grid_of_half_as_many_points(monkeypatch):
    grids = []
    monkeypatch.setattr(exact, "_on_grid", lambda model, x, axes: grids.append(axes) or np.zeros(len(x)))
    exact.quadrature(linear_models.build(), X)
    for fine, coarse in zip(*grids, strict=True):
        np.testing.assert_array_equal(fine[::2], coarse)


def test_quadrature_agrees_with_the_closed_form():
    # The trapezoidal rule converges faster than any power for smooth integrands; the cut-off tails hold 1e-6.
    np.testing.assert_allclose(exact.quadrature(linear_models.build(), X), log_density(X), atol=1e-3)


def test_a_likelihood_too_narrow_for_the_grid_is_refused():
    with pytest.raises(Unavailable, match="too narrow"):
        exact.quadrature(linear_models.build(s=0.002), X)


def test_binary_codes_are_enumerated():
    model = linear_models.build(prior={"name": "bernoulli"}, posterior={"name": "bernoulli", "estimator": "straight_through"})
    values, method = exact.exact_log_likelihood(model, X)
    assert method == "enumeration"
    parts = []
    for z in ([0, 0], [0, 1], [1, 0], [1, 1]):
        parts.append(
            stats.norm(np.array(z) @ linear_models.W + linear_models.B, linear_models.S).logpdf(X).sum(1) + np.log(1 / 4)
        )
    np.testing.assert_allclose(values, special.logsumexp(parts, axis=0), rtol=1e-5)


def test_a_nonlinear_decoder_is_not_taken_for_a_linear_one():
    with pytest.raises(Unavailable, match="not linear"):
        exact.linear_gaussian(_nonlinear(), X)


def changed(mean=0.0, scale=(0.0, 0.0, 0.0), bias=0.0, width=(1.0, 1.0, 1.0)):
    """A linear Gaussian model whose mean and scale have something added that grows with |z|^2."""
    model = linear_models.build(decoder=(linear_models.W, linear_models.B + bias))
    fixed = model.likelihood

    def likelihood(z):
        normal, square = fixed(z), tf.reduce_sum(z**2, -1, keepdims=True)
        return tfd.Independent(tfd.Normal(normal.mean() + mean * square, normal.stddev() * width + scale * square), 1)

    model.likelihood = likelihood
    return model


@pytest.mark.parametrize("changes", [{"mean": 0.01}, {"scale": (0.01, 0.0, 0.0)}])
def test_a_little_of_z_squared_is_no_linear_gaussian_model(changes):
    np.testing.assert_allclose(exact.linear_gaussian(changed(), X), log_density(X), atol=1e-4)
    with pytest.raises(Unavailable, match="not linear, or its scale depends on z"):
        exact.linear_gaussian(changed(**changes), X)


def test_what_rounding_leaves_is_no_dependence_on_z():
    """Of means of 1,000 it is 1e-4; of scales, 1e-3 beside one of 50."""
    far = exact.linear_gaussian(changed(bias=1000.0), X + np.float32(1000))
    np.testing.assert_allclose(far, log_density(X), atol=0.05)
    wide = changed(scale=(0.0, 0.0, 1e-5), width=(1.0, 1.0, 100.0))
    covariance = linear_models.W.T @ linear_models.W + np.diag([0.25, 0.25, 2500])
    expected = stats.multivariate_normal(linear_models.B, covariance).logpdf(X)
    np.testing.assert_allclose(exact.linear_gaussian(wide, X), expected, atol=1e-3)


def test_the_sizes_up_to_which_it_is_tried_are_included(monkeypatch):
    linear = linear_models.build()
    binary = linear_models.build(prior={"name": "bernoulli"}, posterior={"name": "bernoulli", "estimator": "straight_through"})
    for limit, method, model in (("MAX_SIZE", exact.linear_gaussian, linear), ("MAX_BITS", exact.enumeration, binary)):
        size = {"MAX_SIZE": 3, "MAX_BITS": 2}[limit]
        monkeypatch.setattr(exact, limit, size)
        assert np.isfinite(method(model, X)).all()
        monkeypatch.setattr(exact, limit, size - 1)
        with pytest.raises(Unavailable):
            method(model, X)


def _nonlinear():
    decoder = {"name": "mlp", "hidden_sizes": (5,), "activation": "tanh"}
    normal = {"name": "normal", "scale": "fixed"}
    sections = {"latent_size": 4, "encoder": "mlp", "posterior": normal, "decoder": decoder, "likelihood": normal}
    return zoo.build(zoo.experiment(data={}, model=sections, training={"jit_compile": "off"}), event_shape=(3,))


@pytest.mark.parametrize("lacking", ["log_p_x_given_z", "log_p_z"])
def test_it_needs_both_densities(lacking):
    model = types.SimpleNamespace(has_distributions=True, has=lambda field: field != lacking)
    with pytest.raises(Unavailable, match="a prior and a likelihood with densities"):
        exact.exact_log_likelihood(model, X)


def test_other_models_say_why_not():
    with pytest.raises(Unavailable, match=r"not linear.*not binary.*more than two dimensions"):
        exact.exact_log_likelihood(_nonlinear(), X)
