"""What samplers are run on: densities of x and of codes by a critic that is exact, what refuses, and what is calibrated.

The models are normal in one dimension, and the data a mixture, so that all is known in closed form. Samples are compared by
Kolmogorov-Smirnov tests of as many draws as the chains say they are worth: at 1e-3 one of a thousand seeds fails.
"""

import types

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from zoo.samplers import critics, running, targets
from zoo.samplers.calibration import calibrated
from zoo.samplers.critics import Critic

tfd = tfp.distributions
CHAINS = 2000
NOISE = 1.5
MIXTURE = tfd.MixtureSameFamily(tfd.Categorical(probs=[0.7, 0.3]), tfd.Normal([-1.0, 1.5], [0.4, 0.6]))  # Q(x)


def q_cdf(x):
    """The distribution function of MIXTURE."""
    return 0.7 * stats.norm.cdf(x, -1.0, 0.4) + 0.3 * stats.norm.cdf(x, 1.5, 0.6)


def normal(loc, scale):
    return tfd.Independent(tfd.Normal(loc, scale), 1)


class Model:
    """P(z) = N(0, 1), P(x|z) = N(2 z, NOISE^2) or its mean, and a Q(z|x) that is not the posterior."""

    event_shape, latent_size = (1,), 1
    code_support = likelihood_support = "real"
    has_posterior = has_distributions = True

    def __init__(self, noisy=True, **changes):
        self.missing = set() if noisy else {"log_p_x_given_z"}
        self.marginal = tfd.Normal(0.0, (4 + NOISE**2 * noisy) ** 0.5)
        vars(self).update(changes)

    def has(self, field):
        return field not in self.missing

    def prior(self):
        return normal([0.0], [1.0])

    def generate(self, z):
        return 2 * z

    def likelihood(self, z):
        return normal(2 * z, NOISE)

    def posterior(self, x):
        return normal(-0.3 * x, 0.5)

    def log_densities(self, x, z):
        return types.SimpleNamespace(
            log_p_z=self.prior().log_prob(z),
            log_p_x_given_z=self.likelihood(z).log_prob(x),
            log_q_z_given_x=self.posterior(x).log_prob(z),
        )


def ratio(model, reads="drawn"):
    return Critic(lambda x: MIXTURE.log_prob(x[:, 0]) - model.marginal.log_prob(x[:, 0]), "ratio", reads, None)


def density(shift=3.0):
    return Critic(lambda x: MIXTURE.log_prob(x[:, 0]) + shift, "density", "drawn", None)


def assert_distributed(x, cdf, effective):
    """Kolmogorov-Smirnov, of as many of the draws as they are worth; and it tells Q(x) from P(x) by as many."""
    few = np.random.default_rng(0).choice(np.ravel(x), size=min(x.size, int(effective)), replace=False)
    assert stats.kstest(few, cdf).pvalue > 1e-3
    assert stats.kstest(few, stats.norm(0, 2).cdf).pvalue < 1e-9


@pytest.mark.parametrize("case", ["ratio of means", "ratio of draws", "density on pairs"])
@pytest.mark.parametrize("name", ["hmc", "independent_metropolis_hastings"])
def test_in_z_the_exact_critic_turns_p_into_q(name, case):
    """Discriminator driven latent sampling, with the decoder's noise as a part of the code where x is drawn."""
    model = Model(noisy=case != "ratio of means")
    critic = density() if case == "density on pairs" else ratio(model)
    target = targets.in_z(model, critic)
    start = target.propose(CHAINS, [3, 4])
    assert start.shape == (CHAINS, 1 if case == "ratio of means" else 2)
    run = running.run(name, target, start, 60, [1, 2], step_size=0.1, forgotten=150, jit_compile=name == "hmc")
    # One draw of each chain: the chains are independent.
    assert_distributed(target.x_of(tf.constant(run.states[-1])).numpy(), q_cdf, CHAINS)


