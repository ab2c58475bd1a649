"""Codes of examples, and examples of codes, as arrays."""

import numpy as np

from zoo.evaluation import draws


def of(model, x, seed=0):
    """The mean of Q(z|x), or a draw of it where it has none in closed form: float [n, latent_size].

    Raises:
      ValueError: for a model without encoder.
    """
    found = draws.encoded(model, np.asarray(x, np.float32), seed)
    return found.get("mean", found["sample"])


def decoded(model, z):
    """The mean of P(x|z), [n, *event_shape]."""
    return draws.in_blocks(lambda rows, positions: model.generate(rows), np.asarray(z, np.float32))
