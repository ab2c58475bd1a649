"""Relativistic critic: a potential that tells data and samples apart pair by pair.

    loss    E of softplus(-(f(x) - f(x')))  +  penalties,        x ~ Q(x), x' ~ P(x)
    R1      penalty_weight/2 |grad_x f(x)|^2         on data
    R2      penalty_weight/2 |grad_x f(x')|^2        on samples

f is known up to a constant only. With the objective gan's generator_loss "relativistic" it is the relativistic GAN, and with
its penalties R3GAN's: each sample is compared with an example of its own, so that no part of the data can be left out, and
slopes vanish where P = Q.

Source: Jolicoeur-Martineau, "The relativistic discriminator: a key element missing from standard GAN" (2019); penalties:
Mescheder et al., "Which Training Methods for GANs do actually Converge?" (2018), equations 9 and 10; both together: Huang et
al., "The GAN is dead; long live the GAN! A Modern GAN Baseline" (2024).
"""

import tensorflow as tf

from zoo.approximators import critic
from zoo.approximators.gradient_penalty import squared_gradient

STANDS_IN_FOR = ("log_q_x", "log_p_z")


class Relativistic(critic.Critic):
    """f(x), by differences to samples."""

    KIND = "potential"

    def __init__(self, field, network, penalty_weight, scale):
        super().__init__(field, network)
        self.penalty_weight = penalty_weight
        self.scale = scale
        self.TERMS = ("loss", "accuracy", "penalty") if penalty_weight else ("loss", "accuracy")

    def value(self, at):
        """scale * f(x), [batch]."""
        return self.scale * super().value(at)

    def losses(self, high, low, seed):
        """The loss, the share of pairs in the right order, and the two squared slopes if they are penalized; [batch]."""
        real, fake = self.both(high, low)
        difference = real - fake
        terms = {"loss": tf.nn.softplus(-difference), "accuracy": tf.cast(difference > 0, difference.dtype)}
        if self.penalty_weight:
            terms["penalty"] = tf.add_n([squared_gradient(self.told(high), x) for x in self.inputs(high, low)])
            terms["loss"] += self.penalty_weight / 2 * terms["penalty"]
        return terms


def build(shapes, *, network: dict, penalty_weight: float = 0.05, scale: float = 1.0):
    """A relativistic critic.

    Args:
      shapes: {"x": event_shape}, or {"z": code_shape} to stand in for log P(z).
      network: the part that maps x to one number.
      penalty_weight: gamma of R1 and of R2; 0 for neither.
      scale: of f in the objectives.

    Raises:
      ValueError: for a negative penalty, batch normalization under one, or a scale that is not positive.
    """
    if penalty_weight < 0 or not scale > 0:
        raise ValueError(
            f"relativistic: scale must be above 0 and penalty_weight at least 0, found {scale} and {penalty_weight}"
        )
    if penalty_weight:
        critic.refuse_batch_normalization("relativistic", network)
    return Relativistic(*critic.make(shapes, network), penalty_weight, scale)