def test_independent_proposals_in_x_started_from_data_stay_q():
    """MH-GAN: its acceptance is the mean of min(1, w(y) / w(x)) over x ~ Q, y ~ P."""
    model = Model()
    critic = ratio(model)
    start, x = MIXTURE.sample([CHAINS, 1], seed=[5, 6]), MIXTURE.sample([100_000, 1], seed=[7, 8])
    run = running.run("independent_metropolis_hastings", targets.in_x(model, critic), start, 50, [1, 2])
    assert np.mean(run.states[-1] == start.numpy()) < 0.1
    assert_distributed(run.states[-1], q_cdf, CHAINS)
    y = model.marginal.sample([100_000, 1], seed=[9, 10])
    expected = np.minimum(1, np.exp(critic.f(y) - critic.f(x)))
    # The chain's steps are 100,000 as well, at least a few of them independent in each chain.
    assert abs(run.acceptance - expected.mean()) < 5 * expected.std() * np.sqrt(1 / 100_000 + 1 / (5 * CHAINS))


def test_the_posterior_of_codes_is_that_of_the_joint():
    """P(z|x) of the normal model at x = 1.5: precision 1 + 4/NOISE^2, mean 2 x / NOISE^2 over it."""
    precision = 1 + 4 / NOISE**2
    exact = stats.norm(2 * 1.5 / NOISE**2 / precision, precision**-0.5)
    # Wider than the posterior, so that no weight of a proposal is without bound.
    target = targets.of_codes(Model(posterior=lambda x: normal(0.2 * x, 0.9)), tf.constant([[1.5]]))
    start = target.propose(CHAINS, [3, 4])
    for name in ("mala", "independent_metropolis_hastings"):
        run = running.run(name, target, start, 60, [1, 2], step_size=0.2, forgotten=100)
        assert_distributed(run.states[-1], exact.cdf, CHAINS)
    np.testing.assert_allclose(target.x_of(start), 2 * start)


