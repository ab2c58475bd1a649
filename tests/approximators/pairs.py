"""Pairs of which every log-density is known: x is data of a given distribution, or linear in z; z is linear in x."""

import dataclasses

import tensorflow as tf
import tensorflow_probability as tfp

from zoo.models.pair import Pair

tfd = tfp.distributions


def known(x=None, z=None, **fields):
    """A pair in training of which so much is known, and no model."""
    return Pair(None, x, z, training=True, **fields)


def normal(loc, scale, size):
    """N(loc, scale^2 I) over vectors of a size; loc may be a batch [n, size]."""
    return tfd.Independent(tfd.Normal(loc * tf.ones([size], tf.float32), scale), 1)


@dataclasses.dataclass(frozen=True)
class World:
    """P(z) = N(0, I), P(x|z) = N(slope z, s^2 I), Q(z|x) = N(gain x, t^2 I), Q(x) as given; x and z of one size.

    With gain = slope and slope^2 + s^2 = 1, t = s, P(x) = N(0, I) and Q(z|x) is P(z|x) exactly.
    """

    q_x: tfd.Distribution
    size: int = 1
    slope: float = 0.8
    s: float = 0.6
    gain: float = 0.8
    t: float = 0.6

    @property
    def p_x(self):
        """P(x)."""
        return normal(0.0, (self.slope**2 + self.s**2) ** 0.5, self.size)

    def at(self, x, z):
        """What an approximator is given at a pair."""
        return known(
            x=x,
            z=z,
            log_p_x_given_z=normal(self.slope * z, self.s, self.size).log_prob(x),
            true_log_p_z=normal(0.0, 1.0, self.size).log_prob(z),
            log_q_z_given_x=normal(self.gain * x, self.t, self.size).log_prob(z),
        )

    def wake(self, count, seed):
        """Pairs (x, z) ~ Q(x) Q(z|x)."""
        x = self.q_x.sample(count, seed=seed)
        return self.at(x, normal(self.gain * x, self.t, self.size).sample(seed=seed + 1))

    def sleep(self, count, seed):
        """Pairs (x, z) ~ P(z) P(x|z)."""
        z = normal(0.0, 1.0, self.size).sample(count, seed=seed + 2)
        return self.at(normal(self.slope * z, self.s, self.size).sample(seed=seed + 3), z)


def mixture():
    """Two normals in one dimension, where P(x) = N(0, 1) has its mass too."""
    components = tfd.Independent(tfd.Normal([[-0.8], [0.9]], [[0.5], [0.4]]), 1)
    return tfd.MixtureSameFamily(tfd.Categorical(probs=[0.4, 0.6]), components)
