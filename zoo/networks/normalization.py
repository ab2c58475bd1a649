"""The normalizations a network can choose, and what follows from the choice.

    batch, layer    of what a layer puts out                              (Ioffe and Szegedy 2015; Ba et al. 2016)
    weight          of its kernel, g v / |v| for each output              (Salimans and Kingma 2016, equation 2)
    spectral        of its kernel, W / sigma(W), sigma the largest singular value    (Miyato et al. 2018, equation 8)

The first two stand after a layer, and not next to an image or at the end of a network. The other two are part of the layer,
and a network that chooses one has it in every kernel.
"""

import keras
import tensorflow as tf
from keras import ops

# Iterations of the power method before the first step: a random start is far from the leading singular vector.
POWER_ITERATIONS_AT_THE_START = 30


class NormalizedKernel(keras.layers.Layer):
    """A dense or convolutional layer that works with a function of its kernel; the gradient passes through that function."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.output_axis = -2 if isinstance(layer, keras.layers.Conv2DTranspose) else -1

    def build(self, input_shape):
        """Makes the layer's weights, and those of the normalization."""
        self.layer.build(input_shape)
        self.build_normalization(self._weight())

    def _weight(self):
        return tf.convert_to_tensor(self.layer.kernel.value)

    def call(self, inputs, training=False):
        """What the layer makes of its inputs with the normalized kernel."""
        kernel = self.normalize(self._weight(), training)
        with keras.StatelessScope([(self.layer.kernel, kernel)]):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape):
        """That of the layer."""
        return self.layer.compute_output_shape(input_shape)

    @property
    def kernel(self):
        """The normalized kernel."""
        return self.normalize(self._weight(), False)


class WeightNormalized(NormalizedKernel):
    """Kernel g v / |v|, with a length g and a direction v for each output; both are trained.

    At the start g = |v|, so that the layer starts as it would without the normalization.
    """

    def build_normalization(self, kernel):
        """Makes g."""
        self.length = self.add_weight(
            shape=(kernel.shape[self.output_axis],),
            initializer=lambda shape, dtype: ops.cast(ops.reshape(self._norm(kernel), shape), dtype),
            name="length",
        )

    def _norm(self, kernel):
        axes = [axis for axis in range(-len(kernel.shape), 0) if axis != self.output_axis]
        return ops.sqrt(ops.sum(ops.square(kernel), axis=axes, keepdims=True))

    def normalize(self, kernel, training):
        """g v / |v|."""
        norm = self._norm(kernel)
        return kernel * (ops.reshape(self.length.value, norm.shape) / norm)


class SpectrallyNormalized(NormalizedKernel):
    """Kernel W / sigma(W), where sigma is the largest singular value of W as a matrix [everything else, outputs].

    sigma is estimated by the power method: u, the right singular vector, is kept and improved once in each training pass, so
    the norm reached is 1 or a little above. For a convolution that matrix is not the whole linear map, whose norm may differ
    by a factor: it bounds the slope, and not by exactly 1 (section 2.2 of the paper takes the same matrix).
    """

    def build_normalization(self, kernel):
        """Makes u, close to its limit."""
        # Every replica sees the same kernel and computes the same u: nothing is aggregated.
        self.u = self.add_weight(
            shape=(kernel.shape[self.output_axis],),
            initializer="random_normal",
            trainable=False,
            name="u",
        )
        u, matrix = tf.convert_to_tensor(self.u.value), self._matrix(kernel)
        for _ in range(POWER_ITERATIONS_AT_THE_START):
            _, u = _power_step(matrix, u)
        self.u.assign(u)

    def _matrix(self, kernel):
        return ops.reshape(ops.moveaxis(kernel, self.output_axis, -1), (-1, kernel.shape[self.output_axis]))

    def normalize(self, kernel, training):
        """W / sigma(W); the gradient passes through sigma, with its singular vectors held fixed."""
        matrix = self._matrix(kernel)
        v, u = _power_step(ops.stop_gradient(matrix), self.u.value)
        if training:
            self.u.assign(u)
        return kernel / ops.sum(v * ops.sum(matrix * u, axis=1))


def _power_step(matrix, u):
    """Left and right singular vectors of a matrix [m, n], one step better than u [n]."""
    v = tf.math.l2_normalize(tf.linalg.matvec(matrix, u), epsilon=1e-30)
    return v, tf.math.l2_normalize(tf.linalg.matvec(matrix, v, transpose_a=True), epsilon=1e-30)


def _batch():
    # Statistics over the global batch: otherwise two replicas are not the same model as one.
    return keras.layers.BatchNormalization(synchronized=tf.distribute.get_strategy().num_replicas_in_sync > 1)


_OF_OUTPUTS = {"batch": _batch, "layer": keras.layers.LayerNormalization}
_OF_KERNELS = {"weight": WeightNormalized, "spectral": SpectrallyNormalized}
NAMES = ("none", *_OF_OUTPUTS, *_OF_KERNELS)


def _check(name):
    if name not in NAMES:
        raise ValueError(f"unknown normalization {name!r}; choose from {', '.join(NAMES)}")


def output_normalization(name):
    """The normalization of what the layer before it puts out: a list of one layer, or of none.

    Raises:
      ValueError: for an unknown normalization.
    """
    _check(name)
    return [_OF_OUTPUTS[name]()] if name in _OF_OUTPUTS else []


def with_kernel_normalization(layer, name, **arguments):
    """A layer of this class, with its kernel normalized if that is what the name asks for.

    Raises:
      ValueError: for an unknown normalization.
    """
    _check(name)
    made = layer(**arguments)
    return _OF_KERNELS[name](made) if name in _OF_KERNELS else made


def normalized(layer, name, **arguments):
    """A layer class with a normalization of its kernel or its outputs, as a list of layers.

    A bias that stands before a normalization is removed by it: its true gradient is 0 and Adam turns the rounding noise of
    that 0 into steps of full size. So such a layer has none.

    Args:
      layer: a Keras layer class that takes `use_bias`.
      name: none, batch, layer, weight or spectral.
      **arguments: for the layer.

    Raises:
      ValueError: for another name.
    """
    after = output_normalization(name)
    return [with_kernel_normalization(layer, name, use_bias=not after, **arguments), *after]
