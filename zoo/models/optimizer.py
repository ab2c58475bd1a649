"""Keras' optimizers, with updates that can be refused inside a compiled step."""

import functools

import keras
import tensorflow as tf

from zoo.models.schedule import schedule
from zoo.private_api import HeldRate, adam_slots, without_all_reduce


class Refusable(HeldRate):
    """Mixed into a Keras optimizer: an update that writes nothing where it is told so by a tensor.

    Keras' optimizers write weights and slots through `assign`, `assign_add` and `assign_sub` alone, so that is where old or
    new is chosen: it costs a selection that XLA fuses with the update, and works on any number of replicas. A tf.cond around
    `apply` does not: under MirroredStrategy no branch may leave the replica's context, which every update does.

    `iterations` goes on where an update is refused: schedules follow the steps of the run.
    """

    accepted = True

    def apply_if(self, accepted, gradients, variables):
        """`apply`, which changes neither weights nor slots where `accepted`, a boolean scalar, is False."""
        # The replicas' threads set the same value: it is computed from what was summed over all of them.
        self.accepted = accepted
        self.apply(gradients, variables)

    def assign(self, variable, value):
        """Assigns a value, or the old one."""
        super().assign(variable, tf.where(self.accepted, value, tf.cast(variable, value.dtype)))

    def assign_add(self, variable, value):
        """Adds a value, or nothing."""
        super().assign_add(variable, tf.where(self.accepted, value, tf.zeros_like(value)))

    def assign_sub(self, variable, value):
        """Subtracts a value, or nothing."""
        super().assign_sub(variable, tf.where(self.accepted, value, tf.zeros_like(value)))

    def rate_of(self, rate):
        """The learning rate, or 0: weight decay takes it. Whoever reads it outside of a step gets the rate itself."""
        if tf.executing_eagerly() and tf.is_symbolic_tensor(self.accepted):
            return rate
        return tf.where(self.accepted, rate, tf.zeros_like(rate))


class Fused:
    """Mixed into Keras' Adam: TensorFlow's own operation in place of the nearly twenty that Keras makes of an update.

    A refused update is one of gradient 0, learning rate 0 and decay rates 1, which leaves every number as it is.
    """

    def apply_if(self, accepted, gradients, variables):
        """See `Refusable`."""
        # Once for all variables.
        step = tf.cast(self.iterations.value + 1, variables[0].dtype)
        # Not tf.cast, which takes a Python number to float32 first.
        rates = [tf.constant(beta, step.dtype) for beta in (self.beta_1, self.beta_2)]
        self.powers = [tf.pow(rate, step) for rate in rates]
        self.decays = [tf.where(accepted, rate, 1) for rate in rates]
        super().apply_if(accepted, gradients, variables)

    def update_step(self, gradient, variable, learning_rate):
        """One variable's."""
        if self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        (momentum, velocity), dtype = adam_slots(self, variable), variable.dtype
        gradient = tf.cast(gradient, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.value.handle,
            v=velocity.value.handle,
            beta1_power=self.powers[0],
            beta2_power=self.powers[1],
            lr=tf.cast(learning_rate, dtype),  # 0 where refused
            beta1=self.decays[0],
            beta2=self.decays[1],
            epsilon=tf.constant(self.epsilon, dtype),
            grad=tf.where(self.accepted, gradient, tf.zeros_like(gradient)),
        )


@functools.cache
def _refusable(cls):
    fused = (Fused,) if issubclass(cls, keras.optimizers.Adam) else ()
    return type(cls.__name__, (*fused, Refusable, cls), {})


@keras.saving.register_keras_serializable("zoo")
class OverSteps(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule over the steps of the run, for an optimizer that makes several updates in each.

    Keras counts updates: the learning rate of a critic that moves twice a step would fall to its end at half of the run.
    """

    def __init__(self, rate, updates):
        self.rate = rate if callable(rate) else keras.optimizers.schedules.deserialize(rate)
        self.updates = updates

    def __call__(self, iterations):
        """The value at the step of an update."""
        return self.rate(iterations // self.updates)

    def get_config(self):
        """What Keras makes another of."""
        return {"rate": keras.optimizers.schedules.serialize(self.rate), "updates": self.updates}


def optimizer(section, updates=1):
    """The optimizer of a section {name, learning_rate, ...}; the learning rate may be a schedule over the steps.

    Args:
      section: of the config.
      updates: that it makes in each step.
    """
    arguments = dict(section)
    rate = schedule(arguments.pop("learning_rate"))
    chosen = _refusable(getattr(keras.optimizers, arguments.pop("name")))
    return without_all_reduce(chosen(learning_rate=_over_steps(rate, updates), **arguments))


def fresh(chosen, updates=1):
    """An optimizer of the same class and numbers, without slots, whose updates can be refused.

    Args:
      chosen: one of Keras' optimizers, or its name.
      updates: that it is to make in each step.
    """
    chosen = keras.optimizers.get(chosen)
    arguments = chosen.get_config()
    if isinstance(arguments["learning_rate"], dict):
        rate = keras.optimizers.schedules.deserialize(arguments["learning_rate"])
        arguments["learning_rate"] = _over_steps(rate, updates)
    return without_all_reduce(_refusable(type(chosen)).from_config(arguments))


def _over_steps(rate, updates):
    if updates == 1 or not callable(rate) or isinstance(rate, OverSteps):
        return rate
    return OverSteps(rate, updates)
