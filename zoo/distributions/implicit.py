"""Implicit distribution: a network of features and noise, which can be sampled and not scored.

    z = g(h, e),  e ~ N(0, I)          h = the encoder's features of x

The posterior of adversarial variational Bayes and of adversarial autoencoders: any shape of Q(z|x), no log Q(z|x). Samples are
pathwise. Where one value is asked for in place of a distribution (reconstructions), it is g(h, 0).

Source: Mescheder, Nowozin and Geiger, "Adversarial Variational Bayes" (2017), section 3.1.
"""

import math

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.networks import mlp

tfd = tfp.distributions


class Pushforward(tfd.Distribution):
    """What becomes of standard normal noise under a function; it has samples and no log_prob.

    Args:
      features: [..., feature_size].
      network: of [n, feature_size + noise_size] -> [n, *event_shape].
      noise_size: how many normal numbers go into a sample.
      event_shape: of a sample.
    """

    def __init__(self, features, network, noise_size, event_shape):
        parameters = dict(locals())
        super().__init__(
            dtype=features.dtype,
            reparameterization_type=tfd.FULLY_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name="Pushforward",
        )
        self.features, self.network, self.noise_size, self.size = features, network, noise_size, tuple(event_shape)

    def _event_shape(self):
        return tf.TensorShape(self.size)

    def _batch_shape(self):
        return self.features.shape[:-1]

    def _batch_shape_tensor(self):
        return tf.shape(self.features)[:-1]

    def _through(self, e):
        """Noise e [..., batch, noise_size] -> [..., batch, *event_shape]."""
        leading = tf.shape(e)[:-1]
        features = tf.broadcast_to(self.features, tf.concat([leading, self.features.shape[-1:]], 0))
        inputs = tf.concat([features, e], -1)
        outputs = self.network(tf.reshape(inputs, [-1, inputs.shape[-1]]))
        return tf.reshape(outputs, tf.concat([leading, self.event_shape_tensor()], 0))

    def _sample_n(self, n, seed):
        shape = tf.concat([[n], self.batch_shape_tensor(), [self.noise_size]], 0)
        return self._through(noise.standard_normal(shape, tfp.random.sanitize_seed(seed), self.dtype))

    def _mode(self):
        """The sample at noise 0."""
        return self._through(tf.zeros(tf.concat([self.batch_shape_tensor(), [self.noise_size]], 0), self.dtype))


class Implicit(keras.layers.Layer):
    """g(h, e) with a dense network g of its own."""

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = False

    def __init__(self, event_shape, feature_size, noise_size, hidden_sizes):
        super().__init__()
        self.event_shape = tuple(event_shape)
        self.noise_size = noise_size
        self.parameter_shape = (feature_size,)
        self.network = mlp.build((feature_size + noise_size,), self.event_shape, hidden_sizes=hidden_sizes)

    def distribution(self, parameters):
        """Features [..., feature_size] -> a tfd with event `event_shape`, without log_prob."""
        return Pushforward(parameters, self.network, self.noise_size, self.event_shape)

    def described(self, distribution):
        """Nothing: no numbers say what it is."""
        return {}


def conditional(event_shape, *, feature_size: int = 256, noise_size: int = 0, hidden_sizes: tuple = (256,)):
    """An implicit distribution.

    Args:
      event_shape: of one code.
      feature_size: numbers that the encoder outputs for each x.
      noise_size: of e; 0 for as many as a code has, with which g can reach all of the space of codes.
      hidden_sizes: of g.

    Raises:
      ValueError: for sizes that are not positive.
    """
    noise_size = noise_size or math.prod(event_shape)
    if feature_size < 1 or noise_size < 1 or any(size < 1 for size in hidden_sizes):
        raise ValueError(
            "implicit: feature_size, noise_size and hidden_sizes must be positive, "
            f"found {feature_size}, {noise_size} and {tuple(hidden_sizes)}"
        )
    return Implicit(event_shape, feature_size, noise_size, hidden_sizes)
