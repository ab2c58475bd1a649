"""Bounds of log P(x) by importance sampling from the posterior: the ELBO and the importance-weighted bound.

    log w_k = log P(x|z_k) + log P(z_k) - log Q(z_k|x),    z_k ~ Q(z|x),    k = 1 ... K

    ELBO                         E[ log w ]                        estimated by  mean_k log w_k
    importance-weighted bound    E[ log (w_1 + ... + w_K)/K ]      estimated by  log mean_k w_k

Both are lower bounds of log P(x) in expectation; the second rises with K, and both are exact where Q(z|x) = P(z|x).

Source: Burda et al., "Importance Weighted Autoencoders" (2016), equation 8.
"""

import numpy as np
import tensorflow as tf

from zoo import noise

# The draws of one example that come from one seed and are decoded at once. Part of what a seed means.
DRAWS = 100


def log_weight(model, x, z):
    """log w = log P(x|z) + log P(z) - log Q(z|x) at x [batch, *event_shape] and z [..., batch, latent_size]: [..., batch]."""
    at = model.log_densities(x, z)
    return at.log_p_x_given_z + at.log_p_z - at.log_q_z_given_x


def importance_weighted_bound(model, x, num_samples, seed, first=0):
    """The two bounds of log P(x) for each example, in nats of x in the model's range.

    The draws are a function of (seed, position of the example, number of the draw) only: the batch size does not matter,
    and a smaller `num_samples` uses the first draws of a larger. It runs in a loop of the graph, with up to 100 draws of
    one example at a time, so call it inside of a tf.function.

    Args:
      model: a zoo.models.TwoPhaseModel; its posterior may be any tfd.
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
    return _bounds(_log_weights(model, x, num_samples, noise.seed_for(0, seed, "importance_weighted_bound"), first))


def _log_weights(model, x, num_samples, seed, first):
    """log w_k, [batch, num_samples].

    One loop over all blocks of all examples: of a loop within a loop, a SavedModel that was loaded again has gradients
    that are 0 (TensorFlow 2.21).
    """
    blocks = -(-num_samples // DRAWS)

    def log_weights_of(item):
        row, block = item // blocks, item % blocks
        example = x[row : row + 1]
        own = tf.random.fold_in(tf.random.fold_in(seed, first + row), block)
        z = model.posterior(example).sample(DRAWS, seed=own)[: num_samples - block * DRAWS]
        return tf.pad(log_weight(model, example, z)[:, 0], [[0, DRAWS - tf.shape(z)[0]]])

    items = tf.range(tf.shape(x)[0] * blocks)
    padded = tf.map_fn(log_weights_of, items, fn_output_signature=tf.TensorSpec([DRAWS], x.dtype))
    return tf.reshape(padded, [tf.shape(x)[0], blocks * DRAWS])[:, :num_samples]


def _bounds(log_weights):
    """What `importance_weighted_bound` returns, from log w_k [batch, num_samples]."""
    count = tf.cast(tf.shape(log_weights)[1], log_weights.dtype)
    elbo = tf.reduce_mean(log_weights, 1)
    return {
        "importance_weighted_bound": tf.reduce_logsumexp(log_weights, 1) - tf.math.log(count),
        "elbo": elbo,
        "log_weight_variance": tf.reduce_sum(tf.square(log_weights - elbo[:, tf.newaxis]), 1) / tf.maximum(count - 1, 1),
        "effective_sample_size": 1 / tf.reduce_sum(tf.square(tf.nn.softmax(log_weights, 1)), 1),
    }


# Examples that are decoded with one seed. Part of what a seed means, for data whose preprocessing is random.
EXAMPLES = 500


def measure(model, data, num_samples, seed=0, split="test"):
    """The bounds over a split, in nats of x in the model's range.

    Args:
      model: with `model.data` set to `data`.
      data: a zoo.data.Dataset.
      num_samples: K.
      seed: of the draws, and of dequantization or dynamic binarization.
      split: its name.

    Returns:
      A dictionary: `negative_elbo` and `importance_weighted_bound` (a lower bound of log P(x): larger is better), each with
      `_standard_error` over the examples, and `num_examples`, `num_samples`.
    """
    data.place(split)

    @tf.function(autograph=False)
    def bounds(batch, first):
        x = model.examples(batch, split, noise.seed_for(seed, first, "evaluation"))
        return importance_weighted_bound(model, x, num_samples, seed, first)

    found = {"elbo": [], "importance_weighted_bound": []}
    for number, (batch, mask) in enumerate(data.ordered_batches(split, min(EXAMPLES, data.size(split)))):
        values = bounds(batch, tf.constant(number * EXAMPLES))
        for name, parts in found.items():
            parts.append(values[name].numpy()[mask.numpy() > 0])
    elbo, bound = (np.concatenate(parts).astype(np.float64) for parts in found.values())
    summary = _summary("negative_elbo", -elbo) | _summary("importance_weighted_bound", bound)
    return summary | {"num_examples": len(elbo), "num_samples": num_samples}


def _summary(name, values):
    return {name: values.mean(), f"{name}_standard_error": values.std(ddof=1) / np.sqrt(len(values))}
