"""Interpolation: from one example to another by way of their codes.

    linear       z_t = (1 - t) z_0 + t z_1
    spherical    z_t = [sin((1 - t) w) z_0 + sin(t w) z_1] / sin w        w: the angle between z_0 and z_1

The second keeps to lengths between those of the two codes, which in many dimensions is where a normal prior is.

Source: White, "Sampling Generative Networks" (2016), arXiv:1609.04468.
"""

import numpy as np

from zoo.applications import codes, inputs
from zoo.models import conditional

SMALL = 1e-6  # of an angle's sine, below which the two paths are the same


def interpolate(model, first, second, steps=8, path="linear"):
    """Examples on the way from each of some examples to another.

    Args:
      model: a model with an encoder.
      first, second: x [n, *event_shape], as `fit` takes them.
      steps: how many, both ends included.
      path: "linear" or "spherical".

    Returns:
      float [n, steps, *event_shape]: the mean of P(x|z) at each code.

    Raises:
      ValueError: for another path, fewer than two steps, or a model without encoder.
    """
    _check(steps, path)
    if len(first) != len(second):
        raise ValueError(
            f"a way leads from each example to another: give as many of both, found {len(first)} and {len(second)}"
        )
    return between(model, codes.of(model, first), codes.of(model, second), steps, path)


def _check(steps, path):
    if path not in PATHS:
        raise ValueError(f"path must be one of {', '.join(PATHS)}, found {path!r}")
    if steps < 2:
        raise ValueError(f"steps must be at least 2, the two ends, found {steps}")


def between(model, start, end, steps=8, path="linear"):
    """The same from codes to codes, z [n, latent_size] each: of a model without encoder too."""
    _check(steps, path)
    z = PATHS[path](start[:, np.newaxis], end[:, np.newaxis], np.linspace(0, 1, steps)[np.newaxis, :, np.newaxis])
    inputs.check_labels(model, len(z))
    of_steps = conditional.of_rows(model, np.repeat(np.arange(len(z), dtype=np.int32), steps))
    x = codes.decoded(of_steps, z.reshape(-1, z.shape[-1]))
    return x.reshape(*z.shape[:2], *x.shape[1:])


def linear(start, end, t):
    """(1 - t) z_0 + t z_1 of codes [..., latent_size]."""
    return (1 - t) * start + t * end


def spherical(start, end, t):
    """The same on the great circle through both, of codes [..., latent_size]."""
    lengths = np.linalg.norm(start, axis=-1, keepdims=True) * np.linalg.norm(end, axis=-1, keepdims=True)
    cosine = np.sum(start * end, -1, keepdims=True) / np.maximum(lengths, np.finfo(np.float32).tiny)
    angle = np.arccos(np.clip(cosine, -1, 1))
    sine = np.sin(angle)
    safe = np.where(sine < SMALL, 1, sine)
    around = (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / safe
    return np.where(sine < SMALL, linear(start, end, t), around)


PATHS = {"linear": linear, "spherical": spherical}
