"""Any folder of pictures, cut and resized to one size: FOLDER/{train,validation,test}/..., or all in one.

The folders directly in FOLDER that hold pictures are its splits if one of them is called `train` and

    - each of them is called like a split (zoo/data/split_names.py: val, dev, eval ..., in any case), or
    - another is called like a held-out split; what lies beside them is left out.

Otherwise they are classes, or anything: a hash of each file's name relative to FOLDER decides its split, about 90% train, 10%
test. Below FOLDER everything is searched, but for names that begin with a dot. Each real file counts once, whatever links and
second names it has: in the test split if it is in several, else in validation. Warnings say what was left out, and why.

Where every picture lies in a folder of a class (the first below that of its split, or below FOLDER), and there are several of
them in the training split and no others in the rest, these are the labels: numbered by their sorted names.
"""

import collections
import hashlib
import os

import numpy as np
from absl import logging

from zoo import config, paths
from zoo.data import files, memory, pictures, split_names
from zoo.data.dataset import Split

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
# Of the names of one file that is in several splits, which one counts: nothing is trained on that is held out.
ORDER = ("test", "validation", "train")


def load(data_dir, *, folder: str, image_size: int, image_width: int = 0, channels: int = 3):
    """Splits of uint8 images [image_size, image_width, channels] that are read when needed; labelled where there are classes.

    Args:
      data_dir: where a relative `folder` lies.
      folder: relative to data_dir, or absolute.
      image_size, image_width: height and width in pixels; width 0 for a square.
      channels: 3 for colour, 1 for grey.

    Raises:
      zoo.config.ConfigError: for a folder that is not there, without training images, or with two folders for one split.
    """
    size = pictures.size(image_size, image_width)
    if channels not in (1, 3):
        raise config.ConfigError(f"config.data.channels: must be 1 (grey) or 3 (colour), found {channels}")
    folder = data_dir / paths.expanded(folder)
    found = _files_of_splits(folder)
    labels = _labels({split: [file.name for file in files] for split, files in found.items()})
    return {name: _split(folder, files, labels.get(name), size, channels) for name, files in found.items()}, 256


def _files_of_splits(folder):
    """{split: list of File}, without those that are empty."""
    if not folder.is_dir():
        _refuse(f"there is no folder {files.printable(folder)}; give a path relative to --data_dir, or absolute")
    found = files.below(folder, lambda name: name.lower().endswith(SUFFIXES), _order)
    split_of = _by_folder(folder, found) or _by_hash
    files.warn(folder, "beside the splits' folders", [file.name for file in found if not split_of(file)])
    splits = {name: [file for file in found if split_of(file) == name] for name in reversed(ORDER)}
    if not splits["train"]:
        _refuse(f"no training images in {files.printable(folder)}; it needs files {', '.join(SUFFIXES)}")
    return {name: chosen for name, chosen in splits.items() if chosen}


def _labels(found):
    """{split: int64 [n]} of {split: names of its files}; {} where folders tell no classes."""
    if all(split_names.ours(_top(name)) == split for split, names in found.items() for name in names):
        found = {split: [name.partition(os.sep)[2] for name in names] for split, names in found.items()}
    classes = {split: [_top(name) for name in names] for split, names in found.items()}
    names = sorted(set(classes["train"]))
    known = {name for found in classes.values() for name in found}
    if len(names) < 2 or "" in known or known != set(names):
        return {}
    return {split: np.searchsorted(names, found) for split, found in classes.items()}


def _order(name):
    split = split_names.ours(_top(name))
    return ORDER.index(split) if split else len(ORDER)


def _refuse(reason):
    raise config.ConfigError(f"config.data.folder: {reason}")


def _by_hash(file):
    # 26 / 256 is about a tenth.
    return "test" if hashlib.sha256(os.fsencode(file.name)).digest()[0] < 26 else "train"


def _by_folder(folder, found):
    """What gives the split of a file by the folder it is in, None for what lies beside them; None if that tells no splits."""
    tops = sorted({_top(file.name) for file in found} - {""})
    named = collections.defaultdict(list)
    for top in tops:
        named[split_names.ours(top)].append(top)
    others = named.pop(None, [])
    if not named or (others and not ("train" in named and len(named) > 1)):
        _warn_of_classes(folder, named, others)
        return None
    here = files.printable(folder)
    for split, names in named.items():
        if len(names) > 1:
            _refuse(f"{' and '.join(map(files.printable, names))} in {here} are both called like a {split} split; rename one")
    if "train" not in named:
        _refuse(f"{here} has a folder {files.printable(tops[0])}, but none called train; rename the training images' folder")
    return lambda file: split_names.ours(_top(file.name))


def _warn_of_classes(folder, named, others):
    if named:
        splits = ", ".join(name for names in named.values() for name in names)
        told = "%s: %s is read like the other folders (%s ...), and not as a split: the name alone is no sign of one"
        logging.warning(told, files.printable(folder), splits, files.printable(others[0]))


def _top(name):
    """The first folder on the way to a file; "" for a file directly in the folder."""
    return name.partition(os.sep)[0] if os.sep in name else ""


def _split(folder, found, labels, size, channels):
    paths = [os.path.join(folder, file.name) for file in found]

    def read(index):
        return pictures.decode(paths[index], files.printable(paths[index]), size, channels)

    event_shape = (*size, channels)
    source = "\n".join(f"{file.name} {file.size}" for file in found)
    read = memory.remembered(read, len(paths), event_shape)
    return Split(labels=labels, read=read, size=len(paths), source=os.fsencode(source))
