"""What `fit` and `evaluate` are given: x alone, (x, y), {"image": x, ...}, or a data set's own batches; else one line."""

import keras
import numpy as np
import tensorflow as tf

from zoo.data.batch import IMAGE, LABEL, X
from zoo.models import conditional

TOLERANCE = 1e-3  # of the range: what resizing and rounding leave outside of it


def labelled(batch, model, data, seed, augmented=lambda x, seed: x):
    """x of a batch; of a class-conditional model a Labelled, x with its labels.

    Args:
      batch, model, data: see `examples`.
      seed: word -> seed; "data" and "augmentation" are drawn from.
      augmented: (x, seed) -> x.

    Raises:
      ValueError: one line, for what `examples` refuses, or missing labels.
    """
    x = augmented(examples(batch, model, data, seed("data")), seed("augmentation"))
    classes = conditional.classes(model)
    return conditional.Labelled(x, conditional.checked(_label(batch), classes, x.shape[0])) if classes else x


def _label(batch):
    batch = batch[0] | {LABEL: batch[1]} if _is_pair(batch) and isinstance(batch[0], dict) else batch
    if _is_pair(batch):
        return batch[1]
    batch = batch[0] if isinstance(batch, tuple) else batch
    if isinstance(batch, dict) and LABEL in batch:
        return batch[LABEL]
    raise ValueError(
        'this model is class-conditional: give (x, labels), {"image": x, "label": labels}, or batches(..., labels=True)'
    )


def _is_pair(batch):
    return isinstance(batch, tuple) and len(batch) == 2


def examples(batch, model, data, seed):
    """x in the model's range, [batch, *event_shape].

    A data set's batch, which knows its split, is decoded. Floats are x already, integers are raw grey levels. Labels y are
    not looked at.

    Args:
      batch: a tensor, a tuple that begins with one, or a dictionary. Grey images may lack the axis of their channel.
      model: a LatentVariableModel.
      data: the zoo.data.Dataset that the model was built for, or None.
      seed: int32 [2], of what decoding draws.

    Raises:
      ValueError: one line, for anything else.
    """
    batch = _named(_of_tuple(batch))
    if isinstance(batch, dict):
        if data is None:
            raise ValueError(
                f'expected x, (x, y) or {{"image": x}}, found a dictionary of {", ".join(batch)}: name the examples "image"'
            )
        return data.decode(batch, seed)
    x = tf.convert_to_tensor(batch)
    if model.event_shape[-1:] == (1,) and x.shape.rank == len(model.event_shape):
        x = x[..., tf.newaxis]  # grey images, without the axis of their one channel
    if not x.shape[1:].is_compatible_with(model.event_shape):
        raise ValueError(f"expected x of shape {('batch', *model.event_shape)}, found {tuple(x.shape)}")
    if x.dtype.is_floating:
        return tf.cast(x, keras.config.floatx())
    if model.preprocessing is None or not x.dtype.is_integer:
        raise ValueError(f"expected x of floats in the model's range, found {x.dtype.name}")
    if hasattr(x, "numpy"):
        _check_levels(x.numpy(), model.preprocessing.levels)
    return model.preprocessing(x, seed)


def _of_tuple(batch):
    if not isinstance(batch, tuple):
        return batch
    if len(batch) > 2:
        raise ValueError(
            "expected x or (x, y), found a third part: sample weights have no place in these objectives; leave it out, and "
            "repeat the examples that should count more"
        )
    return batch[0]


def _named(batch):
    """The examples of a dictionary that names them; anything else as it is."""
    named = [key for key in (X, IMAGE) if isinstance(batch, dict) and key in batch]
    return batch[named[0]] if named else batch


def check_labels(labels, model):
    """Refuses labels that a class-conditional model cannot be told, where they are an array; raises ValueError."""
    if isinstance(labels, np.ndarray) and (classes := conditional.classes(model)):
        conditional.checked(labels, classes)


def check_weights(options):
    """Refuses weights of examples and of classes among what `fit` or `evaluate` is given; raises ValueError."""
    for name in ("sample_weight", "class_weight"):
        if options.get(name) is not None:
            raise ValueError(
                f"{name} has no place in these objectives; leave it out, and repeat the examples that should count more"
            )


def check_extent(given, steps, name):
    """Refuses data without an example, and data without end and without a number of steps; `name` is the argument of that.

    An empty array, or a tf.data.Dataset that is known to be empty: of one that is not, Keras says that it ran out of data.
    """
    if isinstance(given, tf.data.Dataset):
        empty = given.cardinality() == 0
    else:
        empty = tuple(getattr(_named(_of_tuple(given)), "shape", ()))[:1] == (0,)
    if empty:
        raise ValueError("the data are empty: give one example at least")
    if isinstance(given, tf.data.Dataset) and steps is None and given.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(f"the data have no end: say by {name}= how many batches of them to take")


def check_range(given, preprocessing):
    """Refuses x outside of the model's range, as far as the first batch tells.

    Args:
      given: what `fit` or `evaluate` got: an array, a tf.data.Dataset, or anything else, which passes.
      preprocessing: of the model, or None.

    Raises:
      ValueError: one line.
    """
    if preprocessing is None or not preprocessing.levels:
        return
    if isinstance(given, tf.data.Dataset):
        given = _of_tuple(next(iter(given.take(1).as_numpy_iterator()), None))
    given = _named(_of_tuple(given))
    if not isinstance(given, np.ndarray) or not given.size:
        return
    if given.dtype.kind in "iu":
        _check_levels(given, preprocessing.levels)
    if given.dtype.kind != "f":
        return
    low = -1.0 if preprocessing.value_range == "symmetric" else 0.0
    least, most = float(np.nanmin(given)), float(np.nanmax(given))
    if least < low - TOLERANCE or most > 1 + TOLERANCE:
        raise ValueError(
            f"expected x in [{low:g}, 1], found values from {least:g} to {most:g}: give uint8 grey levels, or scale them first"
        )


def _check_levels(raw, levels):
    """Refuses whole grey levels that the model does not have; raises ValueError."""
    if levels and raw.size and not 0 <= raw.min() <= raw.max() < levels:
        raise ValueError(
            f"expected grey levels from 0 to {levels - 1}, found {raw.min()} to {raw.max()}: give floats in the model's "
            "range, or levels as it was trained on"
        )
