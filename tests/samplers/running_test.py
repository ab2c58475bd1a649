"""Samplers on densities that are known: moments, what a move keeps, and what is told of the chains.

Moments are compared within five standard errors by the effective sample size that the run itself tells.
"""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from zoo import registry
from zoo.samplers import running, targets
from zoo.samplers.independent_metropolis_hastings import calibrated, chain

MEAN, COVARIANCE = np.array([1.0, -2.0]), np.array([[1.0, 0.6], [0.6, 0.5]])
PRECISION = np.linalg.inv(COVARIANCE)
CHAINS, FORGOTTEN = 50, 200
STEPS = {"mala": 4000}  # a random walk, where the others have moved across after a step; default 400


def correlated(x):
    """log N(x; MEAN, COVARIANCE), up to a constant."""
    centred = x - MEAN
    return -tf.reduce_sum(centred @ PRECISION * centred, -1) / 2


def banana(x):
    """x_0 ~ N(0, 1), x_1 | x_0 ~ N(x_0^2 / 4, 1): means 0 and 1/4, variances 1 and 1 + 2/16."""
    return -(x[..., 0] ** 2 + (x[..., 1] - x[..., 0] ** 2 / 4) ** 2) / 2


def mixture(x):
    """Two normals of deviation 1 at -1 and 2, shares 0.7 and 0.3: mean -0.1, variance 1 + 0.21 * 9."""
    return tf.reduce_logsumexp(np.log([0.7, 0.3]) - (x - np.array([-1.0, 2.0])) ** 2 / 2, -1)


KNOWN = {
    "correlated": (correlated, MEAN, np.diag(COVARIANCE)),
    "banana": (banana, np.array([0.0, 0.25]), np.array([1.0, 1.125])),
    "mixture": (mixture, np.array([-0.1]), np.array([1 + 0.21 * 9])),
}
EXACT = [name for name in registry.names("sampler") if registry.find("sampler", name).EXACT]


def drawn(name, density, size, **options):
    start = tf.constant(np.random.default_rng(0).normal(size=(CHAINS, size)))
    given = {"step_size": 0.3, "forgotten": FORGOTTEN} | options
    return running.run(name, density, start, STEPS.get(name, 400), [1, 2], **given)


@pytest.mark.parametrize("density", KNOWN)
@pytest.mark.parametrize("name", EXACT)
def test_moments_are_those_of_the_density(name, density):
    log_density, mean, variance = KNOWN[density]
    found = drawn(name, log_density, len(mean))
    states = found.states.numpy().reshape(-1, len(mean))
    effective = found.effective_sample_size.numpy()
    assert np.all(np.abs(states.mean(0) - mean) < 5 * np.sqrt(variance / effective))
    squares = (states - mean) ** 2
    assert np.all(np.abs(squares.mean(0) - variance) < 5 * squares.std(0) / np.sqrt(effective / 4))
    assert np.all(found.r_hat < 1.05)
    # Adapted to what the module asks for. Ten leapfrog steps in a normal density circle: acceptance jumps where they get
    # unstable, and does not take every value.
    assert (name, density) == ("hmc", "correlated") or abs(
        float(found.acceptance) - registry.find("sampler", name).ACCEPTANCE
    ) < 0.15


def test_r_hat_is_near_one_where_chains_have_mixed():
    found = drawn("hmc", correlated, 2)
    assert np.all(found.r_hat < 1.01)
    assert np.all(found.effective_sample_size > 1000)


def test_r_hat_tells_chains_that_have_not_mixed():
    """Two modes 40 standard deviations apart, and chains in both."""
    start = tf.constant(np.repeat([[-20.0], [20.0]], 5, 0))
    far = lambda x: tf.reduce_logsumexp(-((x - np.array([-20.0, 20.0])) ** 2) / 2, -1)  # noqa: E731
    found = running.run("hmc", far, start, 50, [1, 2], step_size=0.3)
    assert float(found.r_hat[0]) > 10


