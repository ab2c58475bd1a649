"""DCGAN's convolutional networks for images whose sides halve, like 28x20, 32x32 or 64x48 (Radford et al. 2016)."""

import math

import keras

from zoo.networks.image_sides import halvings, smallest
from zoo.networks.leaky_relu import LeakyReLU
from zoo.networks.normalization import normalized, output_normalization, with_kernel_normalization
from zoo.networks.pixel_convolution import KERNEL, from_image, to_image
from zoo.networks.projection import Projection
from zoo.networks.tied import TiedDecoder, TiedTranspose

XLA_PAYS_ON_CPU = False


def _down(image_shape, output_shape, width, normalization):
    # The first layer sees pixels: normalizing its outputs would remove the image's contrast (section 3 of the paper).
    first = with_kernel_normalization(from_image(image_shape[-1]), normalization, filters=width, **KERNEL)
    layers = [keras.Input(image_shape), first, LeakyReLU(0.2)]
    for stage in range(1, halvings(image_shape, "dcgan")):
        layers += normalized(keras.layers.Conv2D, normalization, filters=width * 2**stage, **KERNEL)
        layers += [LeakyReLU(0.2)]
    head = with_kernel_normalization(keras.layers.Dense, normalization, units=math.prod(output_shape))
    return keras.Sequential([*layers, keras.layers.Flatten(), head, keras.layers.Reshape(output_shape)])


def _up(input_shape, image_shape, width, normalization):
    layers, stages = _foot(input_shape, image_shape, width, normalization)
    for stage in reversed(range(stages - 1)):
        layers += normalized(keras.layers.Conv2DTranspose, normalization, filters=width * 2**stage, **KERNEL)
        layers += [keras.layers.ReLU()]
    last = with_kernel_normalization(to_image(image_shape[-1]), normalization, filters=image_shape[-1], **KERNEL)
    return keras.Sequential([*layers, last])


def _foot(input_shape, image_shape, width, normalization):
    """From a vector to the smallest image, and how many doublings are left."""
    sides, stages = smallest(image_shape, "dcgan")
    first = normalized(Projection, normalization, shape=(*sides, width * 2 ** (stages - 1)))
    return [keras.Input(input_shape), keras.layers.Flatten(), *first, keras.layers.ReLU()], stages


def _tied_up(input_shape, image_shape, width, normalization):
    layers, stages = _foot(input_shape, image_shape, width, normalization)
    for stage in reversed(range(stages - 1)):
        after = output_normalization(normalization)
        layers += [TiedTranspose(width * 2**stage, use_bias=not after), *after, keras.layers.ReLU()]
    return TiedDecoder([*layers, TiedTranspose(image_shape[-1])])


def build(input_shape, output_shape, *, width: int = 64, normalization: str = "none", tied: bool = False):
    """Strided convolutions down from an image, or transposed ones up to it, whichever the shapes ask for.

    Args:
      input_shape, output_shape: without the batch; exactly one of them is an image [height, width, channels].
      width: filters of the layer next to the image; doubled with each halving of the side.
      normalization: batch, layer, weight, spectral or none. Under a gradient penalty a critic must not use batch: the
        penalty is about the gradient of one example's value, and batch normalization mixes the examples (Gulrajani et al.
        2017, section 4).
      tied: a decoder's transposed convolutions use the kernels of the encoder's convolutions (zoo/networks/tied.py).

    Returns:
      keras.Sequential: [batch, *input_shape] -> [batch, *output_shape].

    Raises:
      ValueError: for an image size that does not halve evenly, or tied kernels where there are none to tie.
    """
    down = len(input_shape) == 3
    if tied and (down or normalization in ("weight", "spectral")):
        found = "a network that goes down from an image" if down else f"normalization {normalization}, which is the encoder's"
        raise ValueError(f"dcgan: tied is for decoders with normalization batch, layer or none, found {found}")
    if down:
        return _down(tuple(input_shape), output_shape, width, normalization)
    return (_tied_up if tied else _up)(input_shape, tuple(output_shape), width, normalization)
