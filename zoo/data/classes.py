"""Labels to train a classifier by: there are some, and of each class enough."""

import numpy as np


def check(data, what="data set"):
    """Refuses data that no classifier can be trained and tested with.

    Args:
      data: a zoo.data.Dataset.
      what: how the message calls it.

    Raises:
      ValueError: one line: no labels, fewer than two classes, one that is only tested, or one with a single example.
    """
    if any(name not in data.splits or data.labels(name) is None for name in ("train", "test")):
        raise ValueError(f"{what} {data.name} has no labels to classify by; choose data with labels, in train and test")
    seen, counts = np.unique(data.labels("train"), return_counts=True)
    if len(seen) < 2:
        raise ValueError(f"{what} {data.name} has {len(seen)} class to train on; a classifier tells at least two apart")
    if alone := seen[counts == 1].tolist():
        raise ValueError(
            f"{what} {data.name} has one training example of class {alone[0]}; a class needs two: add to it, or leave it out"
        )
    if unseen := sorted({*data.labels("test").tolist()} - {*seen.tolist()}):
        raise ValueError(f"{what} {data.name} has no training example of class {unseen[0]}, which is tested: add some")
