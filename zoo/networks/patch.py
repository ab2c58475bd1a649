"""The mean over an image's patches of what a small convolutional network says of each: as a critic it sees texture, not shape.

    f(x) = mean over patches p of x of g(p)          one layer: 4x4 pixels; two: 10x10; three: 22x22

It is the same wherever a patch lies, so that it asks for sharp edges anywhere, and not for this digit or that.

Source: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (2017), section 3.2.2: PatchGAN.
"""

import math

import keras

from zoo.networks.leaky_relu import LeakyReLU
from zoo.networks.normalization import normalized, with_kernel_normalization
from zoo.networks.pixel_convolution import KERNEL, from_image

XLA_PAYS_ON_CPU = False


def build(input_shape, output_shape, *, width: int = 64, layers: int = 1, normalization: str = "none"):
    """Strided convolutions of an image, and the mean over positions of a linear function of them.

    Args:
      input_shape: [height, width, channels]; sides that halve evenly `layers` times.
      output_shape: without the batch.
      width: filters of the first layer; doubled with each further.
      layers: how many convolutions, of kernel 4 and stride 2.
      normalization: batch, layer, weight, spectral or none; a critic under a gradient penalty must not use batch.

    Returns:
      keras.Sequential: [batch, *input_shape] -> [batch, *output_shape].

    Raises:
      ValueError: for what is no image, or sides that do not halve.
    """
    if len(input_shape) != 3:
        raise ValueError(f"patch takes images [height, width, channels], found {tuple(input_shape)}; take the network mlp")
    if layers < 1 or any(side % 2**layers for side in input_shape[:2]):
        raise ValueError(
            f"patch: sides must halve evenly layers times, and layers be at least 1; found {input_shape[0]}x{input_shape[1]} "
            f"and {layers}"
        )
    first = with_kernel_normalization(from_image(input_shape[-1]), normalization, filters=width, **KERNEL)
    made = [keras.Input(tuple(input_shape)), first, LeakyReLU(0.2)]
    for layer in range(1, layers):
        made += [*normalized(keras.layers.Conv2D, normalization, filters=width * 2**layer, **KERNEL), LeakyReLU(0.2)]
    head = with_kernel_normalization(keras.layers.Dense, normalization, units=math.prod(output_shape))
    return keras.Sequential([*made, keras.layers.GlobalAveragePooling2D(), head, keras.layers.Reshape(output_shape)])
