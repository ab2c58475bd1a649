"""Five equal Gaussians in the plane, at the origin and on the unit circle; std 0.25, entropy 1.557 nats.

Source: the toy experiment of Livne, Swersky and Fleet (2019), "MIM: Mutual Information Machine".
"""

import numpy as np

from zoo.data import gaussian_mixture

_ANGLES = np.radians([0, 72, 144, 216])
MEANS = np.concatenate([np.zeros((1, 2)), np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)])
STD = 0.25


def load(data_dir):
    """Splits of float32 vectors [2], labelled by their Gaussian; nothing is read from data_dir."""
    return gaussian_mixture.splits(MEANS, STD), 0
