"""Which images the convolutional networks take: those whose sides halve evenly, together, down to a few pixels."""

import math

SMALLEST_SIDE = 7  # sides are halved until the longer is at most this: 28 -> 7, 32 -> 4, 64 -> 4
LONGEST_SIDE = 2 * SMALLEST_SIDE  # what the longer may be where the shorter is small: 28x32 -> 7x8


def _halvings(sides):
    """How often both sides halve evenly until none is long."""
    stages = 0
    while max(sides) > SMALLEST_SIDE and not any(side % 2 for side in sides):
        sides, stages = [side // 2 for side in sides], stages + 1
    return stages


def _fit(sides):
    stages = _halvings(sides)
    last = [side / 2**stages for side in sides]
    return stages > 0 and min(last) >= 1 and min(last) <= SMALLEST_SIDE and max(last) <= LONGEST_SIDE


def halvings(image_shape, network):
    """How often an image's sides are halved.

    Args:
      image_shape: (height, width, channels).
      network: the name of the network, for the message.

    Raises:
      ValueError: for what is no image, or an image whose sides do not halve evenly down to few pixels; with sizes that do.
    """
    if len(image_shape) != 3:
        raise ValueError(f"{network} takes images [height, width, channels], found {tuple(image_shape)}; take the network mlp")
    if not _fit(image_shape[:2]):
        sizes = " or ".join(f"{height}x{width}" for height, width in _nearest(image_shape[:2]))
        raise ValueError(
            f"{network} takes images whose sides halve evenly down to at most {SMALLEST_SIDE} pixels, "
            f"found {image_shape[0]}x{image_shape[1]}; {sizes} would do, and the network mlp takes any"
        )
    return _halvings(image_shape[:2])


def smallest(image_shape, network):
    """(height, width) of what is left of an image, and how often its sides were halved; raises as `halvings` does."""
    stages = halvings(image_shape, network)
    return (image_shape[0] // 2**stages, image_shape[1] // 2**stages), stages


def _nearest(sides):
    """The nearest sizes that fit, one that is no larger and one that is no smaller, where there are such."""
    found = set()
    for rounded in (math.floor, math.ceil):
        candidates = [[max(1, rounded(side / 2**stages)) * 2**stages for side in sides] for stages in range(1, 12)]
        fitting = [tuple(candidate) for candidate in candidates if _fit(candidate)]
        if fitting:
            found.add(min(fitting, key=lambda candidate: sum(abs(a - b) for a, b in zip(candidate, sides, strict=True))))
    return sorted(found)
