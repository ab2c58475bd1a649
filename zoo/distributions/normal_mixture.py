"""The tfd of a mixture of diagonal normals, for hundreds of components: log_prob by matrix products."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.distributions.normal import FastNormal

tfd = tfp.distributions


class Categorical(tfd.Categorical):
    """tfp's, without batch; the samples are made of the project's own noise, by the inverse of the distribution function."""

    def _sample_n(self, n, seed=None):
        reached = tf.cumsum(tf.nn.softmax(self.logits_parameter()))
        uniform = noise.standard_uniform([n], tfp.random.sanitize_seed(seed), reached.dtype)
        # Scaled, because the last of the sums is 1 up to rounding only.
        found = tf.searchsorted(reached, uniform * reached[-1], side="right")
        return tf.cast(tf.minimum(found, reached.shape[0] - 1), self.dtype)


class WithoutBatch(tfd.Distribution):
    """What mixtures have in common whose means are `loc` [K, d]: no batch, and events [d]."""

    def _event_shape(self):
        return self.loc.shape[1:]

    def _batch_shape(self):
        return tf.TensorShape([])

    def _batch_shape_tensor(self):
        return tf.constant([], tf.int32)


class NormalMixture(WithoutBatch):
    """sum over k of w_k N(z; loc_k, diag(scale_k^2)), without batch.

    log_prob needs [..., K] numbers and not [..., K, d], since the square is expanded:

        sum over d of (z - loc)^2 / scale^2  =  z^2 . 1/scale^2  -  2 z . loc/scale^2  +  sum of loc^2 / scale^2

    Its terms are (loc/scale)^2 large and cancel, where z is near a component, down to about d: it is done in float64, which
    leaves an error of 1e-16 (loc/scale)^2. Samples are drawn by ancestry: the gradient of a sample passes to loc and scale of
    the component that was chosen, and not to the weights.
    """

    def __init__(self, log_weights, loc, scale):
        """log_weights [K], normalized; loc and scale [K, d]."""
        parameters = dict(locals())
        super().__init__(
            dtype=loc.dtype,
            reparameterization_type=tfd.FULLY_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name="NormalMixture",
        )
        self.log_weights, self.loc, self.scale = log_weights, loc, scale

    def _sample_n(self, n, seed):
        choice_seed, normal_seed = tfp.random.split_seed(seed, n=2)
        chosen = Categorical(logits=self.log_weights).sample(n, seed=choice_seed)
        e = FastNormal(tf.zeros(self.loc.shape[1:], self.dtype), 1.0).sample(n, seed=normal_seed)
        # Gathered from what is stacked here, and not from a weight itself, whose gradient would then be of another type.
        loc, scale = tf.unstack(tf.gather(tf.stack([self.loc, self.scale], 1), chosen), axis=1)
        return loc + scale * e

    def _log_prob(self, z):
        log_weights, loc, scale, z64 = (tf.cast(x, tf.float64) for x in (self.log_weights, self.loc, self.scale, z))
        precision = 1 / tf.square(scale)
        squares = tf.tensordot(tf.square(z64), precision, [[-1], [1]]) - 2 * tf.tensordot(z64, loc * precision, [[-1], [1]])
        squares += tf.reduce_sum(tf.square(loc) * precision, 1)
        constants = log_weights - tf.reduce_sum(tf.math.log(scale), 1) - loc.shape[1] * math.log(2 * math.pi) / 2
        return tf.cast(tf.reduce_logsumexp(constants - squares / 2, -1), z.dtype)
