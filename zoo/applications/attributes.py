"""Attribute arithmetic: what a property does to codes, added to those of other examples.

    direction = mean code with the property - mean code without it        x' = mean of P(x | code + strength * direction)

Source: Radford et al. (2016), section 6.3; Larsen et al., "Autoencoding beyond pixels" (2016).
"""

import numpy as np

from zoo.applications import codes


def attribute_direction(model, x, has):
    """The direction of a property in codes, float [latent_size].

    Args:
      model: a model with an encoder.
      x: examples [n, *event_shape], as `fit` takes them.
      has: bool [n], which of them have the property.

    Raises:
      ValueError: if all have it or none, or `has` is of another length.
    """
    has = np.asarray(has, bool)
    if has.shape != (len(x),):
        raise ValueError(f"has must be one truth for each of {len(x)} examples, found shape {has.shape}")
    if has.all() or not has.any():
        raise ValueError("a direction leads from examples without the property to those with it: give some of both")
    z = codes.of(model, x)
    return z[has].mean(0) - z[~has].mean(0)


def change(model, x, direction, strength=1.0):
    """Examples with more of a property (less, for a strength below 0), [n, *event_shape]."""
    return codes.decoded(model, codes.of(model, x) + strength * np.asarray(direction))
