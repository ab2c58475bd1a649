"""Denoising score matching: its loss by hand, and the score of the noised density that it finds."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests.approximators.fitting import fit
from tests.approximators.pairs import known
from zoo import noise
from zoo.approximators import score_matching

LINEAR = {"name": "mlp", "hidden_sizes": ()}
SEED = noise.seed_for(0, 0, "test")
MEAN, COVARIANCE = np.array([0.5, -1.0], "float32"), np.array([[1.0, 0.6], [0.6, 0.8]], "float32")


def at(x):
    return known(x=tf.convert_to_tensor(x))


def gaussian():
    return tfp.distributions.MultivariateNormalFullCovariance(MEAN, COVARIANCE)


def linear_score(kernel, bias, **options):
    """sigma s(x) = x kernel + bias."""
    layer = score_matching.build({"x": (2,)}, network=LINEAR, **options)
    for variable, value in zip(layer.network.trainable_variables, (kernel, bias), strict=True):
        variable.assign(value)
    return layer


def noised_score(sigma):
    """The score of N(mean, covariance + sigma^2 I) is linear in x: kernel and bias of sigma times it."""
    precision = np.linalg.inv(COVARIANCE + sigma**2 * np.eye(2))
    return -sigma * precision, sigma * MEAN @ precision


@pytest.mark.parametrize("shape", [(2,), (2, 2, 1)], ids=str)
def test_loss_by_hand(shape):
    """|sigma s(x + sigma e) + e|^2 with s = 0 is |e|^2, and with sigma s = -x it is |x + sigma e - e|^2."""
    layer = score_matching.build({"x": shape}, network=LINEAR, sigma=0.5)
    kernel, _ = layer.network.trainable_variables
    x = np.random.default_rng(0).normal(size=(3, *shape)).astype("float32")
    e = noise.normal([3, *shape], SEED).numpy()
    kernel.assign(np.zeros(kernel.shape))
    np.testing.assert_allclose(layer.losses(at(x), None, SEED)["loss"], (e.reshape(3, -1) ** 2).sum(1), rtol=1e-5)
    kernel.assign(-np.eye(kernel.shape[0]))
    by_hand = ((-x - 0.5 * e + e).reshape(3, -1) ** 2).sum(1)
    np.testing.assert_allclose(layer.losses(at(x), None, SEED)["loss"], by_hand, rtol=1e-5)


@pytest.mark.parametrize("sigma", [0.1, 0.7])
def test_the_loss_is_least_at_the_score_of_the_noised_density(sigma):
    """Its gradient is 0 there, within 5 standard errors, and not at the score of the density without noise."""
    x = gaussian().sample(20_000, seed=SEED + 1)

    def jacobian(layer):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.reshape(layer.losses(at(x), None, SEED)["loss"], [100, 200]), axis=1)
        found = tape.jacobian(loss, layer.network.trainable_variables[0].value)
        return np.mean(found, 0), np.std(found, 0) / 10

    mean, error = jacobian(linear_score(*noised_score(sigma), sigma=sigma))
    assert (np.abs(mean) < 5 * error).all()
    kernel, bias = noised_score(sigma)
    mean, error = jacobian(linear_score(1.2 * kernel, bias, sigma=sigma))
    assert (np.abs(mean) > 5 * error).any()


def test_it_finds_the_score_of_a_gaussian():
    """sigma times it within 0.05, root mean square, where the noised data are."""
    keras.utils.set_random_seed(0)
    sigma, data = 0.5, gaussian()
    layer = score_matching.build({"x": (2,)}, network={"name": "mlp", "hidden_sizes": (32,), "activation": "tanh"}, sigma=sigma)
    fit(layer, lambda seed: (at(data.sample(512, seed=seed)), None), 2500)
    x = data.sample(1000, seed=SEED).numpy()
    x += sigma * np.random.default_rng(0).normal(size=x.shape).astype("float32")
    kernel, bias = noised_score(sigma)
    error = sigma * layer.score(tf.constant(x)).numpy() - (x @ kernel + bias)
    assert np.sqrt(np.mean(error**2)) < 0.05
    assert np.std(x @ kernel) > 0.2


def test_the_gradient_of_the_surrogate_is_the_score():
    """What a generator gets; nothing passes through the network."""
    layer = score_matching.build({"x": (2, 2, 1)}, network={"name": "mlp", "hidden_sizes": (5,), "activation": "tanh"})
    x = tf.constant(np.random.default_rng(0).normal(size=(3, 2, 2, 1)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = layer.value(at(x))
    assert value.shape == (3,)
    score = layer.score(x)
    np.testing.assert_allclose(tape.gradient(value, x), score, rtol=1e-6)
    np.testing.assert_allclose(value, np.sum(score * x, axis=(1, 2, 3)), rtol=1e-5)


def test_a_noise_level_is_needed():
    with pytest.raises(ValueError, match=r"sigma must be above 0, found 0\.0"):
        score_matching.build({"x": (2,)}, network=LINEAR, sigma=0.0)


def test_the_network_is_asked_in_the_mode_of_whoever_asks():
    layer, asked = linear_score(np.eye(2), np.zeros(2)), []
    layer.network = lambda x, training: asked.append(training) or x
    for training in (True, False):
        point = at(np.ones([3, 2], np.float32))
        point.training = training
        layer.value(point)
    assert asked == [True, False]
