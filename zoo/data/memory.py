"""Examples remembered once they have been read, so that a small set is decoded only once."""

import math

import numpy as np

from zoo.data.dataset import RESIDENT_BYTES


def remembered(read, size, event_shape):
    """`read` (index -> uint8 example), keeping what it has read where all examples fit into 1 GiB of host memory."""
    if size * math.prod(event_shape) > RESIDENT_BYTES:
        return read
    examples = np.empty((size, *event_shape), np.uint8)  # a page costs memory only once something is written to it
    known = np.zeros(size, bool)

    def read_once(index):
        if not known[index]:
            examples[index] = read(index)
            known[index] = True  # last, because other threads read too
        return examples[index]

    return read_once
