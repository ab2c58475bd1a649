"""What raw examples may be: of one shape, and whole grey levels from 0 on or finite real numbers."""

import numpy as np

from zoo.config import ConfigError


def check_split(name, split, event_shape, levels):
    """Refuses a split that is empty, whose labels are not one an example, or whose examples in memory are no such values.

    Args:
      name: of split and data set, for the message.
      split: a zoo.data.Split.
      event_shape, levels: as of zoo.data.Preprocessing.

    Raises:
      ConfigError: one line.
    """
    if not split.size:
        _refuse(name, "has no examples")
    if split.labels_known and split.labels is not None and len(split.labels) != split.size:
        _refuse(name, f"has {len(split.labels)} labels, but {split.size} examples")
    if split.array is not None:
        check(name, split.array, event_shape, levels)


def check(name, examples, event_shape, levels):
    """Refuses raw examples [n, *event_shape], n > 0, that are not what `levels` says; see check_split."""
    if examples.shape[1:] != tuple(event_shape):
        _refuse(name, f"has examples of shape {examples.shape[1:]}, expected {tuple(event_shape)}")
    whole = examples.dtype.kind in "iub"
    if not (whole or (examples.dtype.kind == "f" and not levels)):
        wanted = f"whole numbers, the {levels} grey levels from 0 on" if levels else "real numbers"
        _refuse(name, f"has values of type {examples.dtype}, expected {wanted}")
    if not examples.size or (examples.dtype == np.uint8 and levels == 256):
        return
    low, high = examples.min(), examples.max()  # NaN if one is
    if not (np.isfinite(low) and np.isfinite(high)):
        _refuse(name, "has values that are not finite")
    if levels and (low < 0 or high >= levels):
        _refuse(name, f"has values from {low} to {high}, but its {levels} grey levels are 0 ... {levels - 1}")


def _refuse(name, reason):
    raise ConfigError(f"config.data.name: the {name} {reason}")
