"""What the endpoints of an exported model do not say of it, for programs: model.json beside the program, and `loaded.facts`.

{"format": 1,
 "preprocessing": {"event_shape": [8, 8, 1], "levels": 17, "value_range": "symmetric", ...},   null: x passes as it is
 "likelihood_support": "real",       P(x|z) is a density ("real", "unit") or a probability ("binary", "levels") of x
 "code_support": "real",             z is real numbers, or "binary"
 "posterior": "normal",              Q(z|x) is independent normals of the loc and scale of `encode`, or "bernoulli", of its
                                     probs; null: neither, or there is none
 "critics": {"log_q_x": "potential"},    what it stands in for -> its kind: density, ratio, potential or gradient
 "critic_details": {"log_q_x": {
     "reads": "drawn",           its samples were x ~ P(x|z), or their "mean"
     "slope_held": "segments"}}}  in training its slope was held "everywhere", on "segments" between data and samples, or null
"""

import contextlib
import dataclasses
import json

import numpy as np
import tensorflow as tf

from zoo.data.preprocessing import Preprocessing
from zoo.evaluation.exported import POSTERIORS
from zoo.export import endpoints
from zoo.models import conditional
from zoo.samplers import critics

NAME = "model.json"
FORMAT = 1
MAX_BYTES = 1 << 20
CHOICES = {
    "likelihood_support": ("real", "unit", "binary", "levels"),
    "code_support": ("real", "binary"),
    "posterior": (*POSTERIORS, None),
}
DETAILS = {"reads": ("drawn", "mean"), "slope_held": ("everywhere", "segments", None)}


def of(model):
    """The facts of a model: a dictionary, as above."""
    told = critics.facts(model)
    return {
        "format": FORMAT,
        "preprocessing": dataclasses.asdict(model.preprocessing) if model.preprocessing else None,
        "likelihood_support": model.likelihood_support,
        "code_support": model.code_support,
        "posterior": _posterior(model),
        "critics": {name: known["kind"] for name, known in told.items()},
        "critic_details": {name: {field: known[field] for field in DETAILS} for name, known in told.items()},
    }


def _posterior(model):
    """Of which family Q(z|x) is: asked by its log-density at draws of it, since names of parameters prove nothing."""
    if not model.has("log_q_z_given_x"):
        return None
    x = tf.random.stateless_uniform([8, *model.event_shape], [0, 1], dtype=endpoints.dtype(model))
    model = model.given(0) if conditional.classes(model) else model
    posterior = model.posterior(model.preprocessing.from_unit(x) if model.preprocessing else x)
    told, z = model.posterior_family.described(posterior), posterior.sample(8, seed=[0, 2])
    for name, independent in POSTERIORS.items():
        with contextlib.suppress(KeyError):
            if np.allclose(posterior.log_prob(z), independent(told).log_prob(z), rtol=1e-4, atol=1e-4):
                return name
    return None


def write(model, folder):
    """Writes the facts of a model into its folder."""
    (folder / NAME).write_text(json.dumps(of(model), indent=1) + "\n")


def read(folder):
    """The facts in a model's folder; an empty dictionary for a model that says none, as an older one.

    Raises:
      ValueError: one line, for what `write` would not have written.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes()) if path.stat().st_size <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{NAME} is no JSON: {error}") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{NAME} is not of format {FORMAT}; a newer version of this package may read it")
    _check(found)
    return found


def _check(found):
    for name, choices in CHOICES.items():
        if found.get(name, ...) not in choices:
            raise ValueError(f"{NAME}: {name} must be of {choices}, found {found.get(name)!r}")
    kinds, preprocessing = found.get("critics"), found.get("preprocessing")
    if not isinstance(kinds, dict) or not all(isinstance(kind, str) for kind in kinds.values()):
        raise ValueError(f"{NAME}: critics must be names and kinds, found {kinds!r}")
    _check_details(found.get("critic_details", {}))
    try:
        Preprocessing(**preprocessing) if preprocessing is not None else None
    except TypeError as error:
        raise ValueError(f"{NAME}: preprocessing: {error}") from error


def _check_details(details):
    """Models of before there were any have none."""
    each = list(details.values()) if isinstance(details, dict) else [None]
    if not all(isinstance(known, dict) and known.keys() == DETAILS.keys() for known in each):
        raise ValueError(f"{NAME}: critic_details must be {', '.join(DETAILS)} for each name, found {details!r}")
    for known in each:
        for field, choices in DETAILS.items():
            if known[field] not in choices:
                raise ValueError(f"{NAME}: {field} must be of {choices}, found {known[field]!r}")
