"""Which images the convolutional networks take: square ones that halve evenly down to a few pixels."""

SMALLEST_SIDE = 7  # images are halved until their side is at most this: 28 -> 7, 32 -> 4, 64 -> 4


def halvings(image_shape, network):
    """How often an image's side is halved.

    Args:
      image_shape: (side, side, channels).
      network: the name of the network, for the message.

    Raises:
      ValueError: for images that are not square, or whose side does not halve evenly down to 4..7.
    """
    side, stages = image_shape[0], 0
    while side > SMALLEST_SIDE and side % 2 == 0:
        side, stages = side // 2, stages + 1
    if len(image_shape) != 3 or image_shape[0] != image_shape[1] or not stages or side > SMALLEST_SIDE:
        raise ValueError(
            f"{network} takes square images whose side halves evenly down to 4..7, like 28, 32 or 64, found {image_shape}"
        )
    return stages
