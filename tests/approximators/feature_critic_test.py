"""The critic with features: its loss by hand, its features, the likelihood in them, and the ratio that it finds."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.approximators.fitting import fit
from tests.approximators.pairs import World, known, mixture, normal
from tests.models import tiny
from zoo import noise
from zoo.approximators import feature_critic

LINEAR = {"name": "mlp", "hidden_sizes": ()}
TANH = {"name": "mlp", "hidden_sizes": (5, 3), "activation": "tanh"}
SEED = noise.seed_for(0, 0, "test")
REAL, FAKE, REBUILT = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")


def pair(x, rebuilt=None):
    batch = None if rebuilt is None else {"reconstruction": known(x=tf.convert_to_tensor(rebuilt))}
    return known(x=tf.convert_to_tensor(x), batch=batch).held_fixed()


def softplus(values):
    return np.log1p(np.exp(np.float64(values)))


@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_loss_by_hand(weight):
    """Data count once, samples and reconstructions half each; the slope of a line is its kernel everywhere."""
    critic = feature_critic.build({"x": (2,)}, network=LINEAR, penalty_weight=weight)
    kernel = critic.network.trainable_variables[0].numpy()[:, 0]
    terms = critic.losses(pair(REAL), pair(FAKE, REBUILT), SEED)
    expected = softplus(-REAL @ kernel) + softplus(FAKE @ kernel) / 2 + softplus(REBUILT @ kernel) / 2
    np.testing.assert_allclose(terms["loss"], expected + weight / 2 * kernel @ kernel, rtol=1e-5)
    right = (REAL @ kernel > 0) / 2 + (FAKE @ kernel < 0) / 4 + (REBUILT @ kernel < 0) / 4
    np.testing.assert_allclose(terms["accuracy"], right)
    assert set(terms) == set(critic.TERMS)


def test_features_are_what_the_head_is_a_function_of():
    critic = feature_critic.build({"x": (2,)}, network=TANH)
    *_, kernel, bias = critic.network.trainable_variables
    features = critic.features(tf.constant(REAL))
    assert features.shape == (4, 3)
    np.testing.assert_allclose(critic.critic(REAL), (features @ kernel.value + bias.value)[:, 0], rtol=1e-5, atol=1e-6)
    # They are no second set of weights.
    assert [id(v) for v in critic.trainable_variables] == [id(v) for v in critic.network.trainable_variables]


@pytest.mark.parametrize("name", ["dcgan", "resnet", "all_convolutional"])
def test_features_of_every_network_of_images(name):
    critic = feature_critic.build({"x": tiny.IMAGE}, network=tiny.network(name))
    x = tf.random.stateless_normal([2, *tiny.IMAGE], [0, 1])
    kernel, bias = critic.network.trainable_variables[-2:]
    expected = critic.features(x) @ tf.reshape(kernel.value, [-1, 1]) + bias.value
    np.testing.assert_allclose(critic.critic(x), expected[:, 0], rtol=1e-4, atol=1e-5)


def test_the_likelihood_of_features_and_its_gradients():
    """Of features that are x itself it is log N(x; m, I) up to a constant, with the gradients x - m, and m - x."""
    critic = feature_critic.build({"x": (2,)}, network=LINEAR)
    x, mean = tf.constant(REAL), tf.constant(FAKE)
    with tf.GradientTape() as tape:
        tape.watch((x, mean))
        value = critic.log_p_features_given_z(known(x=x, likelihood=normal(mean, 0.3, 2)))
    np.testing.assert_allclose(value, normal(FAKE, 1.0, 2).log_prob(REAL) + np.log(2 * np.pi), rtol=1e-4, atol=1e-5)
    for found, expected in zip(tape.gradient(value, (x, mean)), (FAKE - REAL, REAL - FAKE), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_critic_that_reads_means_compares_clean_data():
    critic = feature_critic.build({"x": (2,)}, network=LINEAR)
    critic.field = "mean_x"
    at = known(x=tf.constant(REBUILT), mean_x=tf.constant(REAL), likelihood=normal(FAKE, 0.3, 2))
    np.testing.assert_allclose(critic.log_p_features_given_z(at), -np.sum((REAL - FAKE) ** 2, 1) / 2, rtol=1e-5)


def test_it_finds_the_log_ratio_of_data_to_samples_and_reconstructions():
    """Within 0.05 nats in the mean over Q(x), as the logistic critic does; reconstructions are N(0.5, 1)."""
    keras.utils.set_random_seed(0)
    world, rebuilt = World(mixture()), normal(0.5, 1.0, 1)
    critic = feature_critic.build({"x": (1,)}, network={"name": "mlp", "hidden_sizes": (32, 32), "activation": "tanh"})

    def draw(seed):
        return pair(world.wake(512, seed).x), pair(world.sleep(512, seed).x, rebuilt.sample(512, seed=seed + 7))

    fit(critic, draw, 2500)
    x = np.linspace(-4, 4, 1601, dtype="float32")[:, None]
    log_q, log_p, log_r = (d.log_prob(x).numpy() for d in (world.q_x, world.p_x, rebuilt))
    f, weight = critic.value(known(x=tf.constant(x))).numpy(), np.exp(log_q) * (x[1, 0] - x[0, 0])
    ratio = log_q - np.log((np.exp(log_p) + np.exp(log_r)) / 2)
    assert weight @ np.abs(f - ratio) < 0.05
    assert weight @ np.abs(log_p - log_r) > 0.2  # far more than that: it makes a difference which of the two it is


def test_in_a_model_it_learns_from_the_pairs_of_its_name():
    """High on data, low on x ~ P(x|z) with z from the prior and with z of the data, drawn anew for each of its steps."""
    critic = {"name": "feature_critic", "network": tiny.MLP, "steps": 2}
    model = tiny.build("vae_gan", approximators={"log_q_x": critic}, likelihood={"name": "normal", "scale": "global"})
    part, seen, x = model.approximators["log_q_x"], [], tf.constant(np.random.default_rng(0).normal(size=(8, 4)), "float32")
    losses = part.losses
    part.losses = lambda high, low, seed: seen.append((high, low)) or losses(high, low, seed)
    model.train_step(x)
    (high, low), (again, other) = seen
    for one in (high, again):
        np.testing.assert_array_equal(one.x, x)
    for kind in (lambda at: at.x, lambda at: at.other("reconstruction").x):
        assert not np.array_equal(kind(low), kind(other))
    np.testing.assert_array_equal(low.other("reconstruction").z, high.z)
    assert not np.array_equal(low.z, high.z)


def test_features_of_hidden_layers_in_bfloat16_are_told_in_float32():
    model = tiny.build("vae_gan", training={"precision": "bfloat16"})
    x = tf.constant(np.random.default_rng(0).normal(size=(8, *tiny.VECTOR)), "float32")
    plain = tiny.build("vae_gan").approximators["log_q_x"].features(x)
    found = model.approximators["log_q_x"].features(x)
    assert found.dtype == tf.float32
    # 8 bits of precision, in one layer of units below 1; and it is not as exact as float32.
    np.testing.assert_allclose(found, plain, atol=2e-2)
    assert np.abs(found - plain).max() > 1e-5
    assert np.isfinite(model.train_step(x)["wake/loss"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty_weight": -1.0}, "penalty_weight must be at least 0, found -1.0"),
        ({"penalty_weight": 1.0, "network": TANH | {"normalization": "batch"}}, "does not go with batch normalization"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        feature_critic.build({"x": (1,)}, **{"network": LINEAR} | options)
