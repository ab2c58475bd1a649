"""The convolutions next to an image against Keras' own: values, gradients, and gradients of gradients, in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.networks import pixel_convolution
from zoo.networks.pixel_convolution import KERNEL

GENERATOR = np.random.default_rng(0)
FILTERS = 5


def random(*shape):
    """Standard normal float64 numbers."""
    return tf.constant(GENERATOR.normal(size=shape))


def derivatives(function, x, kernel):
    """The value; its gradients by both inputs; and the gradients, by both, of a penalty on the gradient by x."""
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([x, kernel])
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = function(x, kernel)
            weights = tf.cos(tf.reshape(tf.range(tf.size(y), dtype=y.dtype), y.shape))
            value = tf.reduce_sum(weights * tf.sin(y))
        by_x, by_kernel = tape.gradient(value, [x, kernel])
        penalty, other = tf.reduce_sum(by_x**3), tf.reduce_sum(by_kernel**3)
    return [y, by_x, by_kernel, *outer.gradient(penalty, [x, kernel]), *outer.gradient(other, [x, kernel])]


def transpose(y, kernel):
    """TensorFlow's own transposed convolution."""
    batch, height, width, _ = y.shape
    return tf.nn.conv2d_transpose(y, kernel, [batch, 2 * height, 2 * width, kernel.shape[2]], 2, "SAME")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("towards", ["down", "up"])
def test_it_is_tensorflows_own_with_its_first_and_second_derivatives(towards, channels):
    kernel = random(4, 4, channels, FILTERS)
    x = random(3, 6, 8, channels) if towards == "down" else random(3, 3, 4, FILTERS)
    plain = {"down": lambda x, kernel: tf.nn.conv2d(x, kernel, 2, "SAME"), "up": transpose}[towards]
    found = derivatives(getattr(pixel_convolution, towards), x, kernel)
    for ours, wanted in zip(found, derivatives(plain, x, kernel), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("towards", ["from_image", "to_image"])
def test_the_layers_are_keras_own_with_the_same_weights(towards, monkeypatch):
    shape = (8, 8, 3) if towards == "from_image" else (4, 4, FILTERS)
    arguments = KERNEL | {"filters": FILTERS if towards == "from_image" else 3, "bias_initializer": "random_normal"}
    ours = getattr(pixel_convolution, towards)(3)(**arguments)
    # A GPU's library has kernels for few channels.
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one"])
    stock = getattr(pixel_convolution, towards)(3)(**arguments)
    assert type(stock) in (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    assert type(ours) in (pixel_convolution.Conv2D, pixel_convolution.Conv2DTranspose)
    for layer in (ours, stock):
        layer.build((None, *shape))
    assert [tuple(w.shape) for w in ours.weights] == [tuple(w.shape) for w in stock.weights]
    stock.set_weights(ours.get_weights())
    x = tf.cast(random(2, *shape), tf.float32)
    np.testing.assert_allclose(ours(x), stock(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("towards", ["from_image", "to_image"])
def test_many_channels_are_left_to_keras(towards):
    layer = getattr(pixel_convolution, towards)(pixel_convolution.FEW + 1)
    assert layer in (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
