"""Denoising score matching: the gradient of the data's log-density at one noise level, and nothing adversarial.

    loss    E over Q(x), e ~ N(0, I) of  |sigma s(x + sigma e) + e|^2

is least where s(x) = grad_x log Q_sigma(x), Q_sigma the data with normal noise of standard deviation sigma. The sleep phase
needs no more of log Q(x) than this gradient. So the value is a surrogate,

    sum over dimensions of  stop_gradient(s(x)) x,

whose gradient with respect to x is s(x); the value itself means nothing, and neither does an objective's value with it.
The model's samples have no part in the training: far from the data s is whatever the network makes of it.

Source: Vincent, "A Connection between Score Matching and Denoising Autoencoders" (2011), equation 11, times sigma^2.
"""

import keras
import tensorflow as tf

from zoo import noise, registry

STANDS_IN_FOR = ("log_q_x",)


class ScoreMatching(keras.layers.Layer):
    """grad log Q_sigma(x). What the network puts out is sigma times that, which is of the order of 1 at any noise level."""

    KIND = "gradient"
    TERMS = ("loss",)

    def __init__(self, network, sigma):
        super().__init__()
        self.network = network
        self.sigma = sigma

    def score(self, x, training=True):
        """The gradient of log Q_sigma at x, in the shape of x."""
        return self.network(x, training=training) / self.sigma

    def value(self, at):
        """[batch] numbers whose gradient with respect to x is the score; they mean nothing themselves."""
        return _sum(tf.stop_gradient(self.score(at.x, at.training)) * at.x)

    def losses(self, high, low, seed):
        """The squared error of the score, in units of 1/sigma, [batch]."""
        e = noise.normal(tf.shape(high.x), seed, high.x.dtype, high.part)
        return {"loss": _sum(tf.square(self.sigma * self.score(high.x + self.sigma * e) + e))}

    def constrain(self):
        """Nothing has to be done to the weights after an update."""


def _sum(values):
    return tf.reduce_sum(tf.reshape(values, [tf.shape(values)[0], -1]), axis=1)


def build(shapes, *, network: dict, sigma: float = 0.1):
    """The score of x.

    Args:
      shapes: {"x": event_shape}.
      network: the part that maps x to its own shape.
      sigma: the noise level, in units of x.

    Raises:
      ValueError: for a noise level that is not positive.
    """
    if not sigma > 0:
        raise ValueError(f"score_matching: sigma must be above 0, found {sigma}")
    return ScoreMatching(registry.make("network", network, shapes["x"], shapes["x"]), sigma)
