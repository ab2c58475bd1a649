"""Reconstructions: how far the mean of P(x|z), at the code of x, lies from x; x as features take it, images in [0, 1].

The code is the encoder's, or where some steps of descent on -log P(x, z) lead from there: the decoder's share of the error, and
less of the encoder's.
"""

import functools

import numpy as np

from zoo.distributions.descent import descended
from zoo.evaluation import draws, samples
from zoo.evaluation.features import load
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate
from zoo.models import conditional

OF_CLASSES = True  # it can be asked of a class-conditional model
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


def measure(model, data, *, num_examples: int = 5000, features: str = "pixels", descent_steps: int = 0, seed: int = 0):
    """The squared error of each reconstruction, and how far their distribution lies from that of the data.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: how many test examples.
      features: pixels, or the folder of a SavedModel (zoo/evaluation/features.py).
      descent_steps: from the encoder's code (zoo/distributions/descent.py).
      seed: of the choice of examples.

    Returns:
      reconstruction_error, the mean over values of x; reconstructions: {"data": every measure of zoo/evaluation/samples.py, of
      the reconstructions against their examples}; num_reconstructions.
    """
    x, labels = draws.examples(data, num_examples, seed)

    @functools.cache
    def reconstructed():
        if not model.has_posterior:
            raise Unavailable("the model has no encoder")
        made = lambda rows, label, positions: _reconstructed(conditional.at(model, label), rows, descent_steps)  # noqa: E731
        return draws.in_blocks(made, x, draws.told(model, labels, len(x)))

    def error():
        first, second = (draws.flat(samples.to_unit(data, each)) for each in (x, reconstructed()))
        return {"reconstruction_error": estimate(np.mean((first - second) ** 2, 1))}

    def scores():
        return {"reconstructions": Result({"data": samples.scores(load(features), data, x, reconstructed(), seed)})}

    questions = {("reconstruction_error",): error, ("reconstructions",): scores}
    return answers(questions, RESULTS, len(x)) | {"num_reconstructions": len(x)}


def _reconstructed(model, x, descent_steps):
    if not descent_steps:
        return model.reconstruct(x)
    if model.code_support != "real" or not (model.has("log_p_x_given_z") and model.has("log_p_z")):
        raise Unavailable("descent needs real codes, and a likelihood and a prior with densities")
    return model.generate(descended(model.code(x), model, x, descent_steps))
