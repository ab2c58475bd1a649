"""The residual networks of WGAN-GP for images of 32 and 64 pixels (Gulrajani et al. 2017, appendices C and F).

A block adds to its input, resampled and brought to the same number of channels, the branch

    normalization -> relu -> convolution 3x3 -> normalization -> relu -> convolution 3x3

where a block up doubles the side before the first convolution (nearest neighbour) and a block down halves it after the
second (mean of 2x2). Larger images, of 4 halvings or more, like 64 pixels, have a block at each halving and width, 2 width,
4 width, 8 width, 8 width ... channels. Smaller ones, like 32, have `width` channels throughout; up with a block at each
doubling, down with two blocks that halve and two that do not.
"""

import functools
import math

import keras

from zoo.networks.image_sides import halvings, smallest
from zoo.networks.normalization import output_normalization, with_kernel_normalization
from zoo.networks.projection import Projection

XLA_PAYS_ON_CPU = False
LARGE = 4  # halvings from which on the architecture for 64 pixels is taken
WIDEST = 8  # the largest number of channels, in widths


def _channels(width, stages):
    """Channels at the image's side, half of it, a quarter, ..."""
    return [width * min(2**stage, WIDEST) if stages >= LARGE else width for stage in range(stages + 1)]


def _convolution(x, filters, normalization, size=3, use_bias=True):
    # He's initialization where relu comes before; the 1x1 ones of a shortcut have none there.
    arguments = {"kernel_initializer": "he_uniform" if size == 3 else "glorot_uniform", "use_bias": use_bias}
    layer = functools.partial(keras.layers.Conv2D, kernel_size=size, padding="same")
    return with_kernel_normalization(layer, normalization, filters=filters, **arguments)(x)


def _activated(x, normalization):
    for layer in output_normalization(normalization):
        x = layer(x)
    return keras.layers.ReLU()(x)


def _block(x, filters, normalization, *, up=False, down=False, first=False):
    """One residual block. The first one of a network sees pixels, which it neither normalizes nor cuts at 0."""
    double, halve = keras.layers.UpSampling2D(2), keras.layers.AveragePooling2D(2)
    # A bias would be removed by the normalization that follows, in this block or, through the shortcut, in a later one.
    convolution = functools.partial(_convolution, normalization=normalization, use_bias=not output_normalization(normalization))
    branch = x if first else _activated(x, normalization)
    branch = convolution(double(branch) if up else branch, x.shape[-1] if down and not first else filters)
    branch = convolution(_activated(branch, normalization), filters)
    shortcut = double(x) if up else halve(x) if down else x
    if x.shape[-1] != filters:
        shortcut = convolution(shortcut, filters, size=1)
    return keras.layers.Add()([halve(branch) if down else branch, shortcut])


def _down(image_shape, output_shape, width, normalization):
    stages = halvings(image_shape, "resnet")
    inputs = keras.Input(image_shape)
    if stages >= LARGE:
        channels = _channels(width, stages)
        x = _convolution(inputs, width, normalization)
        for filters in channels[1:]:
            x = _block(x, filters, normalization, down=True)
    else:
        x = _block(inputs, width, normalization, down=True, first=True)
        for down in (stages > 1, False, False):
            x = _block(x, width, normalization, down=down)
        x = keras.layers.ReLU()(x)
    # A critic's number is the mean over positions; a code has to know where things are.
    pool = stages < LARGE and math.prod(output_shape) == 1
    x = keras.layers.GlobalAveragePooling2D()(x) if pool else keras.layers.Flatten()(x)
    head = with_kernel_normalization(keras.layers.Dense, normalization, units=math.prod(output_shape))
    return keras.Model(inputs, keras.layers.Reshape(output_shape)(head(x)))


def _up(input_shape, image_shape, width, normalization):
    sides, stages = smallest(image_shape, "resnet")
    channels = _channels(width, stages)
    inputs = keras.Input(input_shape)
    shape = (*sides, channels[-1])
    foot = with_kernel_normalization(Projection, normalization, shape=shape)
    x = foot(keras.layers.Flatten()(inputs))
    for filters in reversed(channels[:-1]):
        x = _block(x, filters, normalization, up=True)
    return keras.Model(inputs, _convolution(_activated(x, normalization), image_shape[-1], normalization))


def build(input_shape, output_shape, *, width: int = 64, normalization: str = "none"):
    """Residual blocks down from an image or up to it, whichever the shapes ask for.

    Args:
      input_shape, output_shape: without the batch; exactly one of them is an image [height, width, channels].
      width: channels next to the image. The paper has 128 at 32 pixels and 64 at 64 pixels.
      normalization: batch, layer, weight, spectral or none. The paper has batch in the generator and layer or none in the
        critic, which must not use batch under a gradient penalty.

    Returns:
      keras.Model: [batch, *input_shape] -> [batch, *output_shape].

    Raises:
      ValueError: for an image size that does not halve evenly.
    """
    if len(input_shape) == 3:
        return _down(tuple(input_shape), output_shape, width, normalization)
    return _up(input_shape, tuple(output_shape), width, normalization)
