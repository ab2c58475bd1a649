"""Wasserstein critic: a potential that is high on data and low on samples, under a constraint on its slope.

    loss           is
    wasserstein    E over Q(x) of -f(x)            +  E over P(x) of f(x)              (Arjovsky et al. 2017, equation 2)
    hinge          E over Q(x) of relu(1 - f(x))   +  E over P(x) of relu(1 + f(x))    (Lim and Ye 2017; Miyato et al. 2018)

    constraint          adds or does
    clip                every weight stays in [-clip, clip]                            (Arjovsky et al. 2017, algorithm 1)
    gradient_penalty    + penalty_weight (|grad_x f| - 1)^2 between the batches        (Gulrajani et al. 2017, algorithm 1)
    squared_slope       + penalty_weight |grad_x f|^2 between the batches              (see below)
    spectral            every kernel of the network has spectral norm 1                (Miyato et al. 2018)

It is the source's approximator of log Q(x) up to a constant, f = log Q''(x), but what the Wasserstein loss minimizes is a
LOWER bound of the cross entropy only (see the package's docstring), so without a constraint it grows without end. With one,
f orders x and is no longer in nats: it is flat where P = Q, and `scale` is a free hyper-parameter that says how much it
weighs against the other terms of an objective.

Under squared_slope with penalty_weight 1/2, f is in units of x^2: between two points at a distance r its slope is r, and the
gap less the penalty r^2/2. To first order that is half the squared Wasserstein distance W2 (Peyre 2018). Since

    KL(P * N(0, s^2) || Q * N(0, s^2))  <=  W2(P, Q)^2 / (2 s^2),

scale = 1/s^2 makes f nats, for a likelihood of standard deviation s whose mean the critic reads (`reads="mean"`). Its slope
dies out as P approaches Q, where that of gradient_penalty stays at 1.

Source: "Symmetric variational loss and GAN" (2017), appendix A; Peyre, "Comparison between W2 distance and H^-1 norm, and
localisation of Wasserstein distance" (2018); a penalty on the segments that is centred at 0: Thanh-Tung et al., "Improving
Generalization and Stability of Generative Adversarial Networks" (2019).
"""

import tensorflow as tf

from zoo import registry
from zoo.approximators import critic
from zoo.approximators.gradient_penalty import gradient_penalty, squared_slope

CONSTRAINTS = ("clip", "gradient_penalty", "squared_slope", "spectral")
# constraint -> (the penalty, its usual weight)
PENALTIES = {"gradient_penalty": (gradient_penalty, 10.0), "squared_slope": (squared_slope, 0.5)}
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
        self.SLOPE_HELD = "segments" if constraint in PENALTIES else "everywhere"
        self.clip = clip
        self.penalty_weight = penalty_weight
        self.TERMS = ("loss", "gap", "penalty") if constraint in PENALTIES else ("loss", "gap")

    def value(self, at):
        """scale * f(x): what stands in for log Q(x), [batch]."""
        return self.scale * super().value(at)

    def losses(self, high, low, seed):
        """The critic's loss, the gap f(real) - f(generated), and the penalty if there is one; [batch] each."""
        real, fake = self.both(high, low)
        terms = {"loss": self.loss(real, fake), "gap": real - fake}
        if self.constraint in PENALTIES:
            penalty, usual_weight = PENALTIES[self.constraint]
            terms["penalty"] = penalty(self.told(high), *self.inputs(high, low), seed, high.part)
            terms["loss"] += (self.penalty_weight or usual_weight) * terms["penalty"]
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
    penalty_weight: float = 0.0,
    scale: float = 1.0,
):
    """A Wasserstein critic.

    Args:
      shapes: {"x": event_shape}, or {"z": code_shape} to stand in for log P(z).
      network: the part that maps x to one number.
      loss: wasserstein or hinge.
      constraint: clip, gradient_penalty, squared_slope or spectral, which sets the network's normalization.
      clip: the largest absolute weight, with `clip`.
      penalty_weight: of the two penalties; 0: the usual one, 10 for `gradient_penalty` and 1/2 for `squared_slope`.
      scale: log Q''(x) = scale * f(x) in the objectives.

    Raises:
      ValueError: for another loss or constraint, numbers out of their range, batch normalization under a gradient
        penalty, or a network under `spectral` that has another normalization, or none to choose.
    """
    if constraint not in CONSTRAINTS:
        raise ValueError(f"wasserstein: constraint must be one of {', '.join(CONSTRAINTS)}, found {constraint!r}")
    if loss not in LOSSES:
        raise ValueError(f"wasserstein: loss must be one of {', '.join(LOSSES)}, found {loss!r}")
    if not (clip > 0 and penalty_weight >= 0 and scale > 0):
        raise ValueError(
            f"wasserstein: clip and scale must be above 0 and penalty_weight at least 0, found {clip, scale, penalty_weight}"
        )
    if constraint in PENALTIES:
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
