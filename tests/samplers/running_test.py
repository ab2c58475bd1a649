"""Samplers on densities that are known: moments, what a move keeps, and what is told of the chains.

All densities are sampled side by side, as parts of one state. Moments are compared within five standard errors, by the
effective sample size of the very numbers whose mean is taken.
"""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from zoo import registry
from zoo.samplers import running
from zoo.samplers.targets import Target

CENTRE, COVARIANCE = np.array([1.0, -2.0]), np.array([[1.0, 0.6], [0.6, 0.5]])
PRECISION = np.linalg.inv(COVARIANCE)
MODES, SHARES = np.array([-1.0, 2.0]), np.array([0.7, 0.3])


def correlated(x):
    """log N(x; CENTRE, COVARIANCE), up to a constant."""
    return -tf.reduce_sum((x - CENTRE) @ PRECISION * (x - CENTRE), -1) / 2


def banana(x):
    """x_0 ~ N(0, 1), x_1 | x_0 ~ N(x_0^2 / 2, 1): means 0 and 1/2, variances 1 and 1 + 2/4.

    More curved, x_0^2 would carry x_1's variance, whose own error hangs on the eighth moment of x_0, 105: too heavy a tail
    for five standard errors that are estimated.
    """
    return -(x[..., 0] ** 2 + (x[..., 1] - x[..., 0] ** 2 / 2) ** 2) / 2


def mixture(x):
    """Two normals of deviation 1 at MODES: mean -0.1, variance 1 + 0.21 * 9."""
    return tf.reduce_logsumexp(np.log(SHARES) - (x - MODES) ** 2 / 2, -1)


def all_three(x):
    """The correlated normal in the first two coordinates, the banana in the next, the mixture in the last."""
    return correlated(x[..., :2]) + banana(x[..., 2:4]) + mixture(x[..., 4:])


KNOWN = Target(log_density=all_three)
MEAN, VARIANCE = np.array([1.0, -2.0, 0.0, 0.5, -0.1]), np.array([1.0, 0.5, 1.0, 1.5, 1 + 0.21 * 9])
# A random walk needs more steps than trajectories that have moved across after one.
STEPS = {"mala": 40_000, "nuts": 4_000, "hmc": 4_000}


def exact(count, seed=0):
    """Independent draws of all three."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, 5))
    x[:, :2] = CENTRE + x[:, :2] @ np.linalg.cholesky(COVARIANCE).T
    x[:, 3] += x[:, 2] ** 2 / 2
    x[:, 4] += generator.choice(MODES, size=count, p=SHARES)
    return x


def standard_errors_off(values, truth):
    """How many of its standard errors a mean of chains [steps, chains, d] is off, [d]."""
    effective = tfp.mcmc.effective_sample_size(values, cross_chain_dims=1).numpy()
    return np.abs(values.mean((0, 1)) - truth) / (values.std((0, 1)) / np.sqrt(effective))


@pytest.fixture(scope="module")
def found():
    """Runs from standard normal draws, once for each sampler."""
    made = {}

    def of(name):
        if name not in made:
            start = tf.constant(np.random.default_rng(0).normal(size=(20, 5)))
            settings = {"step_size": 0.3, "forgotten": 1000, "jit_compile": True}
            made[name] = running.run(name, KNOWN, start, STEPS[name], [1, 2], **settings)
        return made[name]

    return of


@pytest.mark.parametrize("name", ["hmc", "mala", pytest.param("nuts", marks=pytest.mark.slow)])
def test_moments_are_those_of_the_densities(found, name):
    run = found(name)
    assert np.all(standard_errors_off(run.states, MEAN) < 5)
    assert np.all(standard_errors_off((run.states - MEAN) ** 2, VARIANCE) < 5)
    assert np.all(run.r_hat < 1.01)
    # The step that stays is the mean of iterates of log step, which swing around it by s / sqrt(2 g a sqrt(n)) = 0.05: s = 0.07
    # is the deviation of 20 chains' mean acceptance, g = 0.05 tfp's shrinkage, a = 0.8 the acceptance lost by a unit of log
    # step, n = 800 the steps. So far the mean acceptance of the iterates may be from that of their mean, where it bends: at
    # 1.2 times the step Hamiltonian moves are at the edge of stability.
    assert abs(run.acceptance - registry.find("sampler", name).ACCEPTANCE) < 0.05


def test_exact_samplers_leave_a_density_as_it_is_and_langevin_does_not():
    """From draws of it, after steps that are too long for a sampler without test."""
    start = tf.constant(exact(10_000))
    for name, step_size in (("hmc", 0.45), ("mala", 0.5), ("langevin", 0.3)):
        end = running.run(name, KNOWN, start, 10, [1, 2], step_size=step_size).states[-1]
        assert np.mean(np.all(end == start, 1)) < 0.5  # most have moved
        p = [stats.ks_2samp(one, other).pvalue for one, other in zip(end.T, exact(100_000, 1).T, strict=True)]
        assert (min(p) > 1e-3) == (name != "langevin")


def test_r_hat_tells_chains_that_have_not_mixed():
    """Two modes 40 standard deviations apart, and chains in both."""
    start = tf.constant(np.repeat([[-20.0], [20.0]], 5, 0))
    far = Target(log_density=lambda x: tf.reduce_logsumexp(-((x - np.array([-20.0, 20.0])) ** 2) / 2, -1))
    run = running.run("mala", far, start, 50, [1, 2], step_size=0.3)
    assert run.r_hat[0] > 10
    # 500 states, worth little more than the ten places where they began.
    assert run.effective_sample_size[0] < 20


def test_mala_is_langevin_dynamics_with_a_test():
    """Its first proposals, and its acceptance, by the formula: drift, noise of deviation s, and both densities."""
    step, start = 0.5, tf.constant(np.random.default_rng(0).normal(size=(4000, 2)))
    kernel = registry.find("sampler", "mala").sampler(Target(log_density=correlated), tf.constant(step, tf.float64))
    _, results = kernel.one_step(start, kernel.bootstrap_results(start), seed=[1, 2])
    x, y = start.numpy(), results.proposed_state.numpy()
    drift = lambda z: z - step**2 / 2 * (z - CENTRE) @ PRECISION  # noqa: E731
    noise = (y - drift(x)) / step
    assert stats.kstest(noise.ravel(), stats.norm().cdf).pvalue > 1e-3
    density = lambda to, at: -((to - drift(at)) ** 2).sum(-1) / (2 * step**2)  # noqa: E731
    log_ratio = correlated(y).numpy() - correlated(x).numpy() + density(x, y) - density(y, x)
    np.testing.assert_allclose(results.log_accept_ratio, log_ratio, atol=1e-9)


def test_langevin_without_test_has_the_bias_of_its_step():
    """On N(0, 1) its limit is N(0, 1 / (1 - e / 4)): x' = (1 - e / 2) x + sqrt(e) n."""
    normal = Target(log_density=lambda x: -tf.reduce_sum(x**2, -1) / 2)
    start = tf.constant(np.random.default_rng(0).normal(size=(50, 1)))
    run = running.run("langevin", normal, start, 400, [1, 2], step_size=1.0, forgotten=50)
    assert run.acceptance is None
    assert standard_errors_off(run.states**2, 1 / (1 - 1 / 4))[0] < 5
    assert standard_errors_off(run.states**2, 1)[0] > 5


