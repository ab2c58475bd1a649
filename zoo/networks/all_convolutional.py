"""All-convolutional networks for images whose sides halve: strided convolutions in place of pooling and of dense layers.

Down, at each halving of the side, with c = width 2^stage filters:

    convolution 3x3, c  ->  convolution 3x3 with stride 2, c

and at the end one convolution as large as what is left of the image. Up is the mirror image, with transposed convolutions
(deconvolution), of kernel 4 where the stride is 2, so that every pixel is written equally often.

Source: Springenberg et al., "Striving for Simplicity: The All Convolutional Net" (2015), section 2; the last layer is
theirs without the average over positions, which a code needs and a class does not.
"""

import math

import keras

from zoo.networks.image_sides import smallest
from zoo.networks.leaky_relu import LeakyReLU
from zoo.networks.normalization import normalized, with_kernel_normalization

XLA_PAYS_ON_CPU = False
SAME = {"kernel_size": 3, "padding": "same"}
DOUBLING = {"kernel_size": 4, "strides": 2, "padding": "same"}


def _down(image_shape, output_shape, width, normalization):
    sides, stages = smallest(image_shape, "all_convolutional")
    layers = [keras.Input(image_shape)]
    for stage in range(stages):
        for strides in (1, 2):
            arguments = {"filters": width * 2**stage, "strides": strides, "kernel_initializer": "he_uniform"} | SAME
            if len(layers) == 1:  # next to the pixels, whose contrast a normalization of outputs would remove
                layers += [with_kernel_normalization(keras.layers.Conv2D, normalization, **arguments)]
            else:
                layers += normalized(keras.layers.Conv2D, normalization, **arguments)
            layers += [LeakyReLU(0.2)]
    whole = {"filters": math.prod(output_shape), "kernel_size": sides}
    head = with_kernel_normalization(keras.layers.Conv2D, normalization, **whole)
    return keras.Sequential([*layers, head, keras.layers.Reshape(output_shape)])


def _up(input_shape, image_shape, width, normalization):
    sides, stages = smallest(image_shape, "all_convolutional")
    whole = {"filters": width * 2 ** (stages - 1), "kernel_size": sides}
    layers = [keras.Input(input_shape), keras.layers.Reshape((1, 1, math.prod(input_shape)))]
    layers += [*normalized(keras.layers.Conv2DTranspose, normalization, **whole), keras.layers.ReLU()]
    for stage in reversed(range(stages)):
        filters = width * 2**stage
        layers += normalized(keras.layers.Conv2DTranspose, normalization, filters=filters, **DOUBLING) + [keras.layers.ReLU()]
        if stage:
            arguments = {"filters": filters // 2, "kernel_initializer": "he_uniform"} | SAME
            layers += normalized(keras.layers.Conv2D, normalization, **arguments) + [keras.layers.ReLU()]
    head = with_kernel_normalization(keras.layers.Conv2D, normalization, filters=image_shape[-1], **SAME)
    return keras.Sequential([*layers, head])


def build(input_shape, output_shape, *, width: int = 32, normalization: str = "none"):
    """Convolutions only, down from an image or up to it, whichever the shapes ask for.

    Args:
      input_shape, output_shape: without the batch; exactly one of them is an image [height, width, channels].
      width: filters of the layers next to the image; doubled with each halving of the side.
      normalization: batch, layer, weight, spectral or none; a critic under a gradient penalty must not use batch.

    Returns:
      keras.Sequential: [batch, *input_shape] -> [batch, *output_shape].

    Raises:
      ValueError: for an image size that does not halve evenly.
    """
    if len(input_shape) == 3:
        return _down(tuple(input_shape), output_shape, width, normalization)
    return _up(input_shape, tuple(output_shape), width, normalization)
