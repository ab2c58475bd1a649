"""Reconstructions: how far the mean of P(x|z), at the code of x, lies from x; x as features take it, images in [0, 1]."""

import functools

import numpy as np

from zoo.evaluation import draws, samples
from zoo.evaluation.features import load
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate

RESULTS = {
    "reconstruction_error": Quantity(
        "squared units of x, a value", "lower", "Squared error of reconstructions", "Mean over values of x. Blur lowers it."
    ),
    "reconstructions": Quantity(
        "",
        "",
        "Distances of reconstructions",
        "How far the set of reconstructions is from the set of data, by the measures of samples.",
    ),
}


def measure(model, data, *, num_examples: int = 5000, features: str = "pixels", seed: int = 0):
    """The squared error of each reconstruction, and how far their distribution lies from that of the data.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: how many test examples.
      features: pixels, or the folder of a SavedModel (zoo/evaluation/features.py).
      seed: of the choice of examples.

    Returns:
      reconstruction_error, the mean over values of x; reconstructions: {"data": every measure of zoo/evaluation/samples.py, of
      the reconstructions against their examples}; num_reconstructions.
    """
    x, _ = draws.examples(data, num_examples, seed)

    @functools.cache
    def reconstructed():
        if not model.has_posterior:
            raise Unavailable("the model has no encoder")
        return draws.in_blocks(lambda rows, positions: model.reconstruct(rows), x)

    def error():
        first, second = (draws.flat(samples.to_unit(data, each)) for each in (x, reconstructed()))
        return {"reconstruction_error": estimate(np.mean((first - second) ** 2, 1))}

    def scores():
        return {"reconstructions": Result({"data": samples.scores(load(features), data, x, reconstructed(), seed)})}

    questions = {("reconstruction_error",): error, ("reconstructions",): scores}
    return answers(questions, RESULTS, len(x)) | {"num_reconstructions": len(x)}
