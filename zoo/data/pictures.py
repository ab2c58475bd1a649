"""Picture files to 8-bit pixels."""

import numpy as np
from PIL import ExifTags, Image

from zoo import config

# What a header may promise: 8192 x 8192 take 200 MB as colours, and a few times that while they are converted.
MAX_PIXELS = 2**26
# Of all that Pillow knows. One of the others (EPS) is a program that another program would run.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM")
# What a camera's orientation tag asks for.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLE_FORMAT = 258, 262, 339  # tags of TIFF
WHITE_IS_ZERO, UNSIGNED = 0, (1,)


class UnreadablePicture(ValueError):
    """A picture that cannot be decoded.

    Attributes:
      name: of the picture.
    """

    def __init__(self, name, reason):
        super().__init__(f"cannot decode {name}: {reason}")
        self.name = str(name)


def size(image_size, image_width, minimum=1):
    """(height, width) that a config's `image_size` and `image_width` ask for, a square without the second; None for neither.

    Raises:
      zoo.config.ConfigError: for a height below the minimum, or a width that cannot be.
    """
    if image_size < minimum:
        raise config.ConfigError(f"config.data.image_size: must be at least {minimum}, found {image_size}")
    if image_width < 0 or (image_width and not image_size):
        needs = "must be at least 0" if image_size else "needs a height beside it, config.data.image_size"
        raise config.ConfigError(f"config.data.image_width: {needs}, found {image_width}")
    return (image_size, image_width or image_size) if image_size else None


def decode(file, name, size=None, channels=3):
    """A picture's pixels, uint8 [height, width, channels]: 8-bit RGB, or grey for one channel.

    12- and 16-bit pictures keep their 8 high bits, transparent ones are laid on white, CMYK and palettes are converted, of an
    animation the first frame counts, and a camera's orientation tag is obeyed. Refused are pixels without a known range (signed
    ones, 32-bit ones, floats), and, before anything is decoded, a header that promises more than MAX_PIXELS.

    Args:
      file: a path or a binary file object.
      name: how the error calls it.
      size: (height, width) that the largest box of these proportions, at the centre, is resized to (bicubic, antialiased);
        None for no change.
      channels: 1 or 3.

    Raises:
      UnreadablePicture: naming it.
      OSError: if the file cannot be read at all (it is gone, or its disk is).
    """
    if not hasattr(file, "read"):
        # Given a path, Pillow 13 maps an uncompressed TIFF into memory and mixes up the sides of one that is to be turned.
        with open(file, "rb") as stream:
            return decode(stream, name, size, channels)
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"its {image.width} x {image.height} pixels are more than {MAX_PIXELS}")
            if size:
                image.draft(None, (2 * size[1], 2 * size[0]))  # lets JPEG skip detail that resizing would drop
            return _pixels(image, size, channels)
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises a dozen kinds for damaged files, each of which means this
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UnreadablePicture(name, str(error).partition("\n")[0]) from error


def _pixels(image, size, channels):
    if image.format == "PNG" and image.tile and image.tile[0].args == "RGB;16B" and "transparency" in image.info:
        # Pillow keeps the high bytes of the pixels alone.
        image.info["transparency"] = tuple(value >> 8 for value in image.info["transparency"])
    image.load()
    image = _without_transparency(_eight_bit(_upright(image)))
    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)  # convert copies even what it need not change
    if size:
        image = _cut(image, *size)
    return np.asarray(image).reshape(image.height, image.width, channels)


def _upright(image):
    """ImageOps.exif_transpose would write all tags anew, and fails on one that is not as it should be."""
    try:
        turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # tags that say nothing; the pixels are whole
        return image
    return image if turn is None else image.transpose(turn)


def _eight_bit(image):
    tags = getattr(image, "tag_v2", {})
    # A PGM file's grey levels are spread over 16 bits on reading; all else in this mode is signed, or has 32 bits.
    if image.mode == "F" or (image.mode == "I" and image.format != "PPM") or tags.get(SAMPLE_FORMAT, UNSIGNED)[0] != 1:
        raise ValueError(
            "its pixels are signed, 32-bit or floating-point numbers of unknown range; make them unsigned, of 8 or 16 bits"
        )
    if not image.mode.startswith("I"):
        return image
    bits = tags.get(BITS_PER_SAMPLE, (16,))[0]
    grey = np.asarray(image)
    light = (grey >> (bits - 8)).astype(np.uint8)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        light = 255 - light
    if "transparency" in image.info:
        light[grey == image.info["transparency"]] = 255
    return Image.fromarray(light)


def _without_transparency(image):
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _cut(image, height, width):
    unit = min(image.width / width, image.height / height)
    across, down = max(1, round(unit * width)), max(1, round(unit * height))
    left, top = (image.width - across) // 2, (image.height - down) // 2
    image = image.crop((left, top, left + across, top + down))  # resize(box=...) would look beyond the edge of the box
    return image.resize((width, height), Image.Resampling.BICUBIC)
