"""Logistic critic: the log ratio of data to samples, by telling the two apart.

    loss    E over Q(x) of softplus(-f(x))  +  E over P(x) of softplus(f(x))       the binary cross entropy

is least where f(x) = log Q(x)/P(x), in nats; then it is 2 log 2 - 2 JS(Q(x), P(x)). For log P(z) it is log P(z)/Q(z), where
Q(z) is the aggregate posterior: the mean of -f over Q(z) is KL(Q(z) || P(z)).

It is a ratio and no density: as log Q(x) in the EHM it turns the sleep phase into KL(P(x) || Q(x)) + H_P[z|x], calibrated, but
another objective by H[P(x)].

With `penalty_weight` above 0 the squared slope on data is added, penalty_weight/2 |grad_x f(x)|^2, x ~ Q(x). It biases the
ratio towards 0 and vanishes where P = Q, where a penalty that asks for slope 1 would not.

Source: Goodfellow et al., "Generative Adversarial Networks" (2014), proposition 1. Penalty: Mescheder et al., "Which Training
Methods for GANs do actually Converge?" (2018), equation 9 (R1).
"""

from zoo.approximators import critic
from zoo.approximators.gradient_penalty import squared_gradient

STANDS_IN_FOR = ("log_q_x", "log_p_z")


class Logistic(critic.Critic):
    """f(x) = log Q(x)/P(x)."""

    KIND = "ratio"

    def __init__(self, field, network, penalty_weight):
        super().__init__(field, network)
        self.penalty_weight = penalty_weight
        self.TERMS = ("loss", "accuracy", "penalty") if penalty_weight else ("loss", "accuracy")

    def losses(self, high, low, seed):
        """The binary cross entropy, the share of examples on the right side, and the penalty if there is one; [batch]."""
        terms = critic.logistic_terms(*self.both(high, low))
        if self.penalty_weight:
            terms["penalty"] = squared_gradient(self.told(high), getattr(high, self.field))
            terms["loss"] += self.penalty_weight / 2 * terms["penalty"]
        return terms


def build(shapes, *, network: dict, penalty_weight: float = 0.0):
    """A logistic critic.

    Args:
      shapes: {"x": event_shape}, or {"z": code_shape} to stand in for log P(z).
      network: the part that maps x to one number.
      penalty_weight: gamma of the paper; 0 for none.

    Raises:
      ValueError: for a negative penalty, or batch normalization under one.
    """
    if penalty_weight < 0:
        raise ValueError(f"logistic: penalty_weight must be at least 0, found {penalty_weight}")
    if penalty_weight:
        critic.refuse_batch_normalization("logistic", network)
    return Logistic(*critic.make(shapes, network), penalty_weight)
