"""The standard normal prior N(0, I)."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.distributions.normal import FastNormal

tfd = tfp.distributions


class StandardNormal(keras.layers.Layer):
    """P(z) = N(0, I): log P(z) = -(|z|^2 + d log(2 pi)) / 2 nats; entropy d (1 + log(2 pi)) / 2."""

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = True

    def __init__(self, event_shape):
        super().__init__()
        self.event_shape = tuple(event_shape)

    def distribution(self):
        """A tfd with event `event_shape` and no batch."""
        zeros = tf.zeros(self.event_shape, keras.config.floatx())
        return tfd.Independent(FastNormal(zeros, tf.ones_like(zeros)), len(self.event_shape))

    def normals(self):
        """The one that it is made of, as zoo/distributions/__init__.py has it."""
        size, dtype = self.event_shape[-1], keras.config.floatx()
        return tf.ones([1], dtype), tf.zeros([1, size], dtype), tf.eye(size, batch_shape=[1], dtype=dtype)


def prior(event_shape):
    """N(0, I) over codes of the given shape."""
    return StandardNormal(event_shape)
