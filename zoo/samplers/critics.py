"""What is known of a model's critic of x: what its f is, what it reads, and where its slope was held in training."""

import typing

# What chains in x meet where a potential or a ratio was held to nothing: slope_held -> in words.
UNTOLD = {
    "segments": "its slope was held on segments between data and samples only",
    None: "it was trained on data and samples only",
}


class Critic(typing.NamedTuple):
    """A critic of x.

    Attributes:
      f: of x [n, *event_shape], [n].
      kind: density, ratio, potential or gradient (zoo/approximators/__init__.py).
      reads: "drawn" if its samples were x ~ P(x|z), "mean" if they were the mean of P(x|z).
      slope_held: where its slope was held in training: "everywhere", on "segments" between data and samples, or None.
    """

    f: typing.Callable
    kind: str
    reads: str
    slope_held: str | None

    @property
    def warning(self):
        """What chains in x have to know, one line, or None."""
        if self.kind not in ("potential", "ratio") or self.slope_held not in UNTOLD:
            return None
        return (
            f"this critic is a {self.kind}, and {UNTOLD[self.slope_held]}: elsewhere its values are what the network happens "
            "to give, and chains in x go where they are high, data or not"
        )


def facts(model):
    """{what it stands in for: {"kind", "reads", "slope_held"}} of a model's approximators."""
    return {
        name: {
            "kind": part.KIND,
            "reads": "mean" if getattr(part, "field", None) == "mean_x" else "drawn",
            "slope_held": getattr(part, "SLOPE_HELD", None),
        }
        for name, part in model.approximators.items()
    }


def of(model, known):
    """The critic of x of a model.

    Args:
      model: a zoo.evaluation.subject.Subject.
      known: `facts` of it.

    Raises:
      ValueError: one line, for a model without.
    """
    if not model.has("log_q_x"):
        others = f"it has {', '.join(known)}" if known else "it has no approximator"
        raise ValueError(f"this sampler moves by a critic of x (log_q_x), which the model has not: {others}")
    return Critic(lambda x: model.log_densities(x, None).log_q_x, **known["log_q_x"])


def calibrated(critic, scale, offset):
    """A critic as the log-ratio a f + b (zoo/samplers/calibration.py)."""
    return critic._replace(f=lambda x: scale * critic.f(x) + offset, kind="ratio")
