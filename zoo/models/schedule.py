"""A number that may change over the steps: a float, or a Keras learning-rate schedule named in the config."""

import keras
from keras import tree

ROUNDING = 1e-6  # of a schedule in float32


def schedule(section):
    """The number itself, or the Keras schedule of a section {name, **arguments}: a function of the step."""
    if not hasattr(section, "items"):
        return section
    arguments = {key: list(value) if isinstance(value, tuple) else value for key, value in section.items()}
    return getattr(keras.optimizers.schedules, arguments.pop("name"))(**arguments)


def at_step(value, step):
    """The value of a number or a schedule at a step."""
    return value(step) if callable(value) else value


def values(value, steps):
    """(step, value) at enough steps of a run, 0 to steps - 1, to see a number or a schedule leave a range.

    Those are a hundred evenly spaced ones, and those where the schedule may turn: beside each number of its arguments.
    """
    if not callable(value):
        yield 0, value
        return
    numbers = [n for n in tree.flatten(list(value.get_config().values())) if isinstance(n, (int, float))]
    turns = {int(n) + beside for n in numbers for beside in (-1, 0, 1)}
    spaced = set(range(0, steps, -(-steps // 100)))
    for step in sorted(step for step in turns | spaced | {steps - 1} if 0 <= step < steps):
        yield step, float(value(step))


def outside(value, low, high, steps):
    """(step, value) where a number or a schedule first leaves [low, high] in a run of so many steps; None if it does not."""
    left = ((step, found) for step, found in values(value, steps) if not low - ROUNDING <= found <= high + ROUNDING)
    return next(left, None)
