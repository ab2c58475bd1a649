"""Likelihood: bounds of log P(x) by importance sampling and annealing, its exact value where there is one, bits a dimension.

    log w_k = log P(x|z_k) + log P(z_k) - log Q(z_k|x),    z_k ~ Q(z|x),    k = 1 ... K

    ELBO                         E[ log w ]                        estimated by  mean_k log w_k
    importance-weighted bound    E[ log (w_1 + ... + w_K)/K ]      estimated by  log mean_k w_k

Both are lower bounds of log P(x) in expectation; the second rises with K, and both are exact where Q(z|x) = P(z|x).

Source: Burda et al., "Importance Weighted Autoencoders" (2016), equation 8.
"""

import math

import numpy as np
import tensorflow as tf
from absl import logging

from zoo import noise
from zoo.approximators.importance_weights import pareto_k
from zoo.evaluation import annealing, draws, exact
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate
from zoo.models import conditional
from zoo.models.pair import Pair

DRAWS = 100  # the draws of one example that come from one seed: part of what a seed means
# What is decoded at once: more blocks than one, since each operation has its price; fewer where x is large, which takes memory.
MOST_BLOCKS, MOST_VALUES = 5, 2**20


def importance_weighted_bound(model, x, num_samples, seed, first=0):
    """The two bounds of log P(x) for each example, in nats of x in the model's range.

    The draws are a function of (seed, position of the example, number of the draw) only: the batch size does not matter,
    and a smaller `num_samples` uses the first draws of a larger. It runs in a loop of the graph, of which TensorFlow may run
    ten iterations beside each other, with at most 500 draws each; so call it inside of a tf.function.

    Args:
      model: a Subject that has distributions; its posterior may be any tfd.
      x: float [batch, *event_shape] in the model's range; the batch may be unknown.
      num_samples: K, at least 1; an integer or an int32 scalar.
      seed: an integer or an int32 scalar.
      first: the position of x[0] in its data set, for data that comes in several batches.

    Returns:
      A dictionary of [batch] tensors:
        importance_weighted_bound: log mean_k w_k.
        elbo: mean_k log w_k.
        log_weight_variance: of log w_k, unbiased (0 for K = 1); the squared standard error of `elbo` is this over K.
        effective_sample_size: (sum_k w_k)^2 / sum_k w_k^2, in [1, K]; the squared standard error of
          `importance_weighted_bound` is about 1 / effective_sample_size - 1 / K.

    Raises:
      ValueError: for a model that has no such bound.
      tf.errors.InvalidArgumentError: for num_samples below 1.
    """
    if not model.has_likelihood_bound:
        raise ValueError("a likelihood bound needs a posterior, a prior and a likelihood with densities; the model lacks one")
    with tf.control_dependencies([tf.debugging.assert_positive(num_samples, "num_samples must be at least 1")]):
        num_samples = tf.identity(num_samples)
    return bounds(log_weights(model, x, num_samples, noise.seed_for(0, seed, "importance_weighted_bound"), first))


