"""Continuous Bernoulli: the Bernoulli formula made a density of values in [0, 1].

    log p(x) = x log q + (1 - x) log(1 - q) + log C(q),     C(q) = 2 artanh(1 - 2 q) / (1 - 2 q),  C(1/2) = 2,  in nats

for each dimension, q = sigmoid(logit). It is what a Bernoulli likelihood of grey levels should be: that one leaves C out and is
no density. q is not the mean, which is q / (2 q - 1) + 1 / (2 artanh(1 - 2 q)). C and the mean are tfp's, which are exact to
rounding at q = 1/2, too. Its samples are not: their gradient is 0 at 1/2 and noise around it, and just above it they exceed 1,
where the density is 0. So samples are made here.

Source: Loaiza-Ganem and Cunningham, "The continuous Bernoulli: fixing a pervasive error in variational autoencoders" (2019).
"""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise

tfd = tfp.distributions


def quantile(uniform, logits):
    """x with P(X <= x) = uniform: log(1 + (e^s - 1) u) / s at logit s, in [0, 1]; differentiable everywhere, at s = 0 too."""
    # Around s = 0 by its series, whose coefficients are the cumulants of a Bernoulli variable of mean u.
    variance = uniform * (1 - uniform)
    skewness, kurtosis = variance * (1 - 2 * uniform), variance * (1 - 6 * variance)
    near = np.finfo(logits.dtype.as_numpy_dtype).eps ** 0.25
    small = tf.clip_by_value(logits, -near, near)
    series = uniform + small * (variance / 2 + small * (skewness / 6 + small * kurtosis / 24))
    # Where e^s has no digits left for the 1 beside it: by its logarithm, before it overflows.
    large = -np.log(np.finfo(logits.dtype.as_numpy_dtype).eps)
    above = tf.maximum(logits, large)
    # The maximum counts where uniform is 0 and e^-s underflows: a probability of about 1e-7, in float32.
    tail = 1 + tf.math.log(tf.maximum(uniform + (1 - uniform) * tf.exp(-above), logits.dtype.as_numpy_dtype(1e-37))) / above
    far = tf.where(tf.abs(logits) > near, tf.minimum(logits, large), 1.0)
    direct = tf.math.log1p(tf.math.expm1(far) * uniform) / far
    return tf.where(tf.abs(logits) > near, tf.where(logits > large, tail, direct), series)


class PathwiseContinuousBernoulli(tfd.ContinuousBernoulli):
    """tfp's, with samples that keep their digits, and their gradient its, near q = 1/2."""

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], tf.shape(self.logits)], 0)
        uniform = noise.standard_uniform(shape, tfp.random.sanitize_seed(seed), self.dtype)
        return quantile(uniform, self.logits)


class ContinuousBernoulli(keras.layers.Layer):
    """Independent continuous Bernoulli variables, in nats; -infinity outside of [0, 1]."""

    SUPPORT = "unit"
    PATHWISE = True
    DENSITY = True

    def __init__(self, event_shape):
        super().__init__()
        self.event_shape = tuple(event_shape)
        self.parameter_shape = self.event_shape

    def distribution(self, parameters):
        """Logits [..., *event_shape] -> a tfd with samples in [0, 1]."""
        made = PathwiseContinuousBernoulli(logits=parameters, dtype=parameters.dtype)
        return tfd.Independent(made, len(self.event_shape))

    def described(self, distribution):
        """What tells a distribution of this family from another: its mean, as `loc`."""
        return {"loc": distribution.mean()}


def conditional(event_shape):
    """Independent continuous Bernoulli variables of the given shape."""
    return ContinuousBernoulli(event_shape)
