"""Data that a program gives: arrays, (x, labels), a finite tf.data.Dataset, or a data set of the zoo."""

import collections.abc

import numpy as np
import tensorflow as tf

from zoo import config
from zoo.changes import changed
from zoo.data import arrays
from zoo.data.batch import IMAGE, LABEL, X
from zoo.data.dataset import Dataset
from zoo.data.loading import assembled, own_fields, seen_by


def from_arrays(train, test=None, labels=None, test_labels=None, levels=0, validation_fraction=0.1):
    """A data set of arrays.

        data = zoo.data.from_arrays(faces)                    # uint8 [n, 28, 20]
        model = zoo.train("vae_digits", "runs/faces", data=data)

    Without a test split a tenth of the training split is held out, by a fixed permutation.

    Args:
      train, test: vectors [n, d], grey images [n, height, width] or images [n, height, width, channels]; what their values
        mean is said in zoo/data/arrays.py. `test` may be None.
      labels, test_labels: whole numbers or words [n], or None.
      levels: number of grey levels; 0: as the values tell (256 for uint8).
      validation_fraction: share of the training split that is held out for validation; 0 for none.

    Raises:
      zoo.config.ConfigError: one line, for what is no examples or no labels.
    """
    examples = {"train": train} | ({} if test is None else {"test": test})
    numbers = {"train": labels, "test": test_labels}
    numbers = {name: given for name, given in numbers.items() if given is not None}
    splits, levels = arrays.of_arrays(examples, numbers, levels)
    section = {"name": "arrays", "levels": levels, "validation_fraction": validation_fraction}
    return assembled(config.experiment(data=section, model={}, training={}).data, splits, levels)


def of(config_given, data):
    """(the config, the data set) of a run on data that are given.

    The config says how the model sees them, and how they are batched; which data they are, the data say.

    Args:
      config_given: an experiment; what its `data` section says of another data set does not count.
      data: an array, (x, labels), {"image": x, "label": labels}, a finite tf.data.Dataset, or a Dataset.

    Raises:
      zoo.config.ConfigError: one line.
    """
    if not isinstance(data, Dataset):
        data = _from(data, config_given.data.validation_fraction)
    section = data.section or {"name": "arrays", "levels": data.preprocessing.levels}
    config_given = changed(config_given, {f"data.{field}": value for field, value in own_fields(section).items()})
    return config_given, seen_by(data, config_given.data)


def _from(data, validation_fraction):
    x, labels = _read(data) if isinstance(data, tf.data.Dataset) else _parts(data)
    return from_arrays(x, labels=labels, validation_fraction=validation_fraction)


def _parts(element):
    """(x, labels or None) of an element."""
    if isinstance(element, collections.abc.Mapping):
        named = [key for key in (X, IMAGE) if key in element]
        if len(named) != 1:
            raise config.ConfigError(f'data: expected a dictionary with "image" (and "label"), found {", ".join(element)}')
        return element[named[0]], element.get(LABEL)
    if isinstance(element, tuple):
        if len(element) != 2:
            raise config.ConfigError(f"data: expected x or (x, labels), found a tuple of {len(element)}")
        return element
    return element, None


def _read(data):
    """(x, labels or None) of a whole tf.data.Dataset, of single examples or of batches, kept in memory."""
    if data.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise config.ConfigError("data: the tf.data.Dataset has no end; take(n) of it")
    x, labels = _parts(data.element_spec)
    if not isinstance(x, tf.TensorSpec):
        raise config.ConfigError(f"data: expected a tf.data.Dataset of tensors, found {x}")
    found = [_parts(element) for element in data.as_numpy_iterator()]
    if not found:
        raise config.ConfigError("data: the tf.data.Dataset has no elements")
    joined = np.concatenate if _batched(x, labels) else np.stack
    try:
        return tuple(joined(parts) if parts[0] is not None else None for parts in zip(*found, strict=True))
    except ValueError as error:
        raise config.ConfigError(f"data: the elements of the tf.data.Dataset do not fit together: {error}") from error


def _batched(x, labels):
    """Whether an element is a batch: told by the labels, or else by what one example may be."""
    if labels is not None:
        return labels.shape.rank != 0
    if x.shape.rank and x.shape[0] is None and None not in x.shape[1:]:
        return True
    if x.shape.rank == 3:
        if x.shape[-1] in (1, 3):
            return False
        raise config.ConfigError(f"data: elements of shape {x.shape} are no images; give [height, width, channels], or batches")
    return x.shape.rank != 1
