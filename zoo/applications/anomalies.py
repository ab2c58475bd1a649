"""Anomaly scores: how foreign an example is to a model, by what the model has; higher is more foreign.

    log_prob          -(importance-weighted bound of log P(x)), nats
    reconstruction    the mean squared error of the mean of P(x|z) at the code of x, over the values of x
    critic            -(what stands in for log Q(x)); not in nats unless its kind says so
    free_energy       -log P(x) + a constant, of a Boltzmann machine, nats

A likelihood alone is no detector: foreign examples that are simpler than the data may be more likely than these (Nalisnick et
al., "Do Deep Generative Models Know What They Don't Know?", 2019). So look at several.
"""

import numpy as np
import tensorflow as tf

from zoo.applications import inputs
from zoo.evaluation.likelihood import importance_weighted_bound


def anomaly_scores(model, x, num_samples=10, seed=0):
    """{name: float [n]} of the scores that the model has.

    Args:
      model: a model in memory, or what zoo.load returns.
      x: [n, *event_shape], as `fit` takes it.
      num_samples: K of the bound.
      seed: of its draws.

    Raises:
      ValueError: for a model that has none of them, or what is no examples of it.
    """
    model = inputs.subject(model)
    x = inputs.examples(model, x)
    scores = {"log_prob": -_bound(model, x, num_samples, seed)} if model.has_likelihood_bound else {}
    functions = {}
    if model.has_posterior:
        functions["reconstruction"] = lambda at, rows, positions: _squared_error(rows, at.reconstruct(rows))
    if model.has("log_q_x"):
        functions["critic"] = lambda at, rows, positions: -at.log_densities(rows, None).log_q_x
    if model.energy is not None and model.has_posterior:
        functions["free_energy"] = lambda at, rows, positions: -at.energy.unnormalized_log_p(rows)
    if not scores and not functions:
        raise ValueError("the model has no bound, no encoder and no critic, and so nothing to score examples by")
    return scores | {name: inputs.in_blocks(model, function, x) for name, function in functions.items()}


def _bound(model, x, num_samples, seed):
    name = "importance_weighted_bound"
    if model.bounds is not None:
        return model.bounds(x, num_samples, seed)[name]
    estimated = lambda at, rows, positions: importance_weighted_bound(at, rows, num_samples, seed, positions[0])[name]  # noqa: E731
    return inputs.in_blocks(model, estimated, x)


def _squared_error(first, second):
    return tf.reduce_mean(tf.reshape((first - second) ** 2, [tf.shape(first)[0], -1]), 1)


def calibrated(scores, of_training):
    """How usual each score is among training examples: p = (1 + those with a score at least as high) / (1 + all of them).

    For an example that is like the training data p is uniform, up to 1/n: p <= 0.01 happens to one in a hundred.

    Args:
      scores: float [n].
      of_training: float [m], of examples that the model should find usual; best of ones that it was not trained on.

    Returns:
      float [n] in (0, 1].
    """
    ordered = np.sort(np.asarray(of_training))
    at_least = len(ordered) - np.searchsorted(ordered, np.asarray(scores), side="left")
    return (1 + at_least) / (1 + len(ordered))
