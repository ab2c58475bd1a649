"""4x4 binary images of horizontal or vertical bars: 30 images whose probabilities are known; entropy 3.379 nats.

A fair coin chooses the orientation, and each of the four lines is on with probability 1/2. The empty and the full image
come from both orientations (probability 1/16 each), the other 28 from one (1/32 each).
"""

import itertools

import numpy as np

from zoo.data.dataset import Split

TRAIN_SIZE = 100_000
TEST_SIZE = 10_000


def table():
    """All images, uint8 {0, 1} [30, 4, 4, 1], and their probabilities, float64 [30]."""
    lines = np.array(list(itertools.product((0, 1), repeat=4)), np.uint8)
    rows = np.broadcast_to(lines[:, :, None, None], (16, 4, 4, 1))
    equally_likely = np.concatenate([rows, rows.transpose(0, 2, 1, 3)])
    images, counts = np.unique(equally_likely, axis=0, return_counts=True)
    return images, counts / len(equally_likely)


def load(data_dir):
    """Splits of images [4, 4, 1], labelled by their row of `table`; nothing is read from data_dir."""
    return {"train": _draw(TRAIN_SIZE, seed=0), "test": _draw(TEST_SIZE, seed=1)}, 2


def _draw(count, seed):
    images, probabilities = table()
    labels = np.random.RandomState(seed).choice(len(images), size=count, p=probabilities)
    return Split(images[labels], labels.astype(np.int64))
