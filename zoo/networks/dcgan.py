"""DCGAN's convolutional networks for square images of 28, 32 or 64 pixels (Radford et al. 2016)."""

import math

import keras

from zoo.networks.normalization import normalized

XLA_PAYS_ON_CPU = False
# 4 is a multiple of the stride, so no pixel of a transposed convolution is written more often than its neighbour.
KERNEL = {"kernel_size": 4, "strides": 2, "padding": "same"}
SMALLEST_SIDE = 7  # images are halved until their side is at most this: 28 -> 7, 32 -> 4, 64 -> 4


def halvings(image_shape):
    """How often an image's side is halved.

    Raises:
      ValueError: for images that are not square, or whose side does not halve evenly down to 4..7.
    """
    side, stages = image_shape[0], 0
    while side > SMALLEST_SIDE and side % 2 == 0:
        side, stages = side // 2, stages + 1
    if len(image_shape) != 3 or image_shape[0] != image_shape[1] or not stages or side > SMALLEST_SIDE:
        raise ValueError(
            f"dcgan takes square images whose side halves evenly down to 4..7, like 28, 32 or 64, found {image_shape}"
        )
    return stages


class Projection(keras.layers.Dense):
    """A dense layer whose output is an image, so that a normalization after it works on channels."""

    def __init__(self, shape, **arguments):
        super().__init__(math.prod(shape), **arguments)
        self.shape = tuple(shape)

    def call(self, inputs):
        """[batch, n] -> [batch, *shape]."""
        return keras.ops.reshape(super().call(inputs), (-1, *self.shape))

    def compute_output_shape(self, input_shape):
        """[batch, *shape]."""
        return (input_shape[0], *self.shape)


def _down(image_shape, output_shape, width, normalization):
    layers = [keras.Input(image_shape)]
    for stage in range(halvings(image_shape)):
        # The first layer sees pixels: normalizing it would remove the image's contrast (section 3 of the paper).
        chosen = normalization if stage else "none"
        layers += [
            *normalized(keras.layers.Conv2D, chosen, filters=width * 2**stage, **KERNEL),
            keras.layers.LeakyReLU(0.2),
        ]
    head = keras.layers.Dense(math.prod(output_shape))
    return keras.Sequential([*layers, keras.layers.Flatten(), head, keras.layers.Reshape(output_shape)])


def _up(input_shape, image_shape, width, normalization):
    stages = halvings(image_shape)
    side, channels = image_shape[0] // 2**stages, width * 2 ** (stages - 1)
    layers = [keras.Input(input_shape), keras.layers.Flatten()]
    layers += normalized(Projection, normalization, shape=(side, side, channels)) + [keras.layers.ReLU()]
    for stage in reversed(range(stages - 1)):
        layers += normalized(keras.layers.Conv2DTranspose, normalization, filters=width * 2**stage, **KERNEL)
        layers += [keras.layers.ReLU()]
    return keras.Sequential([*layers, keras.layers.Conv2DTranspose(image_shape[-1], **KERNEL)])


def build(input_shape, output_shape, *, width: int = 64, normalization: str = "none"):
    """Strided convolutions down from an image, or transposed ones up to it, whichever the shapes ask for.

    Args:
      input_shape, output_shape: without the batch; exactly one of them is an image [side, side, channels].
      width: filters of the layer next to the image; doubled with each halving of the side.
      normalization: batch, layer or none. Under a gradient penalty a critic must not use batch: the penalty is about the
        gradient of one example's value, and batch normalization mixes the examples (Gulrajani et al. 2017, section 4).

    Returns:
      keras.Sequential: [batch, *input_shape] -> [batch, *output_shape].

    Raises:
      ValueError: for an image size that does not halve evenly.
    """
    if len(input_shape) == 3:
        return _down(tuple(input_shape), output_shape, width, normalization)
    return _up(input_shape, tuple(output_shape), width, normalization)
