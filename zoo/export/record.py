"""What the index of pretrained models records of each: a fingerprint of its outputs, and its headline number.

    fingerprint    {endpoint: numbers} at fixed codes, and at the images that these make; whether the program still computes it
    headline       one measure on test data, with its standard error; whether it is still the model of the card

The headline of a model with an encoder is the squared error of its reconstructions; of one without, how far its samples are
from the data: both have a standard error that holds for few examples as well, which a Frechet distance has not.
"""

import math

import numpy as np

from zoo import config, registry
from zoo import data as data_sets
from zoo.evaluation import results, running
from zoo.evaluation.exported import Exported

CODES, SPREAD = 4, 6  # codes that are decoded, and values of each output that are kept
MOST = 2000  # examples that a record is of: the measures compare all of them with each other
DIGITS = 6
TOLERANCE = 1e-3  # of the root mean square of an output
ERRORS = 4  # standard errors between two measures of one model: once in 16,000
# (measure, its result) of a model with an encoder, and of one without.
HEADLINES = {True: ("reconstructions", "reconstruction_error"), False: ("samples", "kernel_distance[pixels]")}


def fingerprint(loaded):
    """{endpoint: [root mean square, values at equal distances]} of a model that zoo.load gives."""
    (size,) = loaded.signatures["prior"].structured_outputs["output_0"].shape[1:]
    z = np.random.RandomState(0).normal(size=(CODES, size)).astype(np.float32)
    x = loaded.generate(z)
    outputs = {"generate": x, "sample": loaded.sample(CODES, 0)}
    for name in ("encode_mean", "reconstruct"):
        if name in loaded.signatures:
            outputs[name] = getattr(loaded, name)(x)
    return {name: _numbers(np.asarray(value, np.float64).ravel()) for name, value in outputs.items()}


def _numbers(values):
    chosen = values[np.linspace(0, len(values) - 1, SPREAD).astype(int)]
    return [float(f"{number:.{DIGITS}g}") for number in (np.sqrt(np.mean(values**2)), *chosen)]


def changed(recorded, found):
    """The endpoints in which two fingerprints differ by more than rounding, a list."""
    return sorted(
        name
        for name in recorded.keys() | found.keys()
        if not np.allclose(recorded.get(name, np.nan), found.get(name, np.nan), rtol=0, atol=TOLERANCE * _size(recorded, name))
    )


def _size(recorded, name):
    return max(recorded.get(name, [0.0])[0], 1e-6)


def told(section):
    """What an index says of a config's `data`: {"name", and the set's own options where they are not the usual ones}."""
    options = registry.options("data", section.name if registry.has("data", section.name) else "tfds")
    return {"name": section.name} | {name: section[name] for name, own in options.items() if section[name] != own.default}


def data_of(loaded, given, data_dir=None):
    """The data set that a model is measured on, as it sees it.

    Args:
      loaded: what zoo.load gives.
      given: what `told` returns.
      data_dir: where data sets lie.
    """
    section = config.experiment(data=given, model={}, training={}).data
    section.update(Exported(loaded).seen)
    return data_sets.load(section, data_dir)


def headline(loaded, data, num_examples=MOST):
    """The headline number of a model: {"measure", "result", "value", "standard_error", "num_examples"}.

    Args:
      loaded: what zoo.load gives.
      data: from `data_of`.
      num_examples: how many at most.

    Raises:
      ValueError: one line, for a model that has none.
    """
    model = Exported(loaded)
    measure, name = HEADLINES[model.has_posterior]
    num_examples = min(num_examples, data.size("test"))
    found = running.evaluate(model, data, [measure], {"num_examples": num_examples})
    result = found.get(name, found.get(measure))
    if not isinstance(result, results.Result) or result.value is None or result.standard_error is None:
        raise ValueError(f"the model has no {name} with an error on {data.name}: {getattr(result, 'reason', 'not measured')}")
    return {
        "measure": measure,
        "result": name,
        "value": result.value,
        "standard_error": result.standard_error,
        "num_examples": num_examples,
    }


def agree(recorded, found):
    """Whether two headline numbers may be those of one model.

    They are means over examples of one test set, some of them the same in both: the variance of their difference is at most
    the sum of theirs, and 0 for the same examples, of which rounding is left.
    """
    error = math.hypot(recorded["standard_error"], found["standard_error"])
    same = all(recorded[field] == found[field] for field in ("measure", "result"))
    return same and abs(recorded["value"] - found["value"]) <= ERRORS * error
