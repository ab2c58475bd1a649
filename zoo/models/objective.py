"""Losses: an objective's module with its options; on which pairs it has a loss, what that needs, and what it moves."""

import keras

from zoo import registry
from zoo.models.declarations import check_declarations
from zoo.models.schedule import at_step, outside, schedule


class Objective:
    """The losses of one module of zoo/objectives, with the options of the config.

    Args:
      section: of the config.
      kinds: of pairs that the model draws (zoo/models/pairs.py).

    Attributes:
      name: of the part.
      phases: the kinds of pairs that it has a loss on: those called wake if it defines wake_loss, and so on.
      needs: fields of a pair that its losses use.
      held_fixed: whether gradients stop at samples.
      several_samples: whether its wake phase has fields [samples, batch].
      takes: stand-in -> the kinds of approximator that may be it; those in `stand_ins` it cannot do without.
    """

    def __init__(self, section, kinds):
        self.name = section["name"]
        self.module = registry.find("objective", self.name)
        check_declarations(self.name, self.module)
        self.options = {key: schedule(value) for key, value in section.items() if key != "name"}
        self.phases = tuple(kind for kind in kinds if hasattr(self.module, f"{kind}_loss"))
        self.needs = self.module.NEEDS
        self.held_fixed = self.module.SAMPLES == "held_fixed"
        self.several_samples = getattr(self.module, "SEVERAL_SAMPLES", False)
        self.takes = getattr(self.module, "TAKES", {})
        self.stand_ins = getattr(self.module, "STAND_INS", ())

    def check(self, kinds, steps):
        """Refuses an option that leaves its range during a run, and what the objective itself refuses.

        Args:
          kinds: {stand-in: kind} of the approximators.
          steps: of the run.

        Raises:
          ValueError: one line.
        """
        for name, (low, high) in getattr(self.module, "RANGES", {}).items():
            if found := outside(self.options[name], low, high, steps):
                step, value = found
                raise ValueError(
                    f"objective {self.name}: {name} must stay in [{low:g}, {high:g}], found {value:g} at step {step}"
                )
        if hasattr(self.module, "check"):
            self.module.check(self.options, kinds)

    def moves(self, phase):
        """The sides of the model that a phase trains: "Q", "P" or "PQ"."""
        return getattr(self.module, f"{phase.upper()}_MOVES")

    def loss(self, phase, at, step):
        """The phase's loss at a pair, [batch] in nats, with its scheduled options at this step."""
        function = getattr(self.module, f"{phase}_loss")
        names = (function.__kwdefaults__ or {}).keys()
        return function(at, **{name: _in_dtype(at_step(self.options[name], step)) for name in names})


def _in_dtype(value):
    """A schedule's value in the dtype of the log-densities; anything else as it is."""
    return keras.ops.cast(value, keras.config.floatx()) if keras.ops.is_tensor(value) else value
