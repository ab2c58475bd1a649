"""The leaky ReLU without a second derivative: value, gradient and gradient penalty are those of Keras' own."""

import keras
import numpy as np
import tensorflow as tf

from tools.benchmarks import operations
from zoo.approximators.gradient_penalty import gradient_penalty
from zoo.networks.leaky_relu import LeakyReLU


def critic(layer):
    """Two convolutions and a head in float64, the same weights for either layer."""
    keras.utils.set_random_seed(0)
    convolution = {"kernel_size": 4, "strides": 2, "padding": "same", "dtype": "float64"}
    layers = [keras.layers.Conv2D(3, **convolution), layer(0.2, dtype="float64")]
    layers += [keras.layers.Conv2D(5, **convolution), layer(0.2, dtype="float64")]
    return keras.Sequential([keras.Input([8, 8, 2]), *layers, keras.layers.Flatten(), keras.layers.Dense(1, dtype="float64")])


def penalty(network, x):
    """The penalty between x and its reverse, and its gradient by every weight."""
    with tf.GradientTape() as tape:
        value = gradient_penalty(lambda x: network(x)[:, 0], x, tf.reverse(x, [0]), (1, 2))
    weights = [variable.value for variable in network.trainable_variables]
    return [value, *tape.gradient(value, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)]


def test_value_gradient_and_gradient_penalty_are_those_of_keras():
    x = tf.constant(np.random.default_rng(0).normal(size=(6, 8, 8, 2)))
    own, keras_own = critic(LeakyReLU), critic(keras.layers.LeakyReLU)
    np.testing.assert_array_equal(own(x), keras_own(x))
    for a, b in zip(penalty(own, x), penalty(keras_own, x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert max(np.abs(each).max() for each in penalty(own, x)[1:]) > 1e-3


def counted(network, x):
    return operations.by_kind(lambda x: penalty(network, x), x)


def test_the_penalty_carries_no_zeros_back():
    """Keras' own: once more the gradients by the kernels and, of all layers but the first, by the inputs."""
    x = tf.TensorSpec([6, 8, 8, 2], tf.float64)
    own, other = (counted(critic(layer), x) for layer in (LeakyReLU, keras.layers.LeakyReLU))
    first, second = 2 * 6 * 4 * 4 * 16 * 2 * 3, 2 * 6 * 2 * 2 * 16 * 3 * 5
    assert other["Conv2DBackpropFilter"] - own["Conv2DBackpropFilter"] == first + second
    assert other["Conv2DBackpropInput"] - own["Conv2DBackpropInput"] == second
    assert own["Conv2D"] == other["Conv2D"]
