"""A step whose batch is taken in parts: gradients are summed over the parts, then each network has its one update.

The update is that of the whole batch, up to the order of the sums: the noise of an example goes with its position in the
global batch (zoo/noise.py). Under XLA, whose random numbers depend on the shape that is drawn, it is so but for other noise.
Memory for activations is that of one part; samples are drawn and networks passed once more for
each step of a critic, and the noise of the global batch is drawn for each part.
"""

import keras
import tensorflow as tf

from zoo import private_api, replicas
from zoo.config import ConfigError
from zoo.networks.normalization import SpectrallyNormalized

# What of a network depends on the whole batch, or changes with every pass.
OF_THE_WHOLE_BATCH = (keras.layers.BatchNormalization, SpectrallyNormalized)


def check_parts(model, objective, config):
    """Refuses a model whose update by parts would not be that of the whole batch.

    Raises:
      ConfigError: one line, with the reason.
    """
    parts, size = config.training.micro_batches, config.data.batch_size // replicas.count()
    if parts == 1:
        return
    if size % parts:
        raise ConfigError(f"config.training.micro_batches: {parts} equal parts cannot be made of a replica's {size} examples")
    for part in model.named_parts().values():
        if any(isinstance(layer, OF_THE_WHOLE_BATCH) for layer in private_api.layers(part)):
            _refuse("normalization batch and spectral")
    for name, part in model.approximators.items():
        if getattr(part, "OF_THE_WHOLE_BATCH", False):
            _refuse(f"approximator {config.model.approximators[name].name}")


def _refuse(what):
    raise ConfigError(
        f"config.training.micro_batches: {what} depends on the whole batch, or on how often it is seen; set it to 1"
    )


def total(function, x, parts):
    """The sum over the parts of a batch of `function(x, part)`, a nest of this replica's shares of means over the GLOBAL batch.

    Args:
      function: called with a part [batch / parts, ...] and which it is, a zoo.replicas.Part.
      x: [batch, ...], or a nest of such.
      parts: their number.
    """
    split = tf.nest.map_structure(lambda rows: _split(rows, parts), x)

    def of(index):
        own = tf.nest.map_structure(lambda rows: rows[index], split)
        return tf.nest.map_structure(tf.convert_to_tensor, function(own, replicas.Part(index, parts)))

    def body(index, sums):
        return index + 1, tf.nest.map_structure(tf.add, sums, of(index))

    return tf.while_loop(lambda index, _: index < parts, body, (tf.constant(1), of(tf.constant(0))), parallel_iterations=1)[1]


def _split(rows, parts):
    return tf.reshape(rows, [parts, -1 if rows.shape[0] is None else rows.shape[0] // parts, *rows.shape[1:]])
