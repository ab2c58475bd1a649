"""The optimizers of all networks, as Keras and its callbacks look for `model.optimizer`."""

import keras

OF_THE_STEP = {
    "use_ema": "config.training.ema averages the weights",
    "gradient_accumulation_steps": "config.training.micro_batches adds up gradients",
}


class EveryOptimizer:
    """All optimizers of a step at once.

    keras.callbacks.LearningRateScheduler and ReduceLROnPlateau go through `optimizers`, and so reach each of them.

    Attributes:
      built: the slots are there.
    """

    built = True

    def __init__(self, step):
        self._step = step

    @property
    def optimizers(self):
        """Those of the networks, in their order."""
        return list(self._step.optimizers.values())

    @property
    def variables(self):
        """The slots of all of them."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    @property
    def iterations(self):
        """Steps taken, an int64 variable."""
        return self._step.counter

    @property
    def learning_rate(self):
        """The learning rate, if all networks have the same.

        Raises:
          ValueError: if they have several.
        """
        rates = {name: float(optimizer.learning_rate) for name, optimizer in self._step.optimizers.items()}
        if len(set(rates.values())) > 1:
            told = ", ".join(f"{name} {rate:g}" for name, rate in rates.items())
            raise ValueError(f"the networks have several learning rates ({told}): look at model.training_step.optimizers")
        return next(iter(rates.values()))

    @learning_rate.setter
    def learning_rate(self, rate):
        for optimizer in self.optimizers:
            optimizer.learning_rate = rate

    def build(self, variables):
        """Nothing: the slots are there."""


def chosen(given, networks):
    """{network: its optimizer} of what `compile` is given, or {} for nothing.

    Args:
      given: None; an optimizer or its name, of which every network gets one of its own; or {network: one of these}.
      networks: their names.

    Raises:
      ValueError: for a network or an optimizer that is not there.
    """
    if given is None:
        return {}
    by_network = given if isinstance(given, dict) else dict.fromkeys(networks, given)
    if unknown := [name for name in by_network if name not in networks]:
        raise ValueError(f"compile: there is no network {unknown[0]!r}; choose from {', '.join(networks)}")
    try:
        found = {name: keras.optimizers.get(one) for name, one in by_network.items()}
    except ValueError as error:
        raise ValueError(f"compile: {str(error).partition(chr(10))[0]}") from error
    for one in found.values():
        _check(one)
    return found


def _check(optimizer):
    """Refuses what a step does by itself, and an optimizer of it would not be asked for."""
    for name, instead in OF_THE_STEP.items():
        if getattr(optimizer, name, None):
            raise ValueError(f"compile: an optimizer's {name} has no place here; {instead}")
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError("compile: losses need no scaling; give the optimizer itself, and set config.training.precision")
