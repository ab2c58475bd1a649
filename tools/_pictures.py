"""What the tools for pictures of one's own share: which model, which pictures, and how these become examples of the model."""

import os
import sys

import numpy as np
from absl import flags
from PIL import Image

import zoo
from zoo import noise, paths
from zoo.data import files
from zoo.data import pictures as decoding
from zoo.data.image_folder import SUFFIXES
from zoo.evaluation import waiting
from zoo.evaluation.exported import Exported
from zoo.models import conditional
from zoo.training.workdir import restore

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of a run.")
MODEL = flags.DEFINE_string("model", None, "Name or folder that zoo.load takes, in place of a run.")
PICTURES = flags.DEFINE_list("pictures", None, "Picture files, and folders of them, with commas between.")
INVERT = flags.DEFINE_bool("invert", False, "Pictures are dark on light and the model's light on dark, or the other way round.")
LABEL = flags.DEFINE_integer("label", None, "Of which class, for a class-conditional model.", lower_bound=0)
SEED = flags.DEFINE_integer("seed", 0, "Of the draws.", lower_bound=0, upper_bound=2**31 - 1)


def model():
    """The model that the flags name, in the class that they name; a zoo.evaluation.subject.Subject of pictures."""
    if bool(WORKDIR.value) == bool(MODEL.value):
        raise ValueError("give either --workdir, the folder of a run, or --model, a name or folder that zoo.load takes")
    found = restore(WORKDIR.value)[0] if WORKDIR.value else Exported(zoo.load(MODEL.value))
    return of_pictures(found)


def of_pictures(found):
    """A model at --label, if it makes pictures.

    Raises:
      ValueError: one line, for one of something else, or a label that does not fit.
    """
    shape = tuple(found.event_shape)
    if len(shape) != 3 or shape[-1] not in (1, 3):
        raise ValueError(f"{WORKDIR.value or MODEL.value} is no model of pictures: one of its examples has shape {shape}")
    classes = conditional.classes(found)
    if classes and LABEL.value is None:
        raise ValueError(f"the model is of {classes} classes: give --label, from 0 to {classes - 1}")
    if LABEL.value is not None and not classes:
        raise ValueError("--label: the model has no classes; leave it out")
    return found.given(LABEL.value) if classes else found


def named():
    """{name: path} of the pictures that --pictures names; those of a folder by their names below it.

    Raises:
      ValueError: one line, for what is not there, or a folder without pictures.
    """
    found = {}
    for given in PICTURES.value or []:
        path = paths.expanded(given)
        if path.is_dir():
            inside = files.below(path, lambda name: name.lower().endswith(SUFFIXES), lambda name: 0)
            if not inside:
                raise ValueError(f"--pictures {given}: the folder holds no pictures ({', '.join(SUFFIXES)})")
            found |= {file.name: path / file.name for file in inside}
        elif path.exists():
            found[os.fspath(given)] = path
        else:
            raise ValueError(f"--pictures {given}: there is no such file or folder")
    return found


def examples(chosen, subject, preprocessing):
    """Pictures as the model sees its data, float32 [n, *event_shape]: cut and resized to its size, in its range.

    Args:
      chosen: {name: path}.
      subject: the model.
      preprocessing: of its data; None: images in [0, 1].
    """
    height, width, channels = subject.event_shape
    with waiting.task(f"reading {len(chosen)} pictures"):
        decoded = [
            decoding.decode(path, name, (height, width), channels) for name, path in waiting.counted(list(chosen.items()))
        ]
    _tell_resized(chosen, height, width)
    pixels = np.stack(decoded).astype(np.float32) / 255
    unit = 1 - pixels if INVERT.value else pixels
    if preprocessing is None or not preprocessing.levels:
        return unit
    levels = np.round(unit * (preprocessing.levels - 1))
    return preprocessing(levels, noise.seed_for(SEED.value, 0, "pictures")).numpy()


def _tell_resized(chosen, height, width):
    others = sum(_size(path) != (width, height) for path in chosen.values())
    if others:
        told = f"{others} of {len(chosen)} pictures have another size than the model's {height}x{width}"
        print(f"{told}: cut at the centre and resized", file=sys.stderr)


def _size(path):
    with Image.open(path, formats=decoding.FORMATS) as picture:
        return picture.size


def shown(subject, x):
    """Examples as images in [0, 1]."""
    preprocessing = subject.preprocessing
    return np.asarray(preprocessing.to_unit(x) if preprocessing else x)


def png(flag):
    """The path of the picture that a flag asks for.

    Raises:
      ValueError: one line, for another kind of file, or no folder to put it in.
    """
    path = paths.to_write(flag.value, flag.name)
    if path.suffix.lower() != ".png":
        raise ValueError(f"--{flag.name} {path}: the picture is a PNG; give a name that ends in .png")
    return path
