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


@pytest.mark.parametrize("prior", [tfd.Normal([0.0, 0], 2.0), tfd.Normal([0.0, 1], 1.0), tfd.Laplace([0.0, 0], 0.5**0.5)])
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


def test_a_scale_that_depends_on_the_code_is_no_linear_gaussian_model():
    model = linear_models.build()
    fixed = model.likelihood

    def widening(z):
        likelihood = fixed(z)
        scale = likelihood.stddev() * (1 + 0.1 * tf.reduce_sum(z**2, -1, keepdims=True))
        return tfd.Independent(tfd.Normal(likelihood.mean(), scale), 1)

    np.testing.assert_allclose(exact.linear_gaussian(model, X), log_density(X), atol=1e-4)
    model.likelihood = widening
    with pytest.raises(Unavailable, match="its scale depends on z"):
        exact.linear_gaussian(model, X)


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
