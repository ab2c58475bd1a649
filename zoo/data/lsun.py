"""LSUN scenes from LSUN's own lmdb folders, CATEGORY_train_lmdb and CATEGORY_val_lmdb, cut and resized to one size.

LSUN's validation split serves as the test split. Its pictures are JPEG or WebP, each under a key. Source: F. Yu et al.
(2015), "LSUN: Construction of a large-scale image dataset using deep learning with humans in the loop", arXiv:1506.03365.
"""

import functools
import io

import lmdb
import numpy as np

from zoo import config, paths
from zoo.data import memory, pictures
from zoo.data.dataset import Split


def load(data_dir, *, folder: str = "lsun", category: str = "bedroom", image_size: int = 64, image_width: int = 0):
    """Splits of uint8 images [image_size, image_width, 3] that are read when needed.

    Args:
      data_dir: where a relative `folder` lies.
      folder: holds the lmdb folders of all categories; relative to data_dir, or absolute.
      category: bedroom, church_outdoor, ...
      image_size, image_width: height and width in pixels; width 0 for a square.
    """
    size = pictures.size(image_size, image_width)
    found = {
        name: data_dir / paths.expanded(folder) / f"{category}_{part}_lmdb"
        for name, part in (("train", "train"), ("test", "val"))
    }
    for path in found.values():
        if not (path / "data.mdb").is_file():
            raise config.ConfigError(f"config.data.folder: there is no {path / 'data.mdb'}; unzip LSUN's {path.name}.zip there")
    return {name: _split(str(path), size) for name, path in found.items()}, 256


@functools.cache
def _environment(path):
    """One environment a path and process, opened when it is first read: lmdb refuses to open a path twice."""
    try:
        return lmdb.open(path, readonly=True, lock=False, readahead=False, meminit=False)
    except lmdb.Error as error:
        raise config.ConfigError(f"config.data.folder: cannot read {path}: {error}") from error


def _keys(path):
    """All keys as a numpy array of bytes: a list of LSUN's 3 million bedrooms would take twice the memory."""
    with _environment(path).begin() as transaction, transaction.cursor() as cursor:
        keys = np.array(list(cursor.iternext(values=False)))
    if not keys.size:
        raise config.ConfigError(f"config.data.folder: {path} holds no images; unzip LSUN's file again")
    return keys


def _split(path, size):
    keys = _keys(path)

    def read(index):
        key = bytes(keys[index])
        with _environment(path).begin() as transaction:
            return pictures.decode(io.BytesIO(transaction.get(key)), f"image {key.decode()} of {path}", size)

    event_shape = (*size, 3)
    return Split(read=memory.remembered(read, len(keys), event_shape), size=len(keys), source=keys.tobytes())
