"""Wasserstein critic: a potential that is high on data and low on samples, under a constraint on its slope.

    loss           is
    wasserstein    E over Q(x) of -f(x)            +  E over P(x) of f(x)              (Arjovsky et al. 2017, equation 2)
    hinge          E over Q(x) of relu(1 - f(x))   +  E over P(x) of relu(1 + f(x))    (Lim and Ye 2017; Miyato et al. 2018)

    constraint          adds or does
    clip                every weight stays in [-clip, clip]                            (Arjovsky et al. 2017, algorithm 1)
    gradient_penalty    + penalty_weight (|grad_x f| - 1)^2 between the batches        (Gulrajani et al. 2017, algorithm 1)
    spectral            every kernel of the network has spectral norm 1                (Miyato et al. 2018)

It is the source's approximator of log Q(x) up to a constant, f = log Q''(x), but what the Wasserstein loss minimizes is a
LOWER bound of the cross entropy only (see the package's docstring), so without a constraint it grows without end. With one,
f orders x and is no longer in nats: it is flat where P = Q, and `scale` is a free hyper-parameter that says how much it
weighs against the other terms of an objective.

Source: "Symmetric variational loss and GAN" (2017), appendix A.
"""

import tensorflow as tf

from zoo import registry
from zoo.approximators import critic
from zoo.approximators.gradient_penalty import gradient_penalty

CONSTRAINTS = ("clip", "gradient_penalty", "spectral")
LOSSES = {
    "wasserstein": lambda high, low: low - high,
    "hinge": lambda high, low: tf.nn.relu(1 - high) + tf.nn.relu(1 + low),
}
STANDS_IN_FOR = ("log_q_x", "log_p_z")


class Wasserstein(critic.Critic):
    """f(x) with its loss and its constraint."""

    KIND = "potential"

    def __init__(self, field, network, loss, scale, constraint, clip, penalty_weight):
        super().__init__(field, network)
        self.loss = LOSSES[loss]
        self.scale = scale
        self.constraint = constraint
        self.clip = clip
        self.penalty_weight = penalty_weight
        self.TERMS = ("loss", "gap", "penalty") if constraint == "gradient_penalty" else ("loss", "gap")

    def value(self, at):
        """scale * f(x): what stands in for log Q(x), [batch]."""
        return self.scale * super().value(at)

    def losses(self, high, low, seed):
        """The critic's loss, the gap f(real) - f(generated), and the penalty if there is one; [batch] each."""
        real, fake = self.both(high, low)
        terms = {"loss": self.loss(real, fake), "gap": real - fake}
        if self.constraint == "gradient_penalty":
            terms["penalty"] = gradient_penalty(self.critic, *self.inputs(high, low), seed, high.part)
            terms["loss"] += self.penalty_weight * terms["penalty"]
        return terms

    def constrain(self):
        """Clips every weight of the network, if that is the constraint."""
        if self.constraint == "clip":
            for variable in self.network.trainable_variables:
                variable.assign(tf.clip_by_value(variable.value, -self.clip, self.clip))


def build(
    shapes,
    *,
    network: dict,
    loss: str = "wasserstein",
    constraint: str = "gradient_penalty",
    clip: float = 0.01,
    penalty_weight: float = 10.0,
    scale: float = 1.0,
):
    """A Wasserstein critic.

    Args:
      shapes: {"x": event_shape}, or {"z": code_shape} to stand in for log P(z).
      network: the part that maps x to one number.
      loss: wasserstein or hinge.
      constraint: clip, gradient_penalty or spectral, which sets the network's normalization.
      clip: the largest absolute weight, with `clip`.
      penalty_weight: lambda of the paper, with `gradient_penalty`.
      scale: log Q''(x) = scale * f(x) in the objectives.

    Raises:
      ValueError: for another loss or constraint, numbers that are not positive, batch normalization under a gradient
        penalty, or a network under `spectral` that has another normalization, or none to choose.
    """
    if constraint not in CONSTRAINTS:
        raise ValueError(f"wasserstein: constraint must be one of {', '.join(CONSTRAINTS)}, found {constraint!r}")
    if loss not in LOSSES:
        raise ValueError(f"wasserstein: loss must be one of {', '.join(LOSSES)}, found {loss!r}")
    if not (clip > 0 and penalty_weight > 0 and scale > 0):
        raise ValueError(f"wasserstein: clip, penalty_weight and scale must be above 0, found {clip, penalty_weight, scale}")
    if constraint == "gradient_penalty":
        critic.refuse_batch_normalization("wasserstein", network)
    if constraint == "spectral":
        network = _spectral(network)
    return Wasserstein(*critic.make(shapes, network), loss, scale, constraint, clip, penalty_weight)


def _spectral(network):
    if "normalization" not in registry.options("network", network["name"]):
        raise ValueError(
            f"wasserstein: constraint spectral needs it of the network, but {network['name']} has no option normalization"
        )
    found = network.get("normalization", "none")
    if found not in ("none", "spectral"):
        raise ValueError(
            f"wasserstein: constraint spectral normalizes every kernel of the network, whose normalization is {found}; set it "
            "to none, or choose constraint gradient_penalty"
        )
    return dict(network) | {"normalization": "spectral"}
