"""Any set of TensorFlow Datasets that has an `image`: mnist, binarized_mnist, cifar10, celeb_a, ...

The network is never touched unless allow_download says so. A split whose images are used as they are and take at most 1 GiB is
decoded at the start and kept in memory; of any other each image is read, decoded and cut when it is needed.
"""

import difflib
import io
import math
import os
import pathlib

import numpy as np
import tensorflow as tf

from zoo import config, registry
from zoo.data import memory, pictures
from zoo.data.dataset import RESIDENT_BYTES, Split
from zoo.data.records import Records

SPLITS = ("train", "validation", "test")


def load(data_dir, name, *, image_size: int = 0, allow_download: bool = False):
    """Splits of uint8 images, with labels where the set has a class label and is kept in memory.

    Args:
      data_dir: TFDS's data_dir.
      name: a TFDS name, with a config if need be: "celeb_a_hq/128".
      image_size: side of the square that is cut from the centre and resized to; 0 for the images as they are.
      allow_download: whether TFDS may download and build a set that is not there.

    Raises:
      zoo.config.ConfigError: an unknown or missing set, images of different sizes, no train split.
    """
    pictures.check_size(image_size, minimum=0)
    info = _builder(data_dir, name, allow_download).info
    features = dict(info.features.items())
    _check_readable(name, info, features)
    shape = _event_shape(name, features["image"].shape, image_size)
    labelled = "label" in features and features["label"].shape == ()
    splits = {split: _split(name, info.splits[split], image_size, shape, labelled) for split in SPLITS if split in info.splits}
    train = splits["train"].array
    return splits, 2 if train is not None and train.max() <= 1 else 256  # binarized_mnist stores 0 and 1


def _builder(data_dir, name, allow_download):
    """Reads what is on disk only, because TFDS's own builders may look for more on the network."""
    import tensorflow_datasets as tfds  # slow, and of no use to the built-in sets

    from_files = tfds.core.read_only_builder.builder_from_files
    try:
        return from_files(name, data_dir=data_dir)
    except ValueError:  # DatasetNotFoundError is one; so is a name that TFDS cannot parse
        _check_known(data_dir, name, tfds.list_builders(with_community_datasets=False))
    manual_dir = data_dir / "downloads" / "manual"
    if not allow_download:
        remedy = f"let TFDS build it with --config.data.allow_download=true (it takes original files from {manual_dir} too)"
        raise config.ConfigError(f"config.data.name: {name} is not in {data_dir / name}; {remedy}, or set --data_dir")
    try:
        tfds.builder(name, data_dir=data_dir).download_and_prepare(
            download_config=tfds.download.DownloadConfig(manual_dir=manual_dir)
        )
        return from_files(name, data_dir=data_dir)
    except Exception as error:  # whatever a set's own builder raises
        reason = str(error).strip().partition("\n")[0]
        raise config.ConfigError(f"config.data.name: TFDS could not build {name} in {data_dir}: {reason}") from error


def _check_known(data_dir, name, known):
    base = name.partition("/")[0]
    if base not in known:
        built_in = [part for part in registry.names("data") if part != "tfds"]
        close = difflib.get_close_matches(base, built_in + known, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        found = f"{name!r} is neither built in ({', '.join(built_in)}) nor in {data_dir} nor a name of TensorFlow Datasets"
        raise config.ConfigError(f"config.data.name: {found}{hint}")


def _check_readable(name, info, features):
    import tensorflow_datasets as tfds

    image = features.get("image")
    if not isinstance(image, tfds.features.Image) or tf.as_dtype(image.dtype) not in (tf.uint8, tf.uint16):
        raise config.ConfigError(f"config.data.name: {name} has no 8- or 16-bit `image`, only {', '.join(features)}")
    if "train" not in info.splits:
        raise config.ConfigError(f"config.data.name: {name} has no train split, only {', '.join(info.splits)}")
    if info.file_format != tfds.core.FileFormat.TFRECORD:
        raise config.ConfigError(f"config.data.name: {name} is stored as {info.file_format.value}; only tfrecord can be read")


def _event_shape(name, stored, image_size):
    channels = 1 if stored[-1] == 1 else 3
    shape = (image_size, image_size, channels) if image_size else (*stored[:2], channels)
    if None in shape:
        raise config.ConfigError(f"config.data.image_size: the images of {name} differ in size; set it to a number of pixels")
    return shape


def _split(name, found, image_size, shape, labelled):
    try:
        if not image_size and found.num_examples * math.prod(shape) <= RESIDENT_BYTES:
            return _in_memory(found, shape, labelled)
        return _on_disk(name, found, image_size, shape)
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).partition("\n")[0]
        raise config.ConfigError(f"config.data.name: {name} is damaged, delete it and build it again: {reason}") from error


def _in_memory(found, shape, labelled):
    """Decodes by TensorFlow, a thousand at a time: 1.5 s for mnist, where Pillow takes 4."""

    def image(encoded):
        return tf.ensure_shape(tf.io.decode_image(encoded, channels=shape[-1], expand_animations=False), shape)

    def decoded(examples):
        features = {"image": tf.string} | ({"label": tf.int64} if labelled else {})
        parsed = tf.io.parse_example(examples, {key: tf.io.FixedLenFeature([], dtype) for key, dtype in features.items()})
        return parsed | {"image": tf.map_fn(image, parsed["image"], fn_output_signature=tf.uint8)}

    examples = tf.data.TFRecordDataset([str(path) for path in found.filepaths])
    batches = list(examples.batch(1000).map(decoded, num_parallel_calls=tf.data.AUTOTUNE).as_numpy_iterator())
    _check_complete(found, sum(len(batch["image"]) for batch in batches))
    arrays = {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0]}
    return Split(arrays["image"], arrays.get("label"))


def _on_disk(name, found, image_size, shape):
    records = Records(found.filepaths)
    _check_complete(found, len(records))

    def read(index):
        features = tf.train.Example.FromString(records.read(index)).features.feature
        encoded = io.BytesIO(features["image"].bytes_list.value[0])
        return pictures.decode(encoded, f"{found.name} image {index} of {name}", image_size, shape[-1])

    source = " ".join(f"{pathlib.Path(path).name} {os.path.getsize(path)}" for path in found.filepaths)
    return Split(read=memory.remembered(read, len(records), shape), size=len(records), source=source.encode())


def _check_complete(found, count):
    if count != found.num_examples:
        raise ValueError(f"its {found.name} split holds {count} of {found.num_examples} examples")
