"""Codes of examples, and examples of codes, as arrays."""

import numpy as np

from zoo.applications import inputs


def of(model, x):
    """The codes of examples, float [n, latent_size]: decoded they are the reconstructions.

    Raises:
      ValueError: for a model without encoder, or what is no examples of it.
    """
    model = inputs.subject(model)
    if not model.has_posterior:
        raise ValueError("the model has no encoder, and so no codes of examples")
    return inputs.in_blocks(model, lambda at, rows, positions: at.code(rows), inputs.examples(model, x))


def decoded(model, z):
    """The mean of P(x|z), [n, *event_shape]."""
    model = inputs.subject(model)
    return inputs.in_blocks(model, lambda at, rows, positions: at.generate(rows), np.asarray(z, np.float32))
