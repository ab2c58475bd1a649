"""What `fit` and `evaluate` are given: x alone, (x, y), {"x": x, ...}, or a data set's own batches; the rest is refused."""

import keras
import numpy as np
import tensorflow as tf

from zoo.data.batch import X

TOLERANCE = 1e-3  # of the range: what resizing and rounding leave outside of it


def examples(batch, model, data, seed):
    """x in the model's range, [batch, *event_shape].

    A data set's batch, which knows its split, is decoded. Floats are x already, integers are raw grey levels. Labels y are
    not looked at.

    Args:
      batch: a tensor, a tuple that begins with one, or a dictionary.
      model: a LatentVariableModel.
      data: the zoo.data.Dataset that the model was built for, or None.
      seed: int32 [2], of what decoding draws.

    Raises:
      ValueError: one line, for anything else.
    """
    batch = _of_tuple(batch)
    if isinstance(batch, dict) and X not in batch:
        if data is None:
            raise ValueError(
                f'expected x, (x, y) or {{"x": x}}, found a dictionary of {", ".join(batch)}: name the examples "x"'
            )
        return data.decode(batch, seed)
    x = tf.convert_to_tensor(batch[X] if isinstance(batch, dict) else batch)
    if not x.shape[1:].is_compatible_with(model.event_shape):
        raise ValueError(f"expected x of shape {('batch', *model.event_shape)}, found {tuple(x.shape)}")
    if x.dtype.is_floating:
        return tf.cast(x, keras.config.floatx())
    if model.preprocessing is None or not x.dtype.is_integer:
        raise ValueError(f"expected x of floats in the model's range, found {x.dtype.name}")
    return model.preprocessing(x, seed)


def _of_tuple(batch):
    if not isinstance(batch, tuple):
        return batch
    if len(batch) > 2:
        raise ValueError(
            "expected x or (x, y), found a third part: sample weights have no place in these objectives; leave it out"
        )
    return batch[0]


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
    given = given.get(X) if isinstance(given, dict) else given
    if not isinstance(given, np.ndarray) or given.dtype.kind != "f" or not given.size:
        return
    low = -1.0 if preprocessing.value_range == "symmetric" else 0.0
    least, most = float(np.nanmin(given)), float(np.nanmax(given))
    if least < low - TOLERANCE or most > 1 + TOLERANCE:
        raise ValueError(
            f"expected x in [{low:g}, 1], found values from {least:g} to {most:g}: give uint8 grey levels, or scale them first"
        )
