"""Random pictures in memory, for works that are about the step alone: the time of a step does not depend on what it sees."""

import numpy as np

from zoo.data import Split


def load(data_dir, *, image_size: int = 32, channels: int = 3, count: int = 2048):
    """A training split of `count` uint8 images."""
    shape = (count, image_size, image_size, channels)
    return {"train": Split(np.random.RandomState(0).randint(0, 256, shape, np.uint8))}, 256
