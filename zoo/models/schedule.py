"""A number that may change over the steps: a float, or a Keras learning-rate schedule named in the config."""

import keras


def schedule(section):
    """The number itself, or the Keras schedule of a section {name, **arguments}: a function of the step."""
    if not hasattr(section, "items"):
        return section
    arguments = {key: list(value) if isinstance(value, tuple) else value for key, value in section.items()}
    return getattr(keras.optimizers.schedules, arguments.pop("name"))(**arguments)


def at_step(value, step):
    """The value of a number or a schedule at a step."""
    return value(step) if callable(value) else value


def optimizer(section):
    """The Keras optimizer of a section {name, learning_rate, ...}; the learning rate may be a schedule."""
    arguments = dict(section)
    rate = schedule(arguments.pop("learning_rate"))
    return getattr(keras.optimizers, arguments.pop("name"))(learning_rate=rate, **arguments)
