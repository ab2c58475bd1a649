"""Moves what stands in for log-densities: each by its own loss, on two kinds of pairs held fixed (zoo/stand_ins.py)."""

import tensorflow as tf

from zoo import replicas
from zoo.models.gradients import gradient
from zoo.stand_ins import STAND_INS


class Critics:
    """The approximators' part of one step.

    Args:
      step: a zoo.models.step.Step.
      seed: word -> seed, of this step.
      updates: a zoo.models.updates.Updates.
    """

    def __init__(self, step, seed, updates):
        self.step, self.seed, self.updates = step, seed, updates

    def move(self, total):
        """Takes all steps of all approximators. Returns what is shown.

        Args:
          total: calls a function of pairs on the pairs of the batch, or on those of its parts and adds up.
        """
        shown = {}
        for name, approximator in self.step.model.approximators.items():
            for repeat in range(self.step.options.critic_steps[name]):
                gradients, terms = total(lambda pairs, name=name, repeat=repeat: self._gradients(name, repeat, pairs))
                shown |= terms
                if gradients:
                    shown |= self.updates.move(name, gradients, {f"{name}/loss": terms[f"{name}/loss"]})
                approximator.constrain()
        return shown

    def _gradients(self, name, repeat, pairs):
        """(gradients, what is shown) of one step of an approximator."""
        # The last step's generated batch is the one the phases train on; those before draw their own.
        if repeat < self.step.options.critic_steps[name] - 1:
            pairs = pairs.anew(f"/{name}/{repeat}")
        high, low = (pairs[kind].held_fixed() for kind in (STAND_INS[name].high, STAND_INS[name].low))
        variables = self.step.networks.get(name, [])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            terms = self.step.model.approximators[name].losses(high, low, self.seed(f"{name}/{repeat}"))
        shown = {f"{name}/{term}": replicas.share(value, pairs.part) for term, value in terms.items()}
        return gradient(tape, terms["loss"], variables, pairs.part) if variables else [], shown
