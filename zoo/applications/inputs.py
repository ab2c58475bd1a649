"""What is asked, and about which examples: models in memory, runs brought back, exports; x as `fit` takes it."""

import numpy as np

from zoo import noise
from zoo.evaluation import draws
from zoo.evaluation.exported import Exported
from zoo.models import conditional, inputs


def subject(model):
    """A model as evaluation sees it (zoo/evaluation/subject.py): what zoo.load returns, or the model itself."""
    return Exported(model) if hasattr(model, "signatures") else model


def examples(model, x, finite=True):
    """x as float32 [n, *event_shape] in the model's range.

    Args:
      model: a subject.
      x: floats in that range, or whole grey levels; grey images may lack the axis of their channel.
      finite: whether values that are not are refused.

    Raises:
      ValueError: one line, for anything else.
    """
    x = np.asarray(x)
    if not x.size:
        raise ValueError(f"expected one example at least, found x of shape {x.shape}")
    found = np.asarray(inputs.examples(x, model, None, noise.seed_for(0, 0, "examples")), np.float32)
    if finite and not np.isfinite(found).all():
        raise ValueError("x must be finite, and has values that are not")
    return found


def in_blocks(model, function, *arrays):
    """draws.in_blocks of a function (model, rows of each array, positions), the model at the labels of these rows.

    Raises:
      ValueError: for a model at labels that are neither one nor one for each row.
    """
    check_labels(model, len(arrays[0]))
    return draws.in_blocks(lambda *given: function(conditional.of_rows(model, given[-1]), *given), *arrays)


def check_labels(model, count):
    """Refuses a model at labels that are neither one nor one for each of so many rows; raises ValueError."""
    label = getattr(model, "label", None)
    if label is not None and (size := np.size(label)) not in (1, count):
        raise ValueError(f"expected one label, or one for each of {count} examples or codes, found {size}")
