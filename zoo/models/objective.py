"""An objective's module with its options: which phases it has, what they need, what they move."""

from zoo import registry
from zoo.models.schedule import at_step, schedule

PHASES = ("wake", "sleep")
# Which networks a side of the model consists of.
SIDES = {"Q": ("encoder",), "P": ("decoder", "prior")}


class Objective:
    """The phase losses of one module of zoo/objectives, with the options of the config.

    Attributes:
      name: of the part.
      phases: those it has, a subset of ("wake", "sleep").
      needs: fields of a pair that its losses use.
      held_fixed: whether gradients stop at samples.
      several_samples: whether its wake phase has fields [samples, batch].
      takes: stand-in -> the kinds of approximator that may be it; those in `stand_ins` it cannot do without.
    """

    def __init__(self, section):
        self.name = section["name"]
        self.module = registry.find("objective", self.name)
        self.options = {key: schedule(value) for key, value in section.items() if key != "name"}
        self.phases = tuple(phase for phase in PHASES if hasattr(self.module, f"{phase}_loss"))
        self.needs = self.module.NEEDS
        self.held_fixed = self.module.SAMPLES == "held_fixed"
        self.several_samples = getattr(self.module, "SEVERAL_SAMPLES", False)
        self.takes = getattr(self.module, "TAKES", {})
        self.stand_ins = getattr(self.module, "STAND_INS", ())

    def check(self, kinds):
        """Lets the objective refuse combinations of its options and approximators: {stand-in: kind}. Raises ValueError."""
        if hasattr(self.module, "check"):
            self.module.check(self.options, kinds)

    def moves(self, phase):
        """The networks a phase trains: a tuple of encoder, decoder, prior."""
        sides = getattr(self.module, f"{phase.upper()}_MOVES")
        return tuple(network for side in sides for network in SIDES[side])

    def loss(self, phase, at, step):
        """The phase's loss at a pair, [batch] in nats, with its scheduled options at this step."""
        function = getattr(self.module, f"{phase}_loss")
        names = (function.__kwdefaults__ or {}).keys()
        return function(at, **{name: at_step(self.options[name], step) for name in names})
