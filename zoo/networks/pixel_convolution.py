"""The convolutions next to an image, where the channels are few: the same layers as Keras', with a faster transpose on a CPU.

Towards one or three channels, a transposed convolution of stride 2 (which is also the gradient of a convolution by its image)
runs at a fraction of the machine's rate, since its inner loop goes over the channels. Each pixel gets contributions from 2 x 2
of the kernel's 4 x 4 weights, which ones its parity decides; so the same sums are a convolution of stride 1 with a kernel of
2 x 2 to four times the channels, whose outputs are then put in their places (Shi et al., "Is the deconvolution layer the same
as a convolutional layer?", 2016).
"""

import contextlib
import threading

import keras
import tensorflow as tf

# What this file is about. 4 is a multiple of the stride, so no pixel of a transposed convolution is written more often than
# its neighbour.
KERNEL = {"kernel_size": 4, "strides": 2, "padding": "same"}
FEW = 4  # channels
_THREAD = threading.local()


@contextlib.contextmanager
def written_plainly():
    """In this context `down` and `up` are TensorFlow's own operations.

    What is traced to be saved must be: of a gradient that is defined in Python a SavedModel keeps the first derivative alone,
    and a loaded critic could have no gradient penalty.
    """
    _THREAD.plain = True
    try:
        yield
    finally:
        _THREAD.plain = False


def down(x, kernel):
    """The convolution of x [batch, 2 h, 2 w, channels] by a kernel [4, 4, channels, filters]: [batch, h, w, filters]."""
    if getattr(_THREAD, "plain", False):
        return tf.nn.conv2d(x, kernel, 2, "SAME")

    @tf.custom_gradient
    def convolved(x, kernel):
        gradient = lambda upstream: (up(upstream, kernel), _by_kernel(x, kernel, upstream))  # noqa: E731
        return tf.nn.conv2d(x, kernel, 2, "SAME"), gradient

    return convolved(x, kernel)


def up(y, kernel):
    """The transpose of `down` in its image: y [batch, h, w, filters] to [batch, 2 h, 2 w, channels]."""
    if getattr(_THREAD, "plain", False):
        return keras.ops.conv_transpose(y, kernel, strides=2, padding="same")

    @tf.custom_gradient
    def transposed(y, kernel):
        gradient = lambda upstream: (down(upstream, kernel), _by_kernel(upstream, kernel, y))  # noqa: E731
        return _placed(tf.nn.conv2d(y, _by_parity(kernel), 1, [[0, 0], [1, 1], [1, 1], [0, 0]])), gradient

    return transposed(y, kernel)


def _by_kernel(x, kernel, y):
    return tf.raw_ops.Conv2DBackpropFilter(
        input=x, filter_sizes=kernel.shape, out_backprop=y, strides=[1, 2, 2, 1], padding="SAME"
    )


def _by_parity(kernel):
    """[4, 4, channels, filters] to [2, 2, filters, 4 channels]: a channel for each place within 2 x 2 pixels."""
    _, _, channels, filters = kernel.shape
    places = tf.reshape(kernel, [2, 2, 2, 2, channels, filters])[::-1, :, ::-1]
    return tf.reshape(tf.transpose(places, [0, 2, 5, 1, 3, 4]), [2, 2, filters, 4 * channels])


def _placed(y):
    """[batch, h + 1, w + 1, 4 channels] to [batch, 2 h, 2 w, channels]: the outermost pixels belong to the padding."""
    _, height, width, channels = y.shape
    places = tf.transpose(tf.reshape(y, [-1, height, width, 2, 2, channels // 4]), [0, 1, 3, 2, 4, 5])
    return tf.reshape(places, [-1, 2 * height, 2 * width, channels // 4])[:, 1:-1, 1:-1]


class Conv2D(keras.layers.Conv2D):
    """Keras' layer, by `down`."""

    def convolution_op(self, inputs, kernel):
        """Without the bias."""
        return down(inputs, tf.convert_to_tensor(kernel))


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras' layer, by `up`."""

    def call(self, inputs):
        """[batch, h, w, filters of the layer before] to [batch, 2 h, 2 w, filters]."""
        outputs = up(inputs, tf.convert_to_tensor(self.kernel))
        return self.activation(outputs + self.bias if self.use_bias else outputs)


def _pays(channels):
    return channels <= FEW and not tf.config.list_physical_devices("GPU")


def from_image(channels):
    """The class of layer for a convolution by KERNEL of an image of so many channels."""
    return Conv2D if _pays(channels) else keras.layers.Conv2D


def to_image(channels):
    """The class of layer for a transposed convolution by KERNEL to an image of so many channels."""
    return Conv2DTranspose if _pays(channels) else keras.layers.Conv2DTranspose
