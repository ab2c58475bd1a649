"""Noise-contrastive estimation: a normalized density of the data, by telling pairs of the two phases apart.

    logit   t(x,z) = f(x) + log Q(z|x) - log P(x|z) - log P(z)         all but f held fixed
    loss    E over Q(x,z) of softplus(-t)  +  E over P(x,z) of softplus(t)

The best t is log Q(x,z)/P(x,z), so the best f is log Q(x) in nats with its constant: a density that integrates to 1 without
having been normalized. The constant is a weight of its own, a learned bias: hundreds of nats for an image, far to go in steps
of a learning rate, so it starts where the first batch's mean logits are opposite, and is learned from there. Where it starts is
no weight that is trained: an average of weights would take its steps to come near.

It is noise-contrastive estimation whose noise is the model's own P(x,z): the better the model, the better the estimate. While
the pairs are trivially separable it saturates (accuracy 1), and hardly any gradient is left.

Source: Gutmann and Hyvarinen, "Noise-Contrastive Estimation of Unnormalized Statistical Models" (2012), equation 8, on pairs.
"""

import tensorflow as tf

from zoo import replicas
from zoo.approximators import critic

STANDS_IN_FOR = ("log_q_x",)


class NoiseContrastive(critic.Critic):
    """f(x) = log Q(x)."""

    KIND = "density"
    DENSITIES_OF_PAIRS = True
    OF_THE_WHOLE_BATCH = True
    TERMS = ("loss", "accuracy")

    def __init__(self, field, network):
        super().__init__(field, network)
        self.constant = self.add_weight(shape=(), initializer="zeros", name="constant")
        self.start = self.add_weight(shape=(), initializer="zeros", trainable=False, name="start")
        self.started = self.add_weight(shape=(), initializer="zeros", trainable=False, name="started")

    def critic(self, x, training=True, label=None):
        """The network's output and the constant, [batch]."""
        return super().critic(x, training, label) + self.start.value + self.constant.value

    def losses(self, high, low, seed):
        """The binary cross entropy of pairs, and the share of pairs on the right side; [batch]."""
        real, fake = self.both(high, low)
        real, fake = real - high.log_weight, fake - low.log_weight
        start = self._start(real, fake)
        return critic.logistic_terms(real + start, fake + start)

    def _start(self, real, fake):
        """What the start is moved by before the first step; 0 ever after."""
        balance = -tf.stop_gradient(replicas.mean(real) + replicas.mean(fake)) / 2
        known = tf.math.is_finite(balance)  # a batch that is not is skipped, and the next one is the first
        start = tf.where(known, (1 - self.started.value) * balance, tf.zeros_like(balance))
        self.start.assign_add(start)
        self.started.assign(tf.where(known, tf.ones_like(balance), self.started.value))
        return start


def build(shapes, *, network: dict):
    """A normalized density of x.

    Args:
      shapes: {"x": event_shape}.
      network: the part that maps x to one number.
    """
    return NoiseContrastive(*critic.make(shapes, network))
