"""What log-weights say: log of the mean, effective sample size, Pareto k; over replicas too."""

import subprocess
import sys

import numpy as np
import pytest

from tests.repository import ROOT
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
    command = [sys.executable, "-m", "tests.approximators.replicated"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["equal:", "log_mean,", "running,", "noise_contrastive"]
