"""Any folder of pictures, cut and resized to squares: FOLDER/{train,validation,test}/..., or all in one.

Without a folder `train`, a hash of each file's relative name decides its split: about 90% train, 10% test.
"""

import hashlib
import os
import pathlib

from zoo import config
from zoo.data import memory, pictures
from zoo.data.dataset import Split

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")


def load(data_dir, *, folder: str, image_size: int, channels: int = 3):
    """Splits of uint8 images [image_size, image_size, channels] that are read when needed.

    Args:
      data_dir: where a relative `folder` lies.
      folder: relative to data_dir, or absolute.
      image_size: side in pixels.
      channels: 3 for colour, 1 for grey.
    """
    pictures.check_size(image_size)
    if channels not in (1, 3):
        raise config.ConfigError(f"config.data.channels: must be 1 (grey) or 3 (colour), found {channels}")
    folder = data_dir / os.path.expanduser(folder)
    files = _files_of_splits(folder)
    return {name: _split(folder, files[name], image_size, channels) for name in files}, 256


def _files_of_splits(folder):
    if not folder.is_dir():
        raise config.ConfigError(
            f"config.data.folder: there is no folder {folder}; give a path relative to --data_dir, or absolute"
        )
    if (folder / "train").is_dir():
        files = {name: _files(folder / name) for name in ("train", "validation", "test")}
    else:
        files = {"train": [], "test": []}
        for path in _files(folder):
            files["test" if _is_test(path.relative_to(folder)) else "train"].append(path)
    if not files["train"]:
        raise config.ConfigError(f"config.data.folder: no training images in {folder}; it needs files {', '.join(SUFFIXES)}")
    return {name: paths for name, paths in files.items() if paths}


def _files(folder):
    """All pictures below a folder, sorted, so that an index means the same file on every machine."""
    found = (pathlib.Path(parent, name) for parent, _, names in os.walk(folder, followlinks=True) for name in names)
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES and not path.name.startswith("."))


def _is_test(relative):
    return hashlib.sha256(relative.as_posix().encode()).digest()[0] < 26  # 26 / 256 is about a tenth


def _split(folder, files, image_size, channels):
    def read(index):
        return pictures.decode(files[index], files[index], image_size, channels)

    event_shape = (image_size, image_size, channels)
    source = "\n".join(f"{path.relative_to(folder)} {path.stat().st_size}" for path in files)
    return Split(read=memory.remembered(read, len(files), event_shape), size=len(files), source=os.fsencode(source))
