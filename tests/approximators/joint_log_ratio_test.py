"""The joint critic: its loss and gradient by hand, and the log ratios of pairs that it finds."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.approximators.fitting import fit
from tests.approximators.pairs import World, known, normal
from zoo import noise, registry
from zoo.approximators import joint_log_ratio

LINEAR = {"name": "mlp", "hidden_sizes": ()}
SEED = noise.seed_for(0, 0, "test")


def at(x, z):
    return known(x=tf.convert_to_tensor(x), z=tf.convert_to_tensor(z))


def bilinear():
    """T(x, z) = 2 x - z + 0.5 by one feature of x and no hidden layer."""
    critic = joint_log_ratio.build({"x": (1,), "z": (1,)}, network=LINEAR, feature_size=1, hidden_sizes=())
    for variable, value in zip(critic.trainable_variables, ([[2.0]], [0.0], [[1.0], [-1.0]], [0.5]), strict=True):
        variable.assign(value)
    return critic


def test_value_loss_and_gradient_by_hand():
    critic = bilinear()
    x, z = np.array([[1.0], [-0.5]], "float32"), np.array([[0.2], [0.7]], "float32")
    t = (2 * x - z + 0.5)[:, 0]
    np.testing.assert_allclose(critic.value(at(x, z)), t, rtol=1e-6)
    terms = critic.losses(at(x, z), at(x, z), SEED)
    np.testing.assert_allclose(terms["loss"], np.log1p(np.exp(-t)) + np.log1p(np.exp(t)), rtol=1e-5)
    assert set(terms) == set(critic.TERMS)
    pair = at(x, z)
    with tf.GradientTape() as tape:
        tape.watch([pair.x, pair.z])
        value = critic.value(pair)
    for found, slope in zip(tape.gradient(value, [pair.x, pair.z]), (2.0, -1.0), strict=True):
        np.testing.assert_allclose(found, np.full([2, 1], slope), rtol=1e-6)


WORLD = World(normal(0.3, 0.8, 1), slope=0.6, s=0.7, gain=0.5, t=0.8)


def wake(seed):
    return WORLD.wake(512, seed)


def sleep(seed):
    return WORLD.sleep(512, seed)


def independent(seed):
    """x ~ Q(x), z ~ P(z)."""
    return at(WORLD.wake(512, seed + 11).x, WORLD.sleep(512, seed + 12).z)


# Stand-in -> (high, low, log ratio at a pair), as the table in the module has them.
RATIOS = {
    "log_ratio": (wake, sleep, lambda p: WORLD.q_x.log_prob(p.x) + p.log_q_z_given_x - p.log_p_x_given_z - p.true_log_p_z),
    "log_posterior_ratio": (wake, independent, lambda p: p.log_q_z_given_x - p.true_log_p_z),
    "log_likelihood_ratio": (sleep, independent, lambda p: p.log_p_x_given_z - WORLD.q_x.log_prob(p.x)),
}


@pytest.mark.parametrize("name", RATIOS)
def test_it_finds_the_log_ratio_of_linear_gaussian_pairs(name):
    """Within 0.1 nats in the mean over the high pairs, whose mean log ratio, a KL divergence, is several times that."""
    keras.utils.set_random_seed(0)
    high, low, log_ratio = RATIOS[name]
    critic = joint_log_ratio.build(
        {"x": (1,), "z": (1,)},
        network={"name": "mlp", "hidden_sizes": (16,), "activation": "tanh"},
        feature_size=8,
        hidden_sizes=(32,),
        activation="tanh",
    )
    fit(critic, lambda seed: (high(seed), low(seed)), 2000)
    pairs = high(SEED)
    exact = log_ratio(pairs)
    found = critic.value(pairs)
    assert np.mean(np.abs(found - exact)) < 0.1
    assert np.std(exact) > 0.3
    np.testing.assert_allclose(np.mean(found), np.mean(exact), atol=0.05)


def test_it_stands_in_for_the_three_ratios():
    assert set(joint_log_ratio.STANDS_IN_FOR) == set(RATIOS)
    assert joint_log_ratio.JointLogRatio.KIND == "ratio"


@pytest.mark.parametrize("network", registry.names("network"))
def test_any_network_makes_the_features(network):
    options = {"width": 2} if "width" in registry.options("network", network) else {}
    critic = joint_log_ratio.build({"x": (16, 16, 1), "z": (3,)}, network={"name": network} | options, feature_size=4)
    generator = np.random.default_rng(0)
    pair = at(generator.normal(size=(2, 16, 16, 1)).astype("float32"), generator.normal(size=(2, 3)).astype("float32"))
    assert critic.value(pair).shape == (2,)


def test_features_are_needed():
    with pytest.raises(ValueError, match="feature_size must be at least 1, found 0"):
        joint_log_ratio.build({"x": (1,), "z": (1,)}, network=LINEAR, feature_size=0)
