"""The floor: how far data lie from data, one half of the test split from the other; no sample can be expected to lie nearer.

Distances depend on the number of points: what is compared with this floor is measured with as many.
"""

import numpy as np

from zoo.evaluation import draws, samples
from zoo.evaluation.features import load
from zoo.evaluation.results import Quantity, Result, answers

OF_CLASSES = True  # it can be asked of a class-conditional model
RESULTS = {
    "floor": Quantity(
        "",
        "",
        "Distances of data from data",
        "What a perfect model would have with as many examples. Nothing to be better than.",
    )
}


def measure(model, data, *, num_examples: int = 5000, features: str = "pixels", seed: int = 0):
    """Every measure of samples, of test examples against as many other test examples.

    Args:
      model: not asked.
      data: see zoo/evaluation/__init__.py.
      num_examples: of each half, at most.
      features: pixels, or the folder of a SavedModel (zoo/evaluation/features.py).
      seed: of the halves.

    Returns:
      floor: {"data": every measure of zoo/evaluation/samples.py}, and num_floor_examples, of each half.
    """
    x, _ = draws.examples(data, seed=seed)
    count = min(num_examples, len(x) // 2)
    rows = np.random.RandomState(seed).permutation(len(x))
    first, second = x[rows[:count]], x[rows[count : 2 * count]]

    def of_halves():
        return {"floor": Result({"data": samples.scores(load(features), data, first, second, seed)})}

    return answers({("floor",): of_halves}, RESULTS, count) | {"num_floor_examples": count}
