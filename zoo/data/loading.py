"""From the `data` section of a config to a data set that is ready for training."""

import dataclasses
import functools
import hashlib

import numpy as np

from zoo import config, paths, registry
from zoo.data import faults
from zoo.data.dataset import Dataset
from zoo.data.preprocessing import Preprocessing

_COMMON = {field.name for field in dataclasses.fields(config.Data)}
_PREPROCESSING = _COMMON & {field.name for field in dataclasses.fields(Preprocessing)}
TEST_FRACTION = 0.1  # of the training split, for data that come without a test split


def load_dataset(section, data_dir=None):
    """The data set that a config's `data` section describes.

    A name that is a module of zoo/data with a function `load` is built in, that of a user's own module with such a function
    (my_package.my_data, or my_data in the working directory) is that, and every other name is TensorFlow Datasets' to know. A
    part is

        load(data_dir, *, option=default, ...) -> (splits by name, number of grey levels or 0 for real vectors)

    with a split `train`, whose examples are whole grey levels from 0 on, or finite real vectors (zoo/data/values.py).

    Where a set has no test split, a tenth of its training split is held out as one; where it has no validation split, the
    tail of a fixed permutation of what remains is (`validation_fraction` of it; 0 for none).

    Args:
      section: the checked `config.data`: the fields of zoo.config.Data and the set's own options.
      data_dir: where data sets are looked for; see zoo.paths.of_data.

    Raises:
      zoo.config.ConfigError: one line that says what is missing or wrong, and what to do.
    """
    options = {key: value for key, value in section.items() if key not in _COMMON}
    return assembled(section, *_part(section["name"])(paths.of_data(data_dir), **options))


def assembled(section, splits, levels):
    """The data set of some splits, with what it lacks held out; see load_dataset, of which these are the arguments."""
    if not splits.get("train"):
        found = ", ".join(splits) or "none"
        raise config.ConfigError(f"config.data.name: {section['name']} needs a split train, found {found}")
    fingerprint = _fingerprint(splits)
    # Substitutes come from the same split, so splits are cut first.
    splits = faults.tolerated(
        _with_held_out(section["name"], splits, section["validation_fraction"]), section["max_unreadable"]
    )
    preprocessing = _preprocessing(section, splits["train"].read(0).shape, levels)
    return Dataset(section["name"], splits, preprocessing, fingerprint, dict(section))


def _preprocessing(section, event_shape, levels):
    return Preprocessing(event_shape=event_shape, levels=levels, **{field: section[field] for field in _PREPROCESSING})


def seen_by(data, section):
    """The same examples as another config lets a model see them.

    Args:
      data: a Dataset.
      section: a checked `config.data`; its fields of zoo.data.Preprocessing count.
    """
    preprocessing = _preprocessing(section, data.preprocessing.event_shape, data.preprocessing.levels)
    return Dataset(section["name"], data.splits, preprocessing, data.fingerprint or _fingerprint(data.splits), dict(section))


def own_fields(section):
    """What of a `data` section says which examples these are: the set's name and options, and what is held out."""
    return {key: value for key, value in section.items() if key not in _COMMON or key in ("name", "validation_fraction")}


def _fingerprint(splits):
    """sha256 of the arrays, or of the files' names and sizes where examples are read from disk; 0.1 s for mnist."""
    found = hashlib.sha256()
    for name, split in sorted(splits.items()):
        what = split.source if split.array is None else np.ascontiguousarray(split.array).data
        found.update(f"{name} {split.size} {getattr(split.array, 'dtype', '')}".encode())
        found.update(hashlib.sha256(what).digest())
    return found.hexdigest()


def _part(name):
    if name != "tfds" and registry.has("data", name):
        return registry.find("data", name).load
    return functools.partial(registry.find("data", "tfds").load, name=name)


def _with_held_out(name, splits, validation_fraction):
    splits = dict(splits)
    for split, fraction in (("test", TEST_FRACTION), ("validation", validation_fraction)):
        if split not in splits and fraction:
            splits["train"], splits[split] = _hold_out(name, splits["train"], fraction)
    return splits


def _hold_out(name, split, fraction):
    """(the rest, the tail of a fixed permutation), each in the order it has on disk."""
    held = max(1, round(fraction * split.size))
    if held >= split.size:
        raise config.ConfigError(f"config.data.name: {name} has too few training examples to hold any out: {split.size}")
    permutation = np.random.RandomState(0).permutation(split.size)  # numpy promises that RandomState never changes
    return split.subset(np.sort(permutation[:-held])), split.subset(np.sort(permutation[-held:]))