def log_weights(model, x, num_samples, seed, first=0):
    """log w_k, [batch, num_samples]: see `importance_weighted_bound`; here the seed is a pair.

    The encoder and the prior run once, unless tfp cannot slice the posterior. One loop over all blocks of all examples: of a
    loop within a loop, a SavedModel that was loaded again has gradients that are 0 (TensorFlow 2.21).
    """
    blocks = -(-num_samples // DRAWS)
    total = tf.shape(x)[0] * blocks
    posterior, prior = model.posterior(x), model.prior()
    slices = noise.sliceable(posterior)
    at_once = max(1, min(MOST_BLOCKS, MOST_VALUES // (DRAWS * math.prod(x.shape[1:]))))

    @tf.function(autograph=False)  # traced once, not for each block of a group
    def block_of(item):
        row, block = item // blocks, item % blocks
        own = posterior[row : row + 1] if slices else conditional.of_rows(model, tf.stack([row])).posterior(x[row : row + 1])
        z = own.sample(DRAWS, seed=tf.random.fold_in(tf.random.fold_in(seed, first + row), block))
        return row, z, own.log_prob(z)

    def log_weights_of(start):
        # The last group is filled up with the last block.
        rows, codes, log_q = zip(*(block_of(tf.minimum(start + i, total - 1)) for i in range(at_once)), strict=True)
        known = {"prior": prior, "log_q_z_given_x": tf.concat(log_q, 1)}
        at = conditional.of_rows(model, tf.stack(rows))
        return tf.transpose(Pair(at, tf.gather(x, tf.stack(rows)), tf.concat(codes, 1), **known).log_weight)

    starts = tf.range(0, total, at_once)
    found = tf.map_fn(log_weights_of, starts, fn_output_signature=tf.TensorSpec([at_once, DRAWS], x.dtype))
    return tf.reshape(tf.reshape(found, [-1, DRAWS])[:total], [tf.shape(x)[0], blocks * DRAWS])[:, :num_samples]


def bounds(log_weights):
    """What `importance_weighted_bound` returns, from log w_k [batch, num_samples]."""
    count = tf.cast(tf.shape(log_weights)[1], log_weights.dtype)
    elbo = tf.reduce_mean(log_weights, 1)
    return {
        "importance_weighted_bound": tf.reduce_logsumexp(log_weights, 1) - tf.math.log(count),
        "elbo": elbo,
        "log_weight_variance": tf.reduce_sum(tf.square(log_weights - elbo[:, tf.newaxis]), 1) / tf.maximum(count - 1, 1),
        "effective_sample_size": 1 / tf.reduce_sum(tf.square(tf.nn.softmax(log_weights, 1)), 1),
    }


OF_CLASSES = True  # it can be asked of a class-conditional model
RESULTS = {
    "negative_elbo": Quantity(
        "nats",
        "lower",
        "Negative ELBO",
        "Rate plus distortion: an upper bound of -log P(x). It is loose where the posterior fits badly.",
    ),
    "importance_weighted_bound": Quantity(
        "nats",
        "higher",
        "Importance-weighted bound of log P(x)",
        "Lower bound from K draws, rising with K. Where Pareto k is above 0.7 it may be far from log P(x).",
    ),
    "importance_weighted_bound_above_elbo": Quantity(
        "nats", "", "What the bound gains over the ELBO", "A gap that the posterior's misfit explains; it grows with K."
    ),
    "effective_sample_size": Quantity(
        "weights",
        "higher",
        "Effective number of weights",
        "Of the K weights how many count. Too few draws can hide the heavy tail that would show it small.",
    ),
    "pareto_k_median": Quantity(
        "shape of the weights' tail",
        "lower",
        "Pareto k, median",
        "Shape of the tail of weights: above 0.7 their mean is not to be trusted.",
    ),
    "share_of_bad_pareto_k": Quantity(
        "share",
        "lower",
        "Share of bad Pareto k",
        "Examples whose k is above 0.7. If it is large, read the bound as a bound alone.",
    ),
    "bits_per_dim": Quantity(
        "bits a dimension",
        "lower",
        "Bits a dimension",
        "Bound of the code length of grey levels. Only for models of dequantized or discrete levels.",
    ),
    **annealing.RESULTS,
    **exact.RESULTS,
}
NO_BOUND = "the model has no bound: it lacks a posterior, or a density of x or z"
BAD_PARETO_K = 0.7  # above it the mean of the weights is not to be trusted
WORST_PARETO_K = 100.0  # what a larger one, or an infinite one, is told as
LEAST_WEIGHTS = 25  # that a Pareto tail can be fitted to


def measure(
    model,
    data,
    *,
    num_samples: int = 100,
    num_examples: int = 0,
    annealing_steps: int = 0,
    annealing_chains: int = 8,
    annealing_examples: int = 50,
    seed: int = 0,
):
    """log P(x) over the test split: bounds, exact where that is possible; in nats of x in the model's range.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_samples: K of the importance-weighted bound.
      num_examples: how many test examples, chosen by the seed; 0 for all.
      annealing_steps: of annealed importance sampling, each 5 leapfrog steps; 0 for none.
      annealing_chains: for each example.
      annealing_examples: how many of the examples.
      seed: of the draws, the choice of examples, and of dequantization or dynamic binarization.

    Returns:
      negative_elbo; importance_weighted_bound (a lower bound of log P(x): larger is better) and by how much it is above the
      ELBO on the same draws; bits_per_dim (from it); annealed_importance_bound; exact_log_likelihood; how far the weights can
      be trusted; num_examples, num_samples.
    """
    x, labels = draws.examples(data, num_examples or None, seed)

    def annealed():
        return annealing.summary(model, draws.some(x, annealing_examples, seed), annealing_steps, annealing_chains, seed)

    found = answers(
        {
            _asked(model, num_samples): lambda: _importance_weighted(model, x, labels, num_samples, seed),
            annealing.asked(annealing_steps): _of_one(model, annealed),
            tuple(exact.RESULTS): _of_one(model, lambda: exact.summary(model, x)),
        },
        RESULTS,
        len(x),
    )
    bits = {("bits_per_dim",): lambda: _bits_per_dim(found["importance_weighted_bound"], data.preprocessing, model)}
    found |= answers(bits, RESULTS, len(x))
    return found | {"num_examples": len(x), "num_samples": num_samples}


def _asked(model, num_samples):
    """The names of what `_importance_weighted` gives: endpoints give no weights, and a tail needs some."""
    names = ("negative_elbo", "importance_weighted_bound", "importance_weighted_bound_above_elbo")
    if model.bounds is None:
        names += ("effective_sample_size",)
        names += ("pareto_k_median", "share_of_bad_pareto_k") if num_samples >= LEAST_WEIGHTS else ()
    return names


def _importance_weighted(model, x, labels, num_samples, seed):
    if not model.has_likelihood_bound:
        raise Unavailable(NO_BOUND)
    if model.bounds is not None:
        return _summary(model.bounds(x, num_samples, seed))
    own = noise.seed_for(0, seed, "importance_weighted_bound")

    def weighted(rows, label, positions):
        log_w = log_weights(conditional.at(model, label), rows, num_samples, own, positions[0])
        return bounds(log_w) | {"log_weights": log_w}

    return _summary(draws.in_blocks(weighted, x, draws.told(model, labels, len(x)), then=_with_tails))


def _of_one(model, function):
    """A question that is answered by models without classes only."""

    def asked():
        if conditional.classes(model):
            raise Unavailable("not measured of class-conditional models")
        return function()

    return asked


def _with_tails(values):
    """Pareto k in place of the weights themselves, so that memory does not grow with the number of examples."""
    log_w = values.pop("log_weights")
    enough = log_w.shape[1] >= LEAST_WEIGHTS
    return values | ({"pareto_k": np.array([pareto_k(each) for each in log_w])} if enough else {})


def _summary(values):
    elbo, bound = (values[name].astype(np.float64) for name in ("elbo", "importance_weighted_bound"))
    # The two share their draws: the error of the difference is that of the differences.
    found = {"negative_elbo": -elbo, "importance_weighted_bound": bound, "importance_weighted_bound_above_elbo": bound - elbo}
    if "effective_sample_size" in values:
        found["effective_sample_size"] = values["effective_sample_size"]
    found = {name: estimate(value) for name, value in found.items()}
    if "pareto_k" in values:
        found |= _trust(values["pareto_k"])
    return found


def _trust(tails):
    bad = np.mean(tails > BAD_PARETO_K)
    if bad > 0:
        logging.warning("importance weights: Pareto k is above %s for %.0f%% of the examples", BAD_PARETO_K, 100 * bad)
    # A tail that is lighter than exponential (k < 0, or -inf for equal weights) is as good as one that is not.
    median = float(np.clip(np.median(tails), 0.0, WORST_PARETO_K))
    return {"pareto_k_median": Result(median), "share_of_bad_pareto_k": Result(float(bad))}


def _bits_per_dim(bound, preprocessing, model):
    """-log2 P of one value of x on its grid of grey levels, from the importance-weighted bound."""
    if bound.value is None:
        raise Unavailable(bound.reason)
    size = np.prod(preprocessing.event_shape)
    value = -(bound.value / size + _log_cell(preprocessing, model)) / np.log(2)
    error = None if bound.standard_error is None else bound.standard_error / (size * np.log(2))
    return {"bits_per_dim": Result(value, error), "bits_per_dim_dequantization": preprocessing.dequantization}


def _log_cell(preprocessing, model):
    """log of the volume, for one value, of x that belongs to one grey level: 0 where P(x|z) is a probability already."""
    if not preprocessing.levels:
        raise Unavailable("bits per dimension are of data with grey levels, and these are real-valued vectors")
    support = model.likelihood_support
    if support is None:
        raise Unavailable("an exported model does not say whether its likelihood is a density; measure the run with --workdir")
    binary = preprocessing.binarization != "none" or preprocessing.levels == 2
    if support == "levels" or (binary and support == "binary"):
        return 0.0
    if binary or support == "binary":
        raise Unavailable("bits per dimension need P(x|z) to be a probability, or a density of dequantized x; this is neither")
    if preprocessing.dequantization == "none":
        raise Unavailable("a density at grey levels has no bits per dimension: set config.data.dequantization to uniform")
    return float(np.log((2 if preprocessing.value_range == "symmetric" else 1) / preprocessing.levels))
