"""Pictures that cannot be decoded: each is named once, another takes its place, and above a stated share the run stops.

Where there are labels, the other one is of the same class, as long as it has one that can be decoded.
"""

import concurrent.futures

import numpy as np
from absl import logging

from zoo import config
from zoo.data.pictures import UnreadablePicture

CHECKED = 2000  # examples read at the start
NAMED = 5  # in an error message


def tolerated(splits, max_share):
    """Splits in which the next picture that can be decoded, of the same class if there are classes, takes the place of each
    that cannot; after the last comes the first.

    So an index means the same example each time, and batches stay a pure function of the step. Up to CHECKED examples, chosen
    by a fixed seed, are read now, so that most damage shows before training; what fits into memory is kept. Splits that are in
    memory stay as they are.

    Args:
      splits: by name.
      max_share: the largest share of a split, and of the examples checked, that may be unreadable.

    Raises:
      zoo.config.ConfigError: if there are more. Reading raises it when more turn up later.
    """
    reads = {name: _Tolerant(name, split, max_share) for name, split in splits.items() if split.array is None}
    if reads:
        _check(list(reads.values()), max_share)
    return splits | {name: splits[name].read_by(read) for name, read in reads.items()}


class _Tolerant:
    """The `read` of such a split."""

    def __init__(self, name, split, max_share):
        self.name = name
        self.split = split
        self.most = max_share * split.size
        self.unreadable = {}  # index -> name; threads may write the same entry twice, and then the same

    def example(self, index):
        """An example, or None if it cannot be read."""
        if index in self.unreadable:
            return None
        try:
            return self.split.read(index)
        except UnreadablePicture as error:
            logging.warning("%s; the next one takes its place", error)
            self.unreadable[index] = error.name
            return None

    def check(self):
        """Raises ConfigError if too many are known to be unreadable."""
        if len(self.unreadable) > self.most:
            raise _too_many(f"pictures of the {self.name} split", self.split.size, self.unreadable.values())

    def __call__(self, index):
        for place in self._places(int(index)):
            example = self.example(place)
            if example is not None:
                return example
            self.check()
        return None  # never: the share that may be unreadable is below 1

    def _places(self, index):
        """The example itself, the others of its class, and then all others."""
        yield index
        others = np.roll(np.arange(self.split.size), -index - 1)[:-1]
        if self.split.labels is not None:
            yield from others[self.split.labels[others] == self.split.labels[index]].tolist()
        yield from others.tolist()


def _check(reads, max_share):
    ends = np.cumsum([read.split.size for read in reads])
    chosen = np.sort(np.random.RandomState(0).permutation(ends[-1])[:CHECKED])
    owners = np.searchsorted(ends, chosen, side="right")

    def check(owner, place):
        reads[owner].example(int(place - ends[owner]) + reads[owner].split.size)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(check, owners, chosen))
    unreadable = [name for read in reads for name in dict(sorted(read.unreadable.items())).values()]
    if len(unreadable) > max_share * len(chosen):
        raise _too_many("pictures checked", len(chosen), unreadable)
    for read in reads:
        read.check()


def _too_many(which, count, names):
    names = list(names)
    listed = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    found = f"{len(names)} of {count} {which} cannot be decoded ({listed})"
    return config.ConfigError(f"config.data.max_unreadable: {found}; repair or remove them, or allow a larger share")
