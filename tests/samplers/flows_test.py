"""Flows: their first moves by the formulas, and where they lead, for critics that are known."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from zoo import noise, registry
from zoo.samplers import running
from zoo.samplers.optimal_transport import steepest
from zoo.samplers.targets import Target

SEED = [1, 2]


def wave(x):
    return tf.sin(x[:, 0]) + x[:, 1] ** 2 / 4


def slope(x):
    return np.stack([np.cos(x[:, 0]), x[:, 1] / 2], 1)


POINTS = np.random.default_rng(0).normal(size=(6, 2))
SPEEDS = {"KL": lambda f: 1 + 0 * f, "JS": lambda f: 1 / (1 + np.exp(-f)), "logD": lambda f: 1 / (1 + np.exp(f))}


def ratio(f, **known):
    return Target(critic=f, critic_kind="ratio", **known)


@pytest.mark.parametrize("divergence", SPEEDS)
def test_a_move_of_the_gradient_flow_is_its_formula(divergence):
    """x + e s(f) grad f + sqrt(2 e g) n; and s grad f is -grad h'(exp(-f)), by differences of h'."""
    flow = registry.find("sampler", "discriminator_gradient_flow")
    options = {"divergence": divergence, "entropy": 0.3}
    kernel, start = flow.sampler(ratio(wave), tf.constant(0.1, tf.float64), **options), tf.constant(POINTS)
    moved, _ = kernel.one_step(start, kernel.bootstrap_results(start), seed=SEED)
    f = wave(start).numpy()
    n = noise.standard_normal([6, 2], SEED, tf.float64).numpy()
    expected = POINTS + 0.1 * SPEEDS[divergence](f)[:, None] * slope(POINTS) + np.sqrt(2 * 0.1 * 0.3) * n
    np.testing.assert_allclose(moved, expected, rtol=1e-9)
    derivative = {"KL": lambda r: np.log(r) + 1, "JS": lambda r: np.log(2 * r / (r + 1)), "logD": lambda r: np.log(r + 1) + 1}
    h = lambda f: derivative[divergence](np.exp(-f))  # noqa: E731
    np.testing.assert_allclose(-(h(f + 1e-5) - h(f - 1e-5)) / 2e-5, SPEEDS[divergence](f), rtol=1e-6)


def test_the_gradient_flow_leads_to_its_limit():
    """With f = -x^2/2 + x and KL the limit is exp(f / g) = N(1, g), up to the bias 1 / (1 - e / 2) of the step."""
    entropy, step = 0.25, 0.05
    target = ratio(lambda x: tf.reduce_sum(x - x**2 / 2, 1))
    run = running.run("discriminator_gradient_flow", target, tf.zeros([2000, 1]), 200, SEED, step_size=step, entropy=entropy)
    assert run.acceptance is None
    assert run.r_hat is None
    limit = stats.norm(1, np.sqrt(entropy / (1 - step / 2)))
    assert stats.kstest(run.states[-1].ravel(), limit.cdf).pvalue > 1e-3


def test_transport_carries_samples_to_the_data():
    """P uniform on [0, 1], Q on [2, 3]: the best potential is f(x) = x, whose T is any move to the right. Held at 2.5 by f."""
    peak = Target(critic=lambda x: -3 * tf.abs(x[:, 0] - 2.5), critic_kind="potential")
    start = tf.constant(np.random.default_rng(0).uniform(size=(50, 1)))
    run = running.run("optimal_transport", peak, start, 300, SEED, step_size=0.02, lipschitz=1.0)
    # |x - y| has slope 1 and f/K slope 3: it goes all the way, and then back and forth by less than a step of slope 4.
    np.testing.assert_allclose(run.states[-1], 2.5, atol=4 * 0.02)
    flat = running.run("optimal_transport", peak, start, 300, SEED, step_size=0.02, lipschitz=6.0)
    # f/K has slope 1/2 only: nothing is worth its way.
    np.testing.assert_allclose(flat.states[-1], start, atol=2 * 0.02)


def test_the_effective_constant_is_the_steepest_chord():
    propose = lambda count, seed: noise.standard_normal([count, 2], seed, tf.float64)  # noqa: E731
    linear = lambda x: 3 * x[:, 0] + 4 * x[:, 1]  # noqa: E731
    found = float(steepest(linear, propose, pairs=2000))
    # Chords of all directions: the largest |cos| of 2000 is 1 up to (pi / 2000)^2 / 2, ten times over.
    assert 5 * (1 - 1e-4) < found <= 5 * (1 + 1e-12)


def test_codes_keep_their_length_to_first_order():
    target = Target(critic=wave, critic_kind="potential", space="z")
    transport = registry.find("sampler", "optimal_transport")
    moves = []
    for keep in (True, False):
        kernel = transport.sampler(target, tf.constant(1e-3, tf.float64), lipschitz=0.1, keep_length=keep)
        start = tf.constant(POINTS)
        moves.append(kernel.one_step(start, kernel.bootstrap_results(start), seed=SEED)[0].numpy() - POINTS)
    across, free = ((POINTS * move).sum(1) for move in moves)
    np.testing.assert_allclose(across, 0, atol=1e-12)
    assert np.abs(free).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("discriminator_gradient_flow", {"divergence": "TV"}, "must be of KL, JS, logD"),
        ("discriminator_gradient_flow", {"entropy": -1.0}, "at least 0"),
        ("optimal_transport", {"lipschitz": -1.0}, "at least 0"),
    ],
)
def test_bad_options_are_one_line(name, options, reason):
    with pytest.raises(ValueError, match=reason):
        registry.find("sampler", name).sampler(ratio(wave), 0.1, **options)


def test_the_gradient_flow_needs_a_ratio():
    with pytest.raises(ValueError, match="this critic is a potential; calibrate it"):
        registry.find("sampler", "discriminator_gradient_flow").sampler(ratio(wave)._replace(critic_kind="potential"), 0.1)