def test_a_tilt_leaves_the_prior_at_temperature_1():
    """P(z) exp(f / T) and (P(z) exp f)^(1/T), up to a constant; weights are those over P(z)."""
    model, z = Model(noisy=False), tf.constant([[0.3], [-1.0], [0.0]])
    critic = ratio(model)
    f, prior = critic.f(2 * z), model.prior().log_prob(z)
    tilt = targets.in_z(model, critic._replace(kind="potential"), 2.0)
    np.testing.assert_allclose(tilt.log_density(z), prior + f / 2, rtol=1e-5)
    np.testing.assert_allclose(tilt.log_weight(z), f / 2, rtol=1e-5, atol=1e-5)
    cold = targets.in_z(model, critic, 0.5)
    np.testing.assert_allclose(cold.log_density(z), 2 * (prior + f), rtol=1e-5)
    np.testing.assert_allclose(cold.log_weight(z), prior + 2 * f, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(targets.in_x(model, density(0.0), 2.0).log_density(z), MIXTURE.log_prob(z[:, 0]) / 2)


def test_the_noise_of_the_decoder_is_a_standard_normal_part_of_the_state():
    """log P(z) N(e) exp(w): f(x) of a ratio; f(x) + log Q(z|x) - log P(x|z) - log P(z) of a density; x = 2 z + NOISE e."""
    state = np.random.default_rng(0).normal(size=(5, 2))
    z, e = state.T
    x = 2 * z + NOISE * e
    q = np.log(0.7 * stats.norm.pdf(x, -1.0, 0.4) + 0.3 * stats.norm.pdf(x, 1.5, 0.6))
    base, p = stats.norm.logpdf(z) + stats.norm.logpdf(e), stats.norm.logpdf(x, 0, np.sqrt(4 + NOISE**2))
    # exp f(x) Q(z|x) as a density of (z, e): dx = NOISE de.
    expected = {"ratio": base + q - p, "density": q + stats.norm.logpdf(z, -0.3 * x, 0.5) + np.log(NOISE)}
    for kind, critic in (("ratio", ratio(Model())), ("density", density())):
        found = targets.in_z(Model(), critic).log_density(tf.constant(state, tf.float32)).numpy()
        np.testing.assert_allclose(np.diff(found), np.diff(expected[kind]), atol=1e-4)


def test_a_state_that_starts_at_data_has_these_data():
    x = tf.constant([[0.5], [-2.0]])
    for critic in (ratio(Model()), density()):
        target = targets.in_z(Model(), critic)
        np.testing.assert_allclose(target.x_of(target.start_at(x, [0, 1])), x, rtol=1e-5)


def test_calibration_finds_scale_and_offset_of_a_critic():
    """The critic is (log Q/P - 0.7) / 3. The standard errors of a and b are those of a logistic fit, by its information."""
    model, count = Model(), 20_000
    off = lambda x: (ratio(model).f(x) - 0.7) / 3  # noqa: E731
    real, generated = MIXTURE.sample([count, 1], seed=[1, 2]), model.marginal.sample([2 * count, 1], seed=[3, 4])
    found = np.array(calibrated(off(real), off(generated)))
    f = np.concatenate([off(real), off(generated)]).astype(np.float64)
    p, inputs = 1 / (1 + np.exp(-(3 * f + 0.7))), np.stack([f, np.ones_like(f)], 1)
    # Each set has half the weight; the smaller one sets the error.
    errors = np.sqrt(np.diag(np.linalg.inv(inputs.T @ (inputs * (p * (1 - p))[:, None])))) * 2
    assert np.all(np.abs(found - [3.0, 0.7]) < 5 * errors)
    assert np.all(5 * errors < [0.5, 0.2])
    ready = critics.calibrated(Critic(off, "potential", "drawn", None), *map(float, found))
    assert ready.kind == "ratio"
    plain = Critic(lambda x: x[:, 0], "potential", "drawn", None)
    np.testing.assert_array_equal(critics.calibrated(plain, 2.0, 1.0).f(tf.constant([[0.5]], tf.float64)), [2.0])
    np.testing.assert_allclose(ready.f(real[:5]), ratio(model).f(real[:5]), atol=0.5)


def test_a_warning_says_what_chains_in_x_meet():
    between = Critic(None, "potential", "drawn", "segments")
    assert "segments between data and samples only" in between.warning
    assert between._replace(slope_held="everywhere").warning is None
    assert between._replace(kind="density", slope_held=None).warning is None
    assert "data and samples only" in between._replace(kind="ratio", slope_held=None).warning


GRADIENT = density()._replace(kind="gradient")
POTENTIAL = density()._replace(kind="potential")


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: targets.in_x(Model(), POTENTIAL), "say by a temperature"),
        (lambda: targets.in_z(Model(), POTENTIAL), "say by a temperature"),
        (lambda: targets.in_x(Model(), density(), 0.0), "above 0, found 0"),
        (lambda: targets.in_z(Model(), GRADIENT), "only the gradient"),
        (lambda: targets.in_z(Model(noisy=False), density()), "sample in x"),
        (lambda: targets.in_z(Model(has_distributions=False), density()), "sample its run"),
        (lambda: targets.in_z(Model(likelihood=lambda z: tfd.Independent(tfd.Laplace(z, 1.0), 1)), density()), "neither"),
        (lambda: targets.of_codes(Model(noisy=False), None), "has no density"),
        (lambda: critics.of(Model(missing={"log_q_x"}), {}), "it has no approximator"),
    ],
)
def test_what_has_no_target_is_one_line(call, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "target", "reason"),
    [
        ("hmc", lambda: targets.in_x(Model(), ratio(Model())), "no density of x: sample it in z"),
        ("hmc", lambda: targets.in_x(Model(likelihood_support="binary"), density()), "binary"),
        ("hmc", lambda: targets.in_z(Model(code_support="binary"), density()), "choose independent_metropolis_hastings"),
        ("optimal_transport", lambda: targets.in_x(Model(likelihood_support="binary"), ratio(Model())), "x are binary"),
        ("optimal_transport", lambda: targets.in_z(Model(code_support="binary"), density()), "codes of this model are binary"),
        ("hmc", lambda: targets.in_x(Model(), GRADIENT), "choose langevin"),
        ("independent_metropolis_hastings", lambda: targets.in_x(Model(), density()), "sample in z"),
        ("independent_metropolis_hastings", lambda: targets.in_x(Model(), ratio(Model()), 2.0), "temperature 1"),
        ("optimal_transport", lambda: targets.of_codes(Model(), tf.constant([[1.5]])), "without a critic"),
    ],
)
def test_a_sampler_that_a_target_cannot_have_is_refused(name, target, reason):
    with pytest.raises(ValueError, match=reason):
        running.check(name, target(), 9)
