"""Wasserstein critic: a potential that is high on data and low on samples, with weight clipping or a gradient penalty.

    loss    E over Q(x) of -f(x)  +  E over P(x) of f(x)  +  constraint

It is the seed's approximator of log Q(x) up to a constant, f = log Q''(x), but what it minimizes is a lower bound of the
cross entropy only (see the package's docstring), so without a constraint it grows without end. With one, f orders x and is
no longer in nats: it is flat where P = Q, and `scale` is a free hyper-parameter that says how much it weighs against the
other terms of an objective.

    clip                every weight stays in [-clip, clip]                     (Arjovsky et al. 2017, algorithm 1)
    gradient_penalty    penalty_weight * (|grad_x f| - 1)^2 between the batches (Gulrajani et al. 2017, algorithm 1)

Source: "Symmetric variational loss and GAN" (2017), appendix A.
"""

import keras
import tensorflow as tf

from zoo import registry
from zoo.approximators.gradient_penalty import gradient_penalty

CONSTRAINTS = ("clip", "gradient_penalty")
STANDS_IN_FOR = ("log_q_x", "log_p_z")


class Wasserstein(keras.layers.Layer):
    """f(x) with its loss and its constraint."""

    KIND = "potential"

    def __init__(self, field, network, scale, constraint, clip, penalty_weight):
        super().__init__()
        self.field = field
        self.network = network
        self.scale = scale
        self.constraint = constraint
        self.clip = clip
        self.penalty_weight = penalty_weight
        self.TERMS = ("loss", "gap") if constraint == "clip" else ("loss", "gap", "penalty")

    def critic(self, x):
        """The network's output, [batch], in training mode (a critic has no other)."""
        return self.network(x, training=True)[:, 0]

    def value(self, at):
        """scale * f(x): what stands in for log Q(x), [batch]."""
        return self.scale * self.critic(getattr(at, self.field))

    def losses(self, high, low, seed):
        """The critic's loss at a batch of real and a batch of generated examples of the same size; terms [batch].

        One pass through the network serves both batches (it normalizes over single examples or not at all under a
        gradient penalty; with clipping and batch normalization the two batches are passed apart, as in the paper).
        """
        real, fake = getattr(high, self.field), getattr(low, self.field)
        if self.constraint == "clip":
            real_value, fake_value = self.critic(real), self.critic(fake)
        else:
            real_value, fake_value = tf.split(self.critic(tf.concat([real, fake], 0)), 2)
        gap = real_value - fake_value
        if self.constraint == "clip":
            return {"loss": -gap, "gap": gap}
        penalty = gradient_penalty(self.critic, real, fake, seed)
        return {"loss": -gap + self.penalty_weight * penalty, "gap": gap, "penalty": penalty}

    def constrain(self):
        """Clips every weight of the network; nothing under a gradient penalty."""
        if self.constraint == "clip":
            for variable in self.network.trainable_variables:
                variable.assign(tf.clip_by_value(variable.value, -self.clip, self.clip))


def build(
    shapes,
    *,
    network: dict,
    constraint: str = "gradient_penalty",
    clip: float = 0.01,
    penalty_weight: float = 10.0,
    scale: float = 1.0,
):
    """A Wasserstein critic.

    Args:
      shapes: {"x": event_shape}, or {"z": code_shape} to stand in for log P(z).
      network: the part that maps x to one number.
      constraint: clip or gradient_penalty.
      clip: the largest absolute weight, with `clip`.
      penalty_weight: lambda of the paper, with `gradient_penalty`.
      scale: log Q''(x) = scale * f(x) in the objectives.

    Raises:
      ValueError: for another constraint, numbers that are not positive, or batch normalization under a gradient penalty.
    """
    if constraint not in CONSTRAINTS:
        raise ValueError(f"wasserstein: constraint must be one of {', '.join(CONSTRAINTS)}, found {constraint!r}")
    if not (clip > 0 and penalty_weight > 0 and scale > 0):
        raise ValueError(f"wasserstein: clip, penalty_weight and scale must be above 0, found {clip, penalty_weight, scale}")
    if constraint == "gradient_penalty" and network.get("normalization") == "batch":
        raise ValueError(
            "wasserstein: a gradient penalty does not go with batch normalization in the critic: it is about single "
            "examples (Gulrajani et al. 2017, section 4); choose layer or none"
        )
    ((field, shape),) = shapes.items()
    critic = registry.make("network", network, shape, (1,))
    return Wasserstein(field, critic, scale, constraint, clip, penalty_weight)