def test_sums_are_left_as_they_are_while_a_sampler_runs(monkeypatch):
    """Of very many chains TensorFlow's rewriting of sums fails; the setting is the whole process's, and is put back."""
    rewrites, original = [], tfp.mcmc.sample_chain

    def spied(*arguments, **options):
        rewrites.append(tf.config.optimizer.get_experimental_options()["arithmetic_optimization"])
        return original(*arguments, **options)

    monkeypatch.setattr(tfp.mcmc, "sample_chain", spied)
    running.run("mala", KNOWN, tf.zeros([4, 5], tf.float64), 4, [1, 2], step_size=0.1)
    assert set(rewrites) == {False}
    assert tf.config.optimizer.get_experimental_options()["arithmetic_optimization"]


def test_blocks_are_one_chain():
    """Each part goes on where the last ended: far from its start, the chain comes in once."""
    normal, start, told = Target(log_density=lambda x: -tf.reduce_sum(x**2, -1) / 2), tf.fill([4, 1], 30.0), []
    counted = lambda blocks: told.extend(blocks) or blocks  # noqa: E731
    run = running.run("langevin", normal, start, 101, [1, 2], step_size=0.1, forgotten=200, blocks=4, counted=counted)
    assert run.states.shape == (101, 4, 1)
    assert told == [0, 1, 2, 3]
    assert np.abs(run.states).max() < 6


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: running.run("hmc", KNOWN, tf.zeros([2, 5]), 3, [0, 0]), "at least 4 steps"),
        (lambda: running.run("hmc", KNOWN, tf.zeros([2, 5]), 9, [0, 0], step_size=0.0), "above 0"),
        (lambda: running.run("hmc", KNOWN, tf.zeros([2, 5]), 9, [0, 0], leapfrog_steps=0), "at least 1"),
        (lambda: running.run("hmc", KNOWN._replace(has_values=False), tf.zeros([2, 5]), 9, [0, 0]), "choose langevin"),
        (lambda: running.run("gibbs", KNOWN, tf.zeros([2, 5]), 9, [0, 0]), "choose from discriminator_gradient_flow, hmc"),
        (lambda: running.check("hmc", Target(why_not={"log_density": "no density of x"}), 9), "hmc: no density of x"),
    ],
)
def test_what_cannot_be_sampled_is_one_line(call, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        call()
    assert "\n" not in str(refused.value)
