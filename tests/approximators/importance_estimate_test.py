"""The importance estimate: its value, that nothing passes through it, and why."""

import numpy as np
import pytest
import tensorflow as tf

from tests.approximators.pairs import World, known, normal
from tests.models import tiny
from zoo import noise
from zoo.approximators import importance_estimate

SEED = noise.seed_for(0, 0, "test")


def test_it_is_exact_where_the_posterior_is():
    """Q(z|x) = P(z|x): a + b - c = log P(x) at any z; P(x) = N(0, 1)."""
    world = World(normal(0.5, 1.5, 1))
    pairs = world.wake(100, SEED)
    value = importance_estimate.build({"x": (1,)}).value(pairs)
    np.testing.assert_allclose(value, world.p_x.log_prob(pairs.x), rtol=1e-4, atol=1e-4)


def test_its_exponential_is_unbiased_and_itself_is_the_elbo():
    world = World(normal(0.5, 1.0, 1), gain=0.6, t=0.7)
    x = tf.fill([50_000, 1], 0.8)
    z = normal(world.gain * x, world.t, 1).sample(seed=SEED)
    value = importance_estimate.build({"x": (1,)}).value(world.at(x, z)).numpy()
    exact = float(world.p_x.log_prob([0.8]))
    weights = np.exp(value)
    assert abs(weights.mean() - np.exp(exact)) < 5 * weights.std() / np.sqrt(len(x))
    # KL(Q(z|x) || P(z|x)), both normal: means 0.48 and 0.64, scales 0.7 and 0.6.
    divergence = np.log(0.6 / 0.7) + (0.7**2 + 0.16**2) / (2 * 0.6**2) - 1 / 2
    assert abs(value.mean() - (exact - divergence)) < 5 * value.std() / np.sqrt(len(x))


def test_no_gradient_passes_and_nothing_is_trained():
    world, estimate = World(normal(0.5, 1.0, 1)), importance_estimate.build({"x": (1,)})
    x = tf.constant([[0.5], [1.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = estimate.value(world.at(x, x))
    assert tape.gradient(value, x) is None
    pairs = world.wake(4, SEED)
    np.testing.assert_array_equal(estimate.losses(pairs, pairs, SEED)["loss"], np.zeros(4))
    assert not estimate.variables


def test_with_a_gradient_the_posterior_would_cancel_in_the_helmholtz_machines_sleep_phase():
    """-c - d with d = a + b - c is -a - b; held fixed, c keeps its gradient."""
    a, b, c = (tf.constant([value]) for value in (0.3, -1.0, 0.7))
    at = known(log_p_x_given_z=a, true_log_p_z=b, log_q_z_given_x=c, z=a)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(c)
        fixed = -c - importance_estimate.build({"x": (1,)}).value(at)
        moving = -c - (a + b - c)
    np.testing.assert_allclose(fixed, moving, rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(fixed, c), [-1.0])
    np.testing.assert_array_equal(tape.gradient(moving, c), [0.0])
    with pytest.raises(ValueError, match="held_fixed must be True"):
        importance_estimate.build({"x": (1,)}, held_fixed=False)


def test_in_a_model_and_without_a_code():
    """A step runs with nothing to train; at x alone a code is drawn, always the same."""
    model = tiny.build("extended_helmholtz", approximators={"log_q_x": "importance_estimate"})
    x = np.random.default_rng(0).normal(size=(6, *tiny.VECTOR)).astype("float32")
    history = model.fit(tf.data.Dataset.from_tensors(x).repeat(), steps_per_epoch=2, verbose=0).history
    assert history["log_q_x/loss"] == [0.0]
    assert np.isfinite(history["wake/loss"]).all()
    values = [model.log_densities(x, None).log_q_x for _ in range(2)]
    np.testing.assert_array_equal(*values)
    assert np.ptp(values[0]) > 0
