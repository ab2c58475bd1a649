"""Checks of single fields of a config; each failure is one line that names the field, what was found and what is valid."""

import inspect

import keras


class ConfigError(ValueError):
    """A config that cannot be run; the message is one line that names the field, what was found and what is valid."""


def fail(path, message):
    """Raises ConfigError about a field."""
    raise ConfigError(f"config.{path}: {message}")


def section(path, given):
    """A section of the config as a dictionary of its own; ConfigError for anything else."""
    if not hasattr(given, "items"):
        fail(path, f"expected a dictionary, found {given!r}")
    return dict(given)


def part(path, given):
    """The section of a part or an optimizer, which may be given by its name alone."""
    given = {"name": given} if isinstance(given, str) else section(path, given)
    typed(f"{path}.name", given.get("name", ""), "")
    return given


def unknown(path, keys, valid):
    """Refuses keys that are not among the valid ones, and lists those."""
    for key in keys:
        if key not in valid:
            fail(f"{path}.{key}" if path else key, f"unknown field; choose from {', '.join(sorted(valid))}")


def _matches(value, default):
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float))
    if isinstance(default, (tuple, list)):
        return isinstance(value, (tuple, list))
    return isinstance(value, type(default))


def typed(path, value, default):
    """The value in the type of its default; an int serves as a float, a list as a tuple."""
    if not _matches(value, default):
        fail(path, f"expected {type(default).__name__} like {default!r}, found {value!r}")
    return tuple(value) if isinstance(default, (tuple, list)) else type(default)(value)


def _schedule_class(path, name):
    """The class of a learning-rate schedule of Keras, by its name."""
    cls = getattr(keras.optimizers.schedules, str(name), None)
    if not inspect.isclass(cls) or cls is keras.optimizers.schedules.LearningRateSchedule:
        valid = [n for n in dir(keras.optimizers.schedules) if inspect.isclass(getattr(keras.optimizers.schedules, n))]
        valid.remove("LearningRateSchedule")
        found = f"unknown schedule {name!r}" if name else "a schedule in place of a number needs a name"
        fail(f"{path}.name", f"{found}; choose from {', '.join(valid)}")
    return cls


def schedule_options(path, name):
    """The names of a schedule's options."""
    return list(inspect.signature(_schedule_class(path, name)).parameters)


def _schedule(path, value):
    """A learning-rate schedule of Keras, named by its class, checked against its signature."""
    cls = _schedule_class(path, value.get("name", ""))
    unknown(path, value, {"name", *schedule_options(path, value["name"])})
    try:
        cls(**{key: _plain(v) for key, v in value.items() if key != "name"})
    except (TypeError, ValueError) as error:
        fail(path, str(error).splitlines()[0])
    return dict(value)


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def value(path, given, default, may_change=False):
    """A plain option: typed like its default; a float that may change during training may be a schedule over the steps."""
    if isinstance(default, float) and hasattr(given, "items"):
        if may_change:
            return _schedule(path, given)
        fail(path, f"takes no schedule: expected float like {default!r}, found {dict(given)!r}; give a number")
    return typed(path, given, default)


def within(path, value, limits):
    """The value, if it keeps the limits that `zoo.config.option` takes."""
    words = {"minimum": "at least", "above": "above", "maximum": "at most", "below": "below"}
    holds = {
        "minimum": lambda limit: value >= limit,
        "above": lambda limit: value > limit,
        "maximum": lambda limit: value <= limit,
        "below": lambda limit: value < limit,
        "choices": lambda limit: value in limit,
    }
    for rule, limit in limits.items():
        if not holds[rule](limit):
            wanted = f"one of {', '.join(limit)}" if rule == "choices" else f"{words[rule]} {limit}"
            fail(path, f"must be {wanted}, found {value!r}")
    return value
