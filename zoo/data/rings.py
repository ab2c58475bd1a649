"""Eight equal Gaussians of std 0.02 on a circle of radius 2: the usual test for lost modes."""

import numpy as np

from zoo.data import gaussian_mixture

_ANGLES = np.arange(8) * np.pi / 4
MEANS = 2 * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
STD = 0.02


def load(data_dir):
    """Splits of float32 vectors [2], labelled by their Gaussian; nothing is read from data_dir."""
    return gaussian_mixture.splits(MEANS, STD), 0
