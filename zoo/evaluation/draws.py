"""Examples, codes and generated examples to measure on: numbers that depend on the seed and their position alone."""

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.evaluation import waiting
from zoo.evaluation.results import Unavailable
from zoo.models import conditional

# Examples that are decoded, or drawn from a distribution that cannot be sliced, with one seed. Part of what a seed means.
BLOCK = 500


def examples(data, count=None, seed=0, split="test"):
    """Some examples of a split: all, or `count` of them by a random choice that the seed makes.

    Returns:
      (x float32 [n, *event_shape] in the model's range, labels int [n] or None).
    """
    size = data.size(split)
    rows = np.arange(size)
    if count is not None and count < size:
        rows = np.sort(np.random.RandomState(seed).permutation(size)[:count])
    chosen = data.splits[split]
    starts = range(0, len(rows), BLOCK)
    raw = (chosen.read_batch(rows[i : i + BLOCK]) for i in starts)
    parts = [data.preprocessing(x, noise.seed_for(seed, i, "evaluation")).numpy() for i, x in zip(starts, raw, strict=True)]
    return np.concatenate(parts), None if chosen.labels is None else chosen.labels[rows]


def some(x, count, seed):
    """At most `count` rows of x, by a random choice that the seed makes, in their order."""
    return x if len(x) <= count else x[np.sort(np.random.RandomState(seed).permutation(len(x))[:count])]


def in_blocks(function, *arrays, block=BLOCK, then=lambda values: values):
    """A function over rows, applied to blocks of rows and compiled.

    Args:
      function: of tensors (rows of each array, positions int32 of these rows) to tensors [rows, ...], nested or not.
      arrays: [n, ...] each.
      block: how many rows at once.
      then: what to make of a block's values, numpy arrays, before they are kept.

    Returns:
      What the function, or `then`, returns, as numpy arrays [n, ...].
    """
    specs = [tf.TensorSpec([None, *array.shape[1:]], array.dtype) for array in arrays]
    compiled = tf.function(function, autograph=False).get_concrete_function(*specs, tf.TensorSpec([None], tf.int32))
    parts = []
    for start in waiting.counted(range(0, len(arrays[0]), block)):
        rows = [array[start : start + block] for array in arrays]
        positions = np.arange(start, start + len(rows[0]), dtype=np.int32)
        made = compiled(*(tf.constant(row) for row in (*rows, positions)))
        parts.append(then(tf.nest.map_structure(lambda tensor: tensor.numpy(), made)))
    return tf.nest.map_structure(lambda *pieces: np.concatenate(pieces), *parts)


def codes(model, count, seed, purpose="codes"):
    """z ~ P(z), float [count, latent_size], each from a seed of its own."""
    own = noise.seed_for(0, seed, purpose)

    draw = lambda rows, positions: noise.draw_at(model.prior(), own, positions)  # noqa: E731
    return in_blocks(draw, np.zeros([count, 0], np.float32))


def generated(model, count, seed, observation_noise=False):
    """x from the model: the mean of P(x|z) at z ~ P(z), or x ~ P(x|z); float [count, *event_shape] in its range.

    Of a class-conditional model the labels are those of `labels_of_samples`.
    """
    own = noise.seed_for(0, seed, "generated")

    def draw(z, label, positions):
        at = conditional.at(model, label)
        return noise.draw_rows_at(at.likelihood(z), own, positions) if observation_noise else at.generate(z)

    return in_blocks(draw, codes(model, count, seed), labels_of_samples(model, count))


def told(model, labels, count):
    """The labels of examples, int32 [count]; zeros for a model that is not told them.

    Raises:
      Unavailable: for a class-conditional model, and examples without labels.
    """
    if not conditional.classes(model):
        return np.zeros(count, np.int32)
    if labels is None:
        raise Unavailable("a class-conditional model is told the labels y of examples, and these have none")
    return labels.astype(np.int32)


def labels_of_samples(model, count):
    """The labels of generated examples, int32 [count]: each class as often as any other; 0 for a model without classes."""
    return np.arange(count, dtype=np.int32) % max(1, conditional.classes(model))


def pairs(model, count, seed):
    """(z, x) ~ P(z) P(x|z): [count, latent_size] and [count, *event_shape]."""
    return codes(model, count, seed), generated(model, count, seed, observation_noise=True)


def encoded(model, x, seed, labels=None):
    """z ~ Q(z|x), one for each x, and what Q(z|x) looks like: {"sample", "mean", "stddev"}, each [n, latent_size].

    `mean` and `stddev` are missing where the posterior does not have them. `labels` are those that a class-conditional model is
    told.
    """
    if not model.has_posterior:
        raise Unavailable("the model has no encoder")
    own = noise.seed_for(0, seed, "encoded")

    def draw(rows, label, positions):
        posterior = conditional.at(model, label).posterior(rows)
        return {"sample": noise.draw_rows_at(posterior, own, positions)} | moments(posterior)

    return in_blocks(draw, x, told(model, labels, len(x)))


def errors_of_codes(model, x, z, labels=None):
    """Squared error of the code of x, the one z that stands for Q(z|x), over the variance of P(z): [n].

    Args:
      model: a Subject.
      x: [n, *event_shape], made from z.
      z: [n, latent_size]. The variance is theirs, since a prior need not have it in closed form.
      labels: those that a class-conditional model is told.

    Raises:
      Unavailable: for a model without an encoder.
    """
    if not model.has_posterior:
        raise Unavailable("the model has no encoder")
    found = in_blocks(lambda rows, label, _: conditional.at(model, label).code(rows), x, told(model, labels, len(x)))
    return np.mean((found - z) ** 2, 1) / np.mean(z.var(0))


def moments(distribution):
    """{"mean", "stddev"} of a tfd; empty where it has none in closed form."""
    try:
        return {"mean": distribution.mean(), "stddev": distribution.stddev()}
    except NotImplementedError:
        return {}


def flat(rows):
    """[n, ...] -> float64 [n, values]."""
    return np.asarray(rows, np.float64).reshape(len(rows), -1)
