"""What log-weights say: log of the mean, effective sample size, Pareto k; over replicas too."""

import math

import numpy as np
import pytest

from tests import commands
from zoo.approximators import importance_weights


def test_functions_by_hand_also_where_weights_overflow():
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    for shift in (0.0, 1000.0, -1000.0):
        log_weights = np.log(weights) + shift
        np.testing.assert_allclose(importance_weights.log_mean_exp(log_weights), np.log(2.5) + shift, rtol=1e-12)
        np.testing.assert_allclose(importance_weights.effective_sample_size(log_weights), 100 / 30, rtol=1e-9)
        error = weights.std(ddof=1) / np.sqrt(4) / 2.5
        np.testing.assert_allclose(importance_weights.standard_error(log_weights), error, rtol=1e-9)


def test_equal_weights_are_worth_their_number_and_have_no_error():
    np.testing.assert_allclose(importance_weights.effective_sample_size(np.full(7, -3.0)), 7, rtol=1e-9)
    np.testing.assert_allclose(importance_weights.standard_error(np.full(7, -3.0)), 0, atol=1e-7)


@pytest.mark.parametrize("k", [0.1, 0.5, 0.9])
def test_pareto_k_of_a_pareto_tail(k):
    """Weights U^-k have the tail index 1/k; the fit's spread is about (1 + k)/sqrt(number in the tail)."""
    found = [importance_weights.pareto_k(-k * np.log(np.random.default_rng(seed).uniform(size=20_000))) for seed in range(20)]
    spread = (1 + k) / np.sqrt(3 * np.sqrt(20_000))
    # The prior, 10 weights that say 1/2, moves it by at most 10/434 of the distance.
    assert abs(np.mean(found) - k) < 5 * spread / np.sqrt(20) + 0.02
    assert np.std(found) < 2 * spread


def published(weights):
    """Pareto smoothed importance sampling's k, by the formulas of Zhang and Stephens (2009), a grid point at a time."""
    weights = sorted(weights)
    size = math.ceil(min(len(weights) / 5, 3 * math.sqrt(len(weights))))
    threshold = weights[-size - 1]
    x = [weight - threshold for weight in weights[-size:]]
    m = 30 + math.floor(math.sqrt(size))
    quartile = x[math.floor(size / 4 + 0.5) - 1]
    theta = [1 / x[-1] + (1 - math.sqrt(m / (j - 0.5))) / (3 * quartile) for j in range(1, m + 1)]

    def shape(t):
        return sum(math.log(1 - t * value) for value in x) / size

    log_likelihood = [size * (math.log(-t / shape(t)) - shape(t) - 1) for t in theta]
    weight = [1 / sum(math.exp(other - own) for other in log_likelihood) for own in log_likelihood]
    k = shape(sum(t * w for t, w in zip(theta, weight, strict=True)))
    return (size * k + 10 * 0.5) / (size + 10)


@pytest.mark.parametrize("count", [25, 100, 224, 1000])
def test_pareto_k_is_that_of_the_published_formulas(count):
    """A fifth of the weights is the tail up to 225 of them, 3 sqrt(n) beyond."""
    log_weights = 0.7 * np.random.default_rng(count).exponential(size=count)
    np.testing.assert_allclose(importance_weights.pareto_k(log_weights), published(np.exp(log_weights)), rtol=1e-9)


def test_pareto_k_of_light_tails():
    generator = np.random.default_rng(0)
    # Bounded weights: U has k = -1.
    assert importance_weights.pareto_k(np.log(generator.uniform(size=10_000))) < 0
    assert importance_weights.pareto_k(np.zeros(100)) == -np.inf
    # A constant factor does not matter, however large.
    log_weights = generator.normal(size=1000)
    found = [importance_weights.pareto_k(log_weights + shift) for shift in (0.0, 5000.0)]
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_pareto_k_of_weights_beyond_float64_is_infinite():
    log_weights = np.random.default_rng(0).normal(size=100)
    assert 10 < importance_weights.pareto_k(300 * log_weights) < np.inf
    assert importance_weights.pareto_k(3000 * log_weights) == np.inf


def test_too_few_weights_have_no_tail():
    with pytest.raises(ValueError, match="at least 25 weights are needed"):
        importance_weights.pareto_k(np.zeros(24))


def test_two_replicas_see_the_global_batch():
    """Values and gradients of a loss with a log-mean, and the state it leaves: two replicas against one device, in float64."""
    done = commands.run_module("tests.approximators.replicated")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["equal:", "log_mean,", "running,", "noise_contrastive"]
