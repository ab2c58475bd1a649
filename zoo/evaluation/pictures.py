"""Many images in one picture, and pictures as PNG files."""

import math

import numpy as np
from PIL import Image

from zoo import atomic

# Smaller images are enlarged by a whole factor up to this side, because 8x8 pixels show nothing on a screen.
READABLE_SIDE = 32
GAP = 2  # white pixels between two images
FEW_PIXELS = 16  # a side below which an eye reads a smooth picture more easily than blocks


def grid(images, columns=None, side=READABLE_SIDE, smooth=False):
    """Images side by side, row by row, with white gaps; small ones enlarged.

    Args:
      images: [n, height, width, channels] in [0, 1], 1 or 3 channels; values outside are clipped, NaN is black.
      columns: how many stand in a row; default the smallest number that makes no more rows than columns.
      side: up to which an image is enlarged.
      smooth: whether images of very few pixels are enlarged by cubic interpolation; otherwise each pixel becomes a square.

    Returns:
      uint8 [height, width, channels].

    Raises:
      ValueError: for anything else than at least one image of 1 or 3 channels.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not images.size:
        raise ValueError(f"a picture needs images [n, height, width, 1 or 3], found shape {images.shape}")
    pixels = np.round(255 * np.clip(np.nan_to_num(images), 0, 1)).astype(np.uint8)
    factor = max(1, side // max(pixels.shape[1:3]))
    if smooth and max(pixels.shape[1:3]) < FEW_PIXELS:
        pixels = np.stack([_smoothly(image, factor) for image in pixels])
    else:
        pixels = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    return _tiled(pixels, columns or math.ceil(math.sqrt(len(pixels))))


def _smoothly(image, factor):
    height, width, channels = image.shape
    picture = Image.fromarray(image.squeeze(-1) if channels == 1 else image)
    resized = picture.resize((width * factor, height * factor), Image.Resampling.BICUBIC)
    return np.asarray(resized).reshape(height * factor, width * factor, channels)


def _tiled(pixels, columns):
    count, height, width, channels = pixels.shape
    rows = math.ceil(count / columns)
    tiles = np.full((rows * columns, height + GAP, width + GAP, channels), 255, np.uint8)
    tiles[:count, :height, :width] = pixels
    tiles = tiles.reshape(rows, columns, height + GAP, width + GAP, channels).swapaxes(1, 2)
    return tiles.reshape(rows * (height + GAP), columns * (width + GAP), channels)[:-GAP, :-GAP]


def save_png(pixels, path):
    """Writes uint8 [height, width, 1 or 3] as a PNG file; readers see the old file or the whole new one."""
    with atomic.file(path) as file:
        Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(file, format="PNG")
