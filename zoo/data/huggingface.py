"""A Hugging Face dataset on disk, as `dataset.save_to_disk(folder)` writes it: pictures, or arrays of numbers.

Needs the package `datasets`: pip install "symmetric-zoo[huggingface]". Nothing is downloaded.
"""

import io
import pathlib

import numpy as np
from PIL import Image

from zoo import config, paths
from zoo.data import arrays, pictures, split_names
from zoo.data.dataset import Split
from zoo.data.memory import remembered

LEVELS = 256
GREY = ("1", "L", "LA")  # of Pillow's modes, beside those of 16 bits


def load(data_dir, *, folder: str, image: str = "", label: str = ""):
    """Splits of a saved dataset.

    Pictures are read one at a time, with one channel if the first is grey, else with three; they must have one size. What the
    values of arrays and labels mean is said in zoo/data/arrays.py: words are numbered.

    Args:
      data_dir: where a relative `folder` lies.
      folder: what `save_to_disk` has written, of one dataset (the split train) or of several by name.
      image: the column of the examples; "": the one called image, or the only one with pictures.
      label: the column of the labels; "": the one called label, if there is one.

    Raises:
      zoo.config.ConfigError: one line.
    """
    found = _read(data_dir / paths.expanded(folder))
    first = next(iter(found.values()))
    image = _column("image", image, first, [name for name, kind in first.features.items() if _is_picture(kind)])
    label = _column("label", label, first, []) if label or "label" in first.column_names else ""
    labels = {name: _labels(split, label) for name, split in found.items()} if label else {}
    numbers = arrays.numbered(labels, found)
    if not _is_picture(first.features[image]):
        examples = {name: np.asarray(split.with_format("numpy")[image][:]) for name, split in found.items()}
        return arrays.of_arrays(examples, labels, 0)
    return {name: _of_pictures(split, image, numbers.get(name)) for name, split in found.items()}, LEVELS


def _refuse(field, reason):
    raise config.ConfigError(f"config.data.{field}: {reason}")


def _read(folder):
    """{our split: a datasets.Dataset}."""
    try:
        import datasets  # an extra
    except ImportError as error:
        raise config.ConfigError(
            'config.data.name: huggingface needs the package datasets: pip install "symmetric-zoo[huggingface]"'
        ) from error
    if not folder.is_dir():
        _refuse("folder", f"there is no folder {folder}; give what dataset.save_to_disk has written")
    try:
        found = datasets.load_from_disk(str(folder))
    except Exception as error:  # of several libraries
        _refuse("folder", f"{folder} is no dataset of save_to_disk: {str(error).partition(chr(10))[0]}")
    if not isinstance(found, dict):
        return {"train": found}
    named = {split_names.ours(name): split for name, split in found.items()}
    if "train" not in named:
        _refuse("folder", f"{folder} has no split train, but {', '.join(found)}")
    return {name: split for name, split in named.items() if name}


def _is_picture(feature):
    return type(feature).__name__ == "Image"


def _column(field, asked, split, candidates):
    name = asked or (field if field in split.column_names or len(candidates) != 1 else candidates[0])
    if name not in split.column_names:
        _refuse(field, f"there is no column {name!r}; choose from {', '.join(split.column_names)}")
    return name


def _labels(split, column):
    return np.asarray(split.with_format("numpy")[column][:])


def _of_pictures(split, column, labels):
    stored = split.cast_column(column, type(split.features[column])(decode=False))  # zoo.data.pictures decodes

    def opened(index):
        name = f"picture {index} of column {column}"
        return _file(stored[int(index)][column], name), name

    try:
        with Image.open(opened(0)[0], formats=pictures.FORMATS) as first:
            channels = 1 if first.mode in GREY or first.mode.startswith("I") else 3
        shape = pictures.decode(*opened(0), channels=channels).shape
    except (pictures.UnreadablePicture, OSError) as error:
        _refuse("image", f"the first picture says what all are, and it cannot be read: {error}")

    def read(index):
        pixels = pictures.decode(*opened(index), channels=channels)
        if pixels.shape != shape:
            raise ValueError(f"picture {index} has shape {pixels.shape}, and the first has {shape}: all must have one size")
        return pixels

    files = [pathlib.Path(file["filename"]) for file in split.cache_files]
    source = "".join(f"{file.name} {file.stat().st_size} " for file in files).encode()
    return Split(labels=labels, read=remembered(read, len(split), shape), size=len(split), source=source)


def _file(picture, name):
    """What a picture can be opened by: a path, or a file in memory."""
    if picture and picture["bytes"]:
        return io.BytesIO(picture["bytes"])
    if picture and picture["path"]:
        return picture["path"]
    raise pictures.UnreadablePicture(name, "there is none")
