"""What every method of variance reduction has: a step that says which gradients it reduces, and what that costs."""

import tensorflow as tf

from zoo import replicas
from zoo.models.step import Step

PASSES = ("passes/forward", "passes/backward")


class ReducedStep(Step):
    """A step whose gradients of some networks have less variance.

    Attributes:
      METHOD: its name, for errors.
      reduced: the names of these networks.
      passes: (forward, backward), the passes of a batch that a step takes, on the average.
    """

    passes = (1.0, 1.0)

    def __init__(self, arguments, reduced, able, terms=()):
        """`able`: the networks that it could reduce; the other arguments see zoo/variance_reduction/__init__.py.

        Raises:
          ValueError: one line, for a network that is not among them.
        """
        super().__init__(*arguments)
        trained = {*self.moved, *self.model.approximators} & self.networks.keys()
        able = [name for name in able if name in trained]
        if unable := [name for name in reduced if name not in able]:
            raise ValueError(
                f"config.training.reduced: {self.METHOD} reduces no {unable[0]!r} here; choose from {', '.join(able) or 'none'}"
            )
        self.reduced = tuple(reduced) or tuple(able)
        self.train_terms = [*self.train_terms, *PASSES, *terms]

    def prepare(self, strategy):
        """What is due between two executions of steps: nothing."""

    def shown_passes(self):
        """The terms of `passes`."""
        return {name: replicas.share(tf.constant(number, tf.float32)) for name, number in zip(PASSES, self.passes, strict=True)}


class Gathered:
    """In place of zoo.models.updates.Updates: keeps the gradients, and moves nothing.

    Attributes:
      found: {network: its gradients, a list for each time that it would have been moved}.
    """

    def __init__(self):
        self.found = {}

    def move(self, name, gradients, losses):
        """Keeps the gradients of a network; shows nothing."""
        self.found.setdefault(name, []).append(list(gradients))
        return {}
