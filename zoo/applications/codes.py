"""Codes of examples, and examples of codes, as arrays."""

import numpy as np

from zoo.evaluation import draws


def of(model, x):
    """The codes of examples, float [n, latent_size]: decoded they are the reconstructions.

    Raises:
      ValueError: for a model without encoder.
    """
    if not model.has_posterior:
        raise ValueError("the model has no encoder, and so no codes of examples")
    return draws.in_blocks(lambda rows, positions: model.code(rows), np.asarray(x, np.float32))


def decoded(model, z):
    """The mean of P(x|z), [n, *event_shape]."""
    return draws.in_blocks(lambda rows, positions: model.generate(rows), np.asarray(z, np.float32))
