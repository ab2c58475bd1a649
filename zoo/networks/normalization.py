"""The normalizations a network can choose, and what follows from the choice."""

import keras
import tensorflow as tf


def _batch():
    # Statistics over the global batch: otherwise two replicas are not the same model as one.
    return keras.layers.BatchNormalization(synchronized=tf.distribute.get_strategy().num_replicas_in_sync > 1)


_LAYERS = {"none": None, "batch": _batch, "layer": keras.layers.LayerNormalization}


def normalized(layer, name, **arguments):
    """A layer class followed by a normalization, as a list of layers.

    A bias that stands before a normalization is removed by it: its true gradient is 0 and Adam turns the rounding noise of
    that 0 into steps of full size. So such a layer has none.

    Args:
      layer: a Keras layer class that takes `use_bias`.
      name: batch, layer or none.
      **arguments: for the layer.

    Raises:
      ValueError: for another name.
    """
    if name not in _LAYERS:
        raise ValueError(f"unknown normalization {name!r}; choose from {', '.join(_LAYERS)}")
    make = _LAYERS[name]
    return [layer(use_bias=make is None, **arguments)] + ([make()] if make else [])
