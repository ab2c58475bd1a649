"""Several measures of one model, one after the other: what one cannot answer does not stop the next."""

import numpy as np

from zoo import registry
from zoo.evaluation import ERRORS, missing


def check(measures, options):
    """Refuses a measure that does not exist, and an option that none of the measures has.

    Args:
      measures: names of parts of kind measure.
      options: {name: value}.

    Raises:
      ValueError: one line.
    """
    known = {name for measure in measures for name in registry.options("measure", measure)}
    for name in options.keys() - known:
        raise ValueError(f"--{name} is no option of {', '.join(measures)}; they have {', '.join(sorted(known))}")


def evaluate(model, data, measures, options):
    """Runs measures.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      measures: names of parts of kind measure.
      options: {name: value}; each measure takes those it has.

    Returns:
      ({name: value, or None}, {name: reason} of each None, [names where something went wrong]).
    """
    check(measures, options)
    found = {}
    for measure in measures:
        chosen = {name: options[name] for name in registry.options("measure", measure) if name in options}
        try:
            found |= registry.find("measure", measure).measure(model, data, **chosen)
        except ERRORS as error:
            found[measure] = missing(error)
    reasons, failures = {}, []
    return _with_nulls(found, "", reasons, failures), reasons, failures


def _with_nulls(found, prefix, reasons, failures):
    """The values with None in place of each missing one; its reason, and its name if it failed, are noted."""
    plain = {}
    for name, value in found.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and "reason" in value:
            reasons[path] = value["reason"]
            failures += [path] * value["failed"]
            value = None
        elif isinstance(value, dict):
            value = _with_nulls(value, f"{path}/", reasons, failures)
        plain[name] = value.item() if isinstance(value, np.generic) else value
    return plain


def nothing(found):
    """Whether no question has an answer: what is left are counts, settings and nulls."""
    settings = ("num_", "annealing_", "features[", "gradient_batch_size")
    return all(value is None for name, value in found.items() if not name.startswith(settings))
