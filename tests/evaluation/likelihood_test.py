"""The bounds against linear-Gaussian models, where log P(x) and the ELBO have closed forms."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import zoo
from zoo.evaluation import likelihood
from zoo.evaluation.likelihood import importance_weighted_bound
from zoo.models.pair import Pair

tfd = tfp.distributions

GENERATOR = np.random.default_rng(0)
LATENT, SIZE, NOISE = 2, 3, 0.8
W, B = GENERATOR.normal(size=(LATENT, SIZE)), GENERATOR.normal(size=SIZE)
X = GENERATOR.normal(size=(7, SIZE))
COVARIANCE = np.linalg.inv(np.eye(LATENT) + W @ W.T / NOISE**2)  # of the true posterior


class LinearGaussian:
    """P(z) = N(0, I), P(x|z) = N(z W + b, s^2 I), and Q(z|x) = the true posterior, moved and widened; in float64."""

    has_likelihood_bound = True

    def __init__(self, shift=0.0, width=1.0):
        self.shift = shift
        self.factor = width * np.linalg.cholesky(COVARIANCE)

    def posterior(self, x, training=False):
        """A normal with full covariance, so not of the families that the zoo has."""
        loc = (x - B) @ W.T @ COVARIANCE / NOISE**2 + self.shift
        return tfd.MultivariateNormalTriL(loc, self.factor)

    def likelihood(self, z, training=False):
        """N(z W + b, s^2 I)."""
        return tfd.Independent(tfd.Normal(tf.einsum("...i,ij->...j", z, W) + B, tf.constant(NOISE, tf.float64)), 1)

    def prior(self):
        """N(0, I)."""
        return tfd.MultivariateNormalDiag(tf.zeros(LATENT, tf.float64))

    def log_densities(self, x, z):
        """The real thing."""
        return Pair(self, x, z)

    def log_prob(self, x):
        """log P(x), exactly."""
        return tfd.MultivariateNormalFullCovariance(B, W.T @ W + NOISE**2 * np.eye(SIZE)).log_prob(x).numpy()

    def elbo(self, x):
        """log P(x) - KL(Q(z|x) || P(z|x)), exactly."""
        true = LinearGaussian().posterior(x)
        return self.log_prob(x) - tfd.kl_divergence(self.posterior(x), true).numpy()


def bounds(model, x, num_samples, seed=0, **arguments):
    """The function as its callers use it: compiled, the batch unknown."""
    spec = tf.TensorSpec([None, *x.shape[1:]], x.dtype)
    function = tf.function(
        lambda x: importance_weighted_bound(model, x, num_samples, seed, **arguments), input_signature=[spec], autograph=False
    )
    return {name: value.numpy() for name, value in function(x).items()}


@pytest.mark.parametrize("num_samples", [1, 100, 130])
def test_both_are_exact_where_the_posterior_is(num_samples):
    model = LinearGaussian()
    found = bounds(model, X, num_samples)
    assert found.keys() == {"importance_weighted_bound", "elbo", "log_weight_variance", "effective_sample_size"}
    np.testing.assert_allclose(found["elbo"], model.log_prob(X), rtol=1e-12)
    np.testing.assert_allclose(found["importance_weighted_bound"], model.log_prob(X), rtol=1e-12)
    np.testing.assert_allclose(found["log_weight_variance"], 0, atol=1e-20)
    np.testing.assert_allclose(found["effective_sample_size"], num_samples, rtol=1e-12)


# One example at many positions is many independent estimates of its bounds.
COPIES = 1000
MODEL = LinearGaussian(shift=0.3, width=1.4)


@pytest.fixture(scope="module")
def estimates():
    """K -> the estimates of the copies."""
    copies = np.repeat(X[:1], COPIES, axis=0)
    return {num_samples: bounds(MODEL, copies, num_samples) for num_samples in (1, 4, 150)}


def mean_and_error(values):
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def test_the_elbo_is_that_of_the_closed_form(estimates):
    exact = MODEL.elbo(X[:1])[0]
    for found in estimates.values():
        mean, error = mean_and_error(found["elbo"])
        assert abs(mean - exact) < 5 * error
    assert 5 * error < 0.05 * (MODEL.log_prob(X[:1])[0] - exact)  # with K = 150 it could have failed


def test_the_bound_rises_with_the_samples_to_the_exact_value(estimates):
    means, errors = zip(*(mean_and_error(estimates[k]["importance_weighted_bound"]) for k in (1, 4, 150)), strict=True)
    exact = MODEL.log_prob(X[:1])[0]
    assert means[0] + 5 * errors[0] < means[1] - 5 * errors[1] < means[2]
    assert means[1] + 5 * errors[1] < exact
    assert means[2] < exact + 5 * errors[2]
    # Its bias is near -1/2 of the squared relative standard error of the mean weight.
    bias = -np.mean(1 / estimates[150]["effective_sample_size"] - 1 / 150) / 2
    assert abs(means[2] - exact - bias) < 5 * errors[2] + 0.3 * abs(bias)


def test_the_standard_errors_are_those_seen_between_repetitions(estimates):
    found = estimates[150]
    # The relative standard error of a standard deviation of n normal values is 1/sqrt(2 n); heavier tails, hence 10 %.
    np.testing.assert_allclose(found["elbo"].std(), np.sqrt(found["log_weight_variance"].mean() / 150), rtol=0.1)
    claimed = np.sqrt(np.mean(1 / found["effective_sample_size"] - 1 / 150))
    np.testing.assert_allclose(found["importance_weighted_bound"].std(), claimed, rtol=0.1)


@pytest.mark.parametrize("num_samples", [3, 130])
def test_the_batches_do_not_matter(num_samples):
    whole = bounds(MODEL, X, num_samples)
    cuts = (0, 1, 4, 7)
    parts = [bounds(MODEL, X[start:end], num_samples, first=start) for start, end in itertools.pairwise(cuts)]
    for name, values in whole.items():
        np.testing.assert_allclose(np.concatenate([part[name] for part in parts]), values, rtol=1e-9)


def test_fewer_samples_are_the_first_of_more_and_two_are_combined_by_the_formulas():
    one, two = bounds(MODEL, X, 1), bounds(MODEL, X, 2)
    second = 2 * two["elbo"] - one["elbo"]
    np.testing.assert_allclose(two["importance_weighted_bound"], np.logaddexp(one["elbo"], second) - np.log(2), rtol=1e-12)
    np.testing.assert_allclose(two["log_weight_variance"], (one["elbo"] - second) ** 2 / 2, rtol=1e-9)
    ratio = np.exp(second - one["elbo"])
    np.testing.assert_allclose(two["effective_sample_size"], (1 + ratio) ** 2 / (1 + ratio**2), rtol=1e-9)


def test_draws_differ_between_positions_blocks_and_seeds():
    same = bounds(MODEL, np.repeat(X[:1], 2, axis=0), 100)["elbo"]
    assert same[0] != same[1]
    assert bounds(MODEL, X[:1], 100, seed=1)["elbo"] != bounds(MODEL, X[:1], 100, seed=0)["elbo"]
    # A second block that repeated the first would leave the mean as it is.
    assert abs(bounds(MODEL, X[:1], 200)["elbo"] - bounds(MODEL, X[:1], 100)["elbo"]) > 1e-6


def test_gradients_pass_through_the_loop():
    """d ELBO / d shift = -precision of the true posterior times the shift, whatever is drawn, on average."""
    shift = tf.Variable(np.full(LATENT, 0.3))
    model = LinearGaussian(shift=shift)
    with tf.GradientTape() as tape:
        elbo = tf.function(lambda: importance_weighted_bound(model, tf.constant(X), 100, 0)["elbo"])()
        mean = tf.reduce_mean(elbo)
    # The pathwise gradient of one draw is -precision (shift + noise), the noise of covariance COVARIANCE; 700 draws.
    precision = np.linalg.inv(COVARIANCE)
    error = np.sqrt(np.diag(precision) / (100 * len(X)))
    assert np.all(np.abs(tape.gradient(mean, shift) + precision @ np.full(LATENT, 0.3)) < 5 * error)


class Whole:
    """A distribution whose rows cannot be taken."""

    def __init__(self, distribution):
        self.sample, self.log_prob = distribution.sample, distribution.log_prob

    def __getitem__(self, rows):
        raise NotImplementedError


def test_a_posterior_that_cannot_be_sliced_is_asked_row_by_row(monkeypatch):
    expected = bounds(LinearGaussian(0.3), X, 130)
    model = LinearGaussian(0.3)
    monkeypatch.setattr(model, "posterior", lambda x, training=False: Whole(LinearGaussian(0.3).posterior(x)))
    for name, value in bounds(model, X, 130).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-9)


def test_the_summary_of_three_weights_is_that_by_hand():
    """w = 1, 2 and 6: mean 3; (1 + 2 + 6)^2 / (1 + 4 + 36); an unbiased variance."""
    log_w = np.log([[1.0, 2, 6]])
    found = likelihood.bounds(tf.constant(log_w))
    expected = {
        "importance_weighted_bound": np.log(3),
        "elbo": log_w.mean(),
        "log_weight_variance": log_w.var(ddof=1),
        "effective_sample_size": 81 / 41,
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], [value], rtol=1e-12, err_msg=name)


def test_a_model_without_bound_is_refused():
    gan = {"latent_size": 2, "decoder": "mlp", "likelihood": "deterministic", "objective": "gan"}
    critic = {"name": "wasserstein", "network": {"name": "mlp"}}
    model = zoo.build(
        zoo.experiment(data={}, training={}, model=gan | {"approximators": {"log_q_x": critic}}), event_shape=(3,)
    )
    with pytest.raises(ValueError, match="needs a posterior"):
        importance_weighted_bound(model, tf.zeros([1, 3]), 10, 0)


def test_no_samples_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="num_samples must be at least 1"):
        bounds(MODEL, X, 0)
