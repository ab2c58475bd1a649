"""Codes of examples, and examples of codes, as arrays."""

import numpy as np

from zoo.applications import inputs
from zoo.evaluation import draws


def of(model, x):
    """The codes of examples, float [n, latent_size]: decoded they are the reconstructions.

    Raises:
      ValueError: for a model without encoder, or what is no examples of it.
    """
    model = inputs.subject(model)
    if not model.has_posterior:
        raise ValueError("the model has no encoder, and so no codes of examples")
    return draws.in_blocks(lambda rows, positions: model.code(rows), inputs.examples(model, x))


def decoded(model, z):
    """The mean of P(x|z), [n, *event_shape]."""
    model = inputs.subject(model)
    return draws.in_blocks(lambda rows, positions: model.generate(rows), np.asarray(z, np.float32))
