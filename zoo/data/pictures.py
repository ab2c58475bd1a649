"""Picture files to 8-bit pixels."""

import numpy as np
from PIL import Image, ImageOps

from zoo import config

# What a header may promise: 8192 x 8192 take 200 MB as colours, and a few times that while they are converted.
MAX_PIXELS = 2**26
# Of all that Pillow knows. One of the others (EPS) is a program that another program would run.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM")


class UnreadablePicture(ValueError):
    """A picture that cannot be decoded.

    Attributes:
      name: of the picture.
    """

    def __init__(self, name, reason):
        super().__init__(f"cannot decode {name}: {reason}")
        self.name = str(name)


def check_size(image_size, minimum=1):
    """Raises ConfigError for a side below the minimum."""
    if image_size < minimum:
        raise config.ConfigError(f"config.data.image_size: must be at least {minimum}, found {image_size}")


def decode(file, name, image_size=0, channels=3):
    """A picture's pixels, uint8 [height, width, channels]: 8-bit RGB, or grey for one channel.

    16-bit pictures keep their high byte, transparent ones are laid on white, CMYK and palettes are converted, of an animation
    the first frame counts, and a camera's orientation tag is obeyed. A header that promises more than MAX_PIXELS is refused
    before anything is decoded.

    Args:
      file: a path or a binary file object.
      name: how the error calls it.
      image_size: side of the square that is cut from the centre and resized (bicubic, antialiased); 0 for no change.
      channels: 1 or 3.

    Raises:
      UnreadablePicture: naming it.
      OSError: if the file cannot be read at all (it is gone, or its disk is).
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"its {image.width} x {image.height} pixels are more than {MAX_PIXELS}")
            if image_size:
                image.draft(None, (2 * image_size, 2 * image_size))  # lets JPEG skip detail that resizing would drop
            return _pixels(image, image_size, channels)
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises a dozen kinds for damaged files, each of which means this
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UnreadablePicture(name, str(error).partition("\n")[0]) from error


def _pixels(image, image_size, channels):
    ImageOps.exif_transpose(image, in_place=True)
    image = _without_transparency(_eight_bit(image))
    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)  # convert copies even what it need not change
    if image_size:
        image = _square(image, image_size)
    return np.asarray(image).reshape(image.height, image.width, channels)


def _eight_bit(image):
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    if not image.mode.startswith("I"):
        return image
    grey = np.asarray(image)
    if grey.max() > 65535:
        raise ValueError("its pixels are 32-bit numbers of unknown range")
    return Image.fromarray((grey >> 8).astype(np.uint8))


def _without_transparency(image):
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _square(image, image_size):
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side))  # resize(box=...) would look beyond the edge of the box
    return image.resize((image_size, image_size), Image.Resampling.BICUBIC)
