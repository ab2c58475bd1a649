"""Evaluation: one file answers one question about a model.

A measure is a module with a function

    measure(model, data, *, option=default, ...) -> {name: value}

    model    a zoo.evaluation.subject.Subject: a trained model, or an exported one
    data     a zoo.data.Dataset; the model is measured on its test split
    value    a number, a string, or a table (a dictionary) of them; the standard error of `name` is `name_standard_error`

A value that cannot be had is {"value": None, "reason": one line, "failed": whether something went wrong, as against a model
that cannot have it}. Options of one name mean the same in every measure, and tools/evaluate.py sets them by flags of that
name: num_samples, seed, features, num_examples ...

Every random number is a function of the seed and of the example it is for, so that no batch size shows in a value; a
distribution that tfp cannot slice (a tfd without `_parameter_properties`) is drawn from in blocks of a fixed size instead.
"""

import numpy as np
import tensorflow as tf

# What a question raises when it has no answer, as against a bug.
ERRORS = (ValueError, np.linalg.LinAlgError, tf.errors.InvalidArgumentError)


class Unavailable(ValueError):
    """What a model or its data cannot have; the message says why."""


def estimate(name, values):
    """{name: mean, name_standard_error: of it} of independent values [n], in float64; no error of a single value."""
    values = np.asarray(values, np.float64)
    found = {name: float(values.mean())}
    return found | ({f"{name}_standard_error": float(values.std(ddof=1) / np.sqrt(len(values)))} if len(values) > 1 else {})


def answers(questions):
    """The answers to several questions, where one that fails does not take the others with it.

    Args:
      questions: {names of the values, a tuple: function that returns {name: value}}.

    Returns:
      {name: value}, with {"value": None, "reason": ..., "failed": ...} under the names of a question that raised, and for
      every number that is not finite.
    """
    found = {}
    for names, question in questions.items():
        try:
            found |= {name: _finite(name, value) for name, value in question().items()}
        except ERRORS as error:
            found |= {name: missing(error) for name in names}
    return found


def missing(error):
    """The value in place of one that raised this error."""
    reason = str(error).strip().partition("\n")[0]
    return {"value": None, "reason": reason, "failed": not isinstance(error, Unavailable)}


def _finite(name, value):
    if isinstance(value, dict):
        return {key: _finite(f"{name}, {key}", entry) for key, entry in value.items()}
    if isinstance(value, (float, np.floating)) and not np.isfinite(value):
        return missing(ValueError(f"{name} is {value}: the model's outputs or their statistics are not finite"))
    return value.item() if isinstance(value, np.generic) else value
