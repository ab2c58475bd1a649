"""Any set of TensorFlow Datasets that has an `image`: mnist, binarized_mnist, cifar10, celeb_a, ...

The network is never touched unless allow_download says so. A split whose images are used as they are and take at most 1 GiB is
decoded at the start and kept in memory; of any other each image is read, decoded and cut when it is needed.
"""

import difflib
import functools
import math
import os
import pathlib

import tensorflow as tf
from absl import logging

from zoo import config, paths, registry
from zoo.data import encoded, files, memory, pictures, slices, split_names
from zoo.data.dataset import RESIDENT_BYTES, Split
from zoo.data.records import Records

STORED_AS = ("tfrecord", "array_record")


def load(
    data_dir,
    name,
    *,
    image_size: int = 0,
    image_width: int = 0,
    label: str = "label",
    train: str = "",
    validation: str = "",
    test: str = "",
    allow_download: bool = False,
):
    """Splits of uint8 images, with labels where the set has one whole number an image under this name.

    Its splits may have other names (zoo/data/split_names.py), or be slices of them: train="train[:80%]", test="train[80%:]".
    A warning names those that are not used.

    Args:
      data_dir: TFDS's data_dir.
      name: a TFDS name, with a config if need be: "celeb_a_hq/128".
      image_size, image_width: height and width of the box that is cut from the centre and resized to; width 0 for a square,
        both 0 for the images as they are.
      label: the feature that is the label; one within another as "attributes/Smiling".
      train, validation, test: a split of TFDS, or slices of its splits; "" for what the set calls so.
      allow_download: whether TFDS may download and build a set that is not there.

    Raises:
      zoo.config.ConfigError: an unknown, missing or damaged set, images of different sizes, no train split.
    """
    size = pictures.size(image_size, image_width, minimum=0)
    builder = _builder(data_dir, name, allow_download)
    info, features = builder.info, dict(builder.info.features.items())
    asked = {"train": train, "validation": validation, "test": test}
    theirs = split_names.found(info.splits) | {split: given for split, given in asked.items() if given}
    _check_readable(name, info, features, theirs)
    rows = slices.of(name, info.splits, theirs)
    if unused := [split for split in info.splits if not any(split in parts for parts in rows.values())]:
        logging.warning("%s: %s not used, only %s", name, ", ".join(unused), ", ".join(theirs.values()))
    shape = _event_shape(name, features["image"].shape, size)
    label = label if _labelled(name, features, label) else ""
    whole = functools.cache(lambda split: _split(name, builder, split, size, shape, label))
    splits = {ours: slices.taken(parts, whole) for ours, parts in rows.items()}
    binary = all(split.array is not None and split.array.max() <= 1 for split in splits.values())
    return splits, 2 if binary else 256  # binarized_mnist stores 0 and 1


def _builder(data_dir, name, allow_download):
    """Reads what is on disk only, because TFDS's own builders may look for more on the network."""
    import tensorflow_datasets as tfds  # slow, and of no use to the built-in sets

    from_files = tfds.core.read_only_builder.builder_from_files
    try:
        paths.named(data_dir)
    except ValueError as error:
        raise config.ConfigError(f"config.data.name: {name} is looked for in --data_dir {error}") from error
    _refuse_pipes(data_dir, name.partition("/")[0])
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


def _refuse_pipes(data_dir, base):
    """A pipe among the files would be waited for."""
    for parent, _, names in os.walk(data_dir / base) if base.isidentifier() else ():
        for path in (os.path.join(parent, name) for name in names):
            if os.path.exists(path) and not os.path.isfile(path):
                raise config.ConfigError(f"config.data.name: {files.printable(path)} is no file; remove it")


def _check_readable(name, info, features, splits):
    import tensorflow_datasets as tfds

    image = features.get("image")
    if not isinstance(image, tfds.features.Image) or image.tf_dtype not in (tf.uint8, tf.uint16):
        raise config.ConfigError(f"config.data.name: {name} has no 8- or 16-bit `image`, only {', '.join(features)}")
    if "train" not in splits:
        raise config.ConfigError(f"config.data.name: {name} has no train split, only {', '.join(info.splits)}")
    if info.file_format.value not in STORED_AS:
        stored = f"{name} is stored as {info.file_format.value}, and only {' and '.join(STORED_AS)} can be read"
        raise config.ConfigError(f"config.data.name: {stored}; let TFDS build it again with file_format='tfrecord'")


def _labelled(name, features, label):
    """Whether there is a whole number under this name; one that is asked for by name has to be there."""
    found, *rest = label.split("/")
    feature = features.get(found)
    for part in rest:
        feature = feature[part] if hasattr(feature, "keys") and part in feature else None
    dtype = None if feature is None or feature.shape != () else tf.as_dtype(feature.tf_dtype)
    if dtype is not None and (dtype.is_integer or dtype.is_bool):
        return True
    if label != "label":
        raise config.ConfigError(
            f"config.data.label: {name} has no whole number {label!r} an image, only {', '.join(features)}"
        )
    return False


def _event_shape(name, stored, size):
    channels = 1 if stored[-1] == 1 else 3
    shape = (*size, channels) if size else (*stored[:2], channels)
    if None in shape:
        raise config.ConfigError(f"config.data.image_size: the images of {name} differ in size; set it to a number of pixels")
    return shape


def _split(name, builder, split, size, shape, label):
    found = builder.info.splits[split]
    try:
        records = _records(builder, split)
        if len(records) != found.num_examples:
            raise ValueError(f"its {split} split holds {len(records)} of {found.num_examples} examples")
        if not size and found.num_examples * math.prod(shape) <= RESIDENT_BYTES:
            return Split(*encoded.everything(_as_dataset(builder, found, records), f"{split} image", shape, label))
        records[0]
        return _on_disk(name, found, records, size, shape, label)
    except ImportError as error:
        raise config.ConfigError(
            f"config.data.name: {name} is stored in a format that needs another package: {error}"
        ) from error
    except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
        reason = str(error).partition("\n")[0]
        raise config.ConfigError(f"config.data.name: {name} is damaged, delete it and build it again: {reason}") from error


def _records(builder, split):
    """The records of a split: bytes by index."""
    if builder.info.file_format.value == "tfrecord":
        return Records(builder.info.splits[split].filepaths)
    return builder.as_data_source(split).data_source


def _as_dataset(builder, found, records):
    if builder.info.file_format.value == "tfrecord":
        return tf.data.TFRecordDataset([str(path) for path in found.filepaths])  # compares checksums, too
    return tf.data.Dataset.from_tensor_slices([records[i] for i in range(len(records))])


def _on_disk(name, found, records, size, shape, label):
    def read(index):
        called = f"{found.name} image {index} of {name}"
        try:
            record = records[int(index)]
        except RuntimeError as error:
            raise pictures.UnreadablePicture(called, str(error).partition("\n")[0]) from error
        return encoded.image(record, called, size, shape)

    source = " ".join(f"{pathlib.Path(path).name} {os.path.getsize(path)}" for path in found.filepaths)
    labels = (lambda: encoded.labels([records[i] for i in range(len(records))], label)) if label else None
    read = memory.remembered(read, len(records), shape)
    return Split(labels=labels, read=read, size=len(records), source=source.encode())
