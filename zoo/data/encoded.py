"""Examples stored as tf.train.Example, whose `image` is an encoded picture: decoded all at once, or one at a time."""

import concurrent.futures
import io

import numpy as np
import tensorflow as tf

from zoo.data import pictures

BATCH = 1000
PNG_COLOURS = {1: (0,), 3: (0, 2)}  # channels -> kinds of PNG: 0 is grey, 2 RGB
MORE = (b"tRNS", b"eXIf", b"exif", b"Orientation")  # words in a PNG by which it may be transparent, or to be turned


def image(record, name, size, shape):
    """The picture of one record, uint8 of this shape.

    Args:
      record: bytes of a tf.train.Example.
      name: how the error calls it.
      size: (height, width) that is cut out and resized to, or None.
      shape: what is expected.

    Raises:
      pictures.UnreadablePicture: for what is no Example, has no image, or one that cannot be decoded or of another shape.
    """
    try:
        (encoded,) = tf.train.Example.FromString(record).features.feature["image"].bytes_list.value
    except Exception:  # ValueError for none or several, and protobuf's own, of which TensorFlow gives no public name
        raise pictures.UnreadablePicture(name, "its record is no tf.train.Example with an image") from None
    return _decoded(encoded, name, size, shape)


def _decoded(encoded, name, size, shape):
    pixels = pictures.decode(io.BytesIO(encoded), name, size, shape[-1])
    if pixels.shape != shape:
        raise pictures.UnreadablePicture(name, f"its shape is {pixels.shape} and not {shape}")
    return pixels


def labels(records, label):
    """int64 [n]: the whole number of this name in each record, an iterable of bytes.

    A record that cannot be read has that of the next one, whose picture takes the place of its own (zoo/data/faults.py).
    """
    found = [_label(record, label) for record in records]
    known = next((each for each in found if each is not None), 0)
    for place in reversed(range(len(found))):
        found[place] = known = known if found[place] is None else found[place]
    return np.array(found, np.int64)


def _label(record, label):
    try:
        (found,) = tf.train.Example.FromString(record).features.feature[label].int64_list.value
    except Exception:  # as for `image`
        return None
    return found


def everything(records, name, shape, label):
    """All pictures and labels.

    Args:
      records: tf.data.Dataset of bytes of a tf.train.Example.
      name: of the pictures, for the error.
      shape: of each picture.
      label: the name of a whole number in each Example; "" for none.

    Returns:
      (uint8 [n, *shape], int64 [n] or None).

    Raises:
      tf.errors.OpError: if a record cannot be read, or is no such Example.
      pictures.UnreadablePicture: naming it.
    """
    features = {"image": tf.string} | ({label: tf.int64} if label else {})
    spec = {key: tf.io.FixedLenFeature([], dtype) for key, dtype in features.items()}
    parsed = list(records.batch(BATCH).map(lambda batch: tf.io.parse_example(batch, spec)).as_numpy_iterator())
    # Traced here: of a function that threads wait for TensorFlow says that each of them traces it.
    by_tensorflow = tf.function(_by_tensorflow(shape), autograph=False).get_concrete_function(tf.TensorSpec([None], tf.string))

    def decoded(place):
        encoded = parsed[place]["image"]
        if all(_plain(each, shape[-1]) for each in encoded):
            return by_tensorflow(tf.constant(encoded)).numpy()
        return np.stack([_decoded(each, f"{name} {place * BATCH + i}", None, shape) for i, each in enumerate(encoded)])

    with concurrent.futures.ThreadPoolExecutor() as pool:
        images = list(pool.map(decoded, range(len(parsed))))
    return np.concatenate(images), np.concatenate([batch[label] for batch in parsed]) if label else None


def _plain(encoded, channels):
    """Whether it is a PNG of 8 bits that says no more than its pixels: of these TensorFlow makes the same, in half the time."""
    depth, colour = encoded[24:26] or (0, 0)
    return (
        depth == 8 and colour in PNG_COLOURS[channels] and encoded.startswith(b"\x89PNG") and not any(map(encoded.count, MORE))
    )


def _by_tensorflow(shape):
    def image(encoded):
        return tf.ensure_shape(tf.io.decode_png(encoded, channels=shape[-1]), shape)

    return lambda encoded: tf.map_fn(image, encoded, fn_output_signature=tf.uint8)
