"""What a measure returns: results, each with its error and unit or the reason why there is none; and settings beside them.

A measure returns {name: Result, or anything else}: what is no Result is a setting, like a count of examples. A module that
makes results declares them, so that whoever reads a printed evaluation knows which of its numbers are results:

    RESULTS = {"negative_elbo": Quantity("nats", "lower", "Negative ELBO", "..."), ...}    # without what a name has in brackets
"""

import dataclasses
import typing

import numpy as np
import tensorflow as tf

# What a question raises when it has no answer, as against a bug.
ERRORS = (ValueError, np.linalg.LinAlgError, tf.errors.InvalidArgumentError)


class Unavailable(ValueError):
    """What a model or its data cannot have; the message says why."""


class TooFewError(ValueError):
    """Fewer examples than a question needs: a fault if the split has more, and else what the data cannot have."""

    def __init__(self, what, least, count):
        super().__init__(f"{what} needs at least {least} examples, found {count}")
        self.least = least


class Quantity(typing.NamedTuple):
    """What a result is.

    Attributes:
      unit: in words.
      better: "higher" or "lower"; "" where neither is.
      name: what people call it.
      meaning: what it measures, and when it misleads: a sentence or two.
    """

    unit: str = ""
    better: str = ""
    name: str = ""
    meaning: str = ""


@dataclasses.dataclass(frozen=True)
class Result:
    """One answer about a model, or the reason why there is none.

    Attributes:
      value: a number; a table, which is a dictionary of numbers or of further {name: Result}; None if there is none.
      standard_error: of the value; None where it is not known.
      unit, better, name, meaning: see Quantity.
      count: how many examples it was measured on.
      split: of which split.
      reason: why there is no value, one line.
      failed: whether something went wrong, as against a model that cannot have the value.
    """

    value: object = None
    standard_error: float | None = None
    unit: str = ""
    better: str = ""
    name: str = ""
    meaning: str = ""
    count: int | None = None
    split: str = "test"
    reason: str = ""
    failed: bool = False


def estimate(values):
    """The mean of independent values [n], in float64, with its standard error; of a single value there is none."""
    values = np.asarray(values, np.float64)
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return Result(float(values.mean()), error, count=len(values))


def missing(error, available=None):
    """The result in place of one that raised this error.

    Args:
      error: an exception.
      available: how many examples there are; None if that is not known.
    """
    reason, failed = str(error).strip().partition("\n")[0], not isinstance(error, Unavailable)
    if isinstance(error, TooFewError):
        failed = available is None or error.least <= available
        reason += "; raise --num_examples" if failed else f", and there are {available}"
    return Result(reason=reason, failed=failed)


def answers(questions, quantities, count=None, split="test", available=None):
    """The answers to several questions, where one that fails does not take the others with it.

    Args:
      questions: {names of the results, a tuple: function that returns {name: Result} of just these, and settings}.
      quantities: {name without what it has in brackets: Quantity}.
      count: how many examples were measured on, where a result does not say.
      split: of which split.
      available: how many the split has.

    Returns:
      {name: Result, or a setting}. A question that raised has under all its names the reason, and so has each number that
      is not finite.

    Raises:
      TypeError: for a question that answers something else than it is asked.
      KeyError: for a name without quantity.
    """
    found = {}
    for names, question in questions.items():
        try:
            given = question()
        except ERRORS as error:
            given = {name: missing(error, available) for name in names}
        if {name for name, item in given.items() if isinstance(item, Result)} != set(names):
            raise TypeError(f"a question of {', '.join(names) or 'nothing'} has answered {', '.join(given) or 'nothing'}")
        for name, item in given.items():
            found[name] = _whole(name, item, quantities, count, split) if isinstance(item, Result) else item
    return found


def _whole(name, result, quantities, count, split):
    """A result with all that is known of it, and none of a number that is not finite."""
    for number in (result.value, result.standard_error):
        if isinstance(number, float | np.floating) and not np.isfinite(number):
            reason = f"{name} is {number}: the model's outputs or their statistics are not finite"
            result = Result(reason=reason, failed=True)
    value = result.value.item() if isinstance(result.value, np.generic) else result.value
    unit, better, called, meaning = quantities[name.partition("[")[0]]
    said = {"unit": unit, "better": better, "name": called, "meaning": meaning}
    own = result.count if result.count is not None else count
    return dataclasses.replace(result, value=value, count=own, split=split, **said)


def results(found, prefix=""):
    """(path, Result) of each result, those of tables too: their path is table/row/name."""
    for name, item in found.items():
        table = item.value if isinstance(item, Result) else item
        if isinstance(item, Result):
            yield f"{prefix}{name}", item
        if isinstance(table, dict):
            yield from results(table, f"{prefix}{name}/")


def reasons(found, failed=False):
    """{path: reason} of each result without a value; with `failed` only of those where something went wrong."""
    return {path: item.reason for path, item in results(found) if item.value is None and item.failed >= failed}


def nothing(found):
    """Whether no question has an answer."""
    return not any(item.value is not None and not isinstance(item.value, dict) for _, item in results(found))


def as_json(found):
    """{name: value, name_standard_error: of it} as JSON can hold it; None for what is missing."""
    plain = {}
    for name, item in found.items():
        value = item.value if isinstance(item, Result) else item
        plain[name] = as_json(value) if isinstance(value, dict) else value
        if isinstance(item, Result) and item.standard_error is not None:
            plain[f"{name}_standard_error"] = float(item.standard_error)
    return plain