def test_mala_is_langevin_dynamics_with_a_test():
    """Its first proposals, and its acceptance, by the formula: drift, noise of deviation s, and both densities."""
    step, start = 0.5, tf.constant(np.random.default_rng(0).normal(size=(4000, 2)))
    kernel = registry.find("sampler", "mala").sampler(correlated, tf.constant(step, tf.float64))
    _, results = kernel.one_step(start, kernel.bootstrap_results(start), seed=[1, 2])
    x, y = start.numpy(), results.proposed_state.numpy()
    drift = lambda z: z - step**2 / 2 * (z - MEAN) @ PRECISION  # noqa: E731
    noise = (y - drift(x)) / step
    assert stats.kstest(noise.ravel(), stats.norm().cdf).pvalue > 1e-3
    density = lambda to, at: -((to - drift(at)) ** 2).sum(-1) / (2 * step**2)  # noqa: E731
    log_ratio = correlated(y).numpy() - correlated(x).numpy() + density(x, y) - density(y, x)
    np.testing.assert_allclose(results.log_accept_ratio, log_ratio, atol=1e-9)


def test_langevin_without_test_has_the_bias_of_its_step():
    """On N(0, 1) its limit is N(0, 1 / (1 - e / 4)): x' = (1 - e / 2) x + sqrt(e) n."""
    step = 1.0
    found = drawn("langevin", lambda x: -tf.reduce_sum(x**2, -1) / 2, 1, step_size=step)
    variance = 1 / (1 - step / 4)
    error = variance * np.sqrt(2 / (found.effective_sample_size.numpy()[0] / 2))
    assert found.acceptance is None
    assert abs(found.states.numpy().var() - variance) < 5 * error < variance - 1


def log_ratio(x):
    """log Q(x)/P(x) of Q = N(1, 0.5^2) and P = N(0, 1)."""
    return np.log(2) - (x[..., 0] - 1) ** 2 / (2 * 0.25) + x[..., 0] ** 2 / 2


def test_in_z_the_exact_ratio_turns_p_into_q():
    """With x = z ~ P(x): the chains are of Q by a Kolmogorov-Smirnov test of every tenth state."""
    target = targets.in_z(log_ratio, "ratio", lambda z: -tf.reduce_sum(z**2, -1) / 2, lambda z: z)
    found = drawn("hmc", target, 1, step_size=0.2).states.numpy()[::10].ravel()
    assert stats.kstest(found, stats.norm(1, 0.5).cdf).pvalue > 1e-3
    assert stats.kstest(found, stats.norm(0, 1).cdf).pvalue < 1e-9


def test_independent_proposals_with_the_exact_ratio_become_q():
    generator = np.random.default_rng(0)
    proposed, start = (tf.constant(generator.normal(size=(*shape, 2000, 1))) for shape in ((100,), ()))
    found, accepted = chain(log_ratio, proposed, start, [1, 2])
    assert stats.kstest(found.numpy().ravel(), stats.norm(1, 0.5).cdf).pvalue > 1e-3
    # The mean of min(1, w(y) / w(x)) over x ~ Q, y ~ P, by draws of its own.
    x, y = generator.normal(1, 0.5, size=(200_000, 1)), generator.normal(size=(200_000, 1))
    np.testing.assert_allclose(accepted, np.minimum(1, np.exp(log_ratio(y) - log_ratio(x))).mean(), atol=0.02)


def test_calibration_finds_scale_and_offset_of_a_critic():
    """The critic is (log Q/P - 0.7) / 3; of 100,000 draws each, to five standard errors of a logistic fit."""
    generator, count = np.random.default_rng(0), 100_000
    real, generated = generator.normal(1, 0.5, size=(count, 1)), generator.normal(size=(2 * count, 1))
    a, b = calibrated(*(tf.constant((log_ratio(x) - 0.7) / 3) for x in (real, generated)))
    np.testing.assert_allclose([a, b], [3.0, 0.7], atol=0.1)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: targets.in_x(log_ratio, "ratio"), "no density of x"),
        (lambda: targets.in_x(log_ratio, "potential"), "temperature"),
        (lambda: targets.in_x(log_ratio, "density", 0.0), "above 0"),
        (lambda: targets.in_z(log_ratio, "potential", None, None), "needs a critic that is a ratio"),
        (lambda: running.run("hmc", correlated, tf.zeros([2, 2]), 3, [0, 0], step_size=0.1), "at least 4 steps"),
        (lambda: running.run("hmc", correlated, tf.zeros([2, 2]), 9, [0, 0], step_size=0.0), "above 0"),
        (lambda: running.run("gibbs", correlated, tf.zeros([2, 2]), 9, [0, 0], step_size=0.1), "choose from hmc, langevin"),
    ],
)
def test_what_cannot_be_sampled_is_one_line(call, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_a_temperature_divides_the_log_density():
    x = tf.constant([[0.3]])
    np.testing.assert_allclose(targets.in_x(log_ratio, "potential", 2.0)(x), log_ratio(x) / 2)
