"""Gradients: how steep the critic is, and how much the generator's gradient varies between minibatches.

    variance of a term    tr Cov[g] / |E g|^2,      g = the gradient of one minibatch's mean of the term, at fixed parameters

by the generator's weights (decoder, and prior where it has some), of the terms

    wake, sleep    the phases' losses, as far as they move the generator
    critic         minus what stands in for log Q(x), at samples: the part of the sleep phase that comes through the critic

and of the sum of the phases; and `reduced`, of the estimate that a step of less variance descends (zoo/variance_reduction). The
squared mean is estimated without bias, |mean g|^2 - tr Cov / n, and the standard error is the jackknife's.

Source: "Symmetric variational loss and GAN" (2017), Problem 1.
"""

import functools
import zlib

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.evaluation import draws
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate

RESULTS = {
    "critic_gradient_norm": Quantity(
        "nats for a unit of x",
        "",
        "Slope of the critic",
        "Norm of its gradient by x. Under a gradient penalty it is near 1 by force.",
    ),
    "gradient_variance": Quantity(
        "of the squared mean",
        "lower",
        "Variance of the generator's gradient",
        "Between minibatches, over the squared mean. It is large wherever the mean is small, as at the end of training.",
    ),
}


def measure(model, data, *, num_examples: int = 1000, num_batches: int = 50, batch_size: int = 100, seed: int = 0):
    """Norms of the critic's gradient, and the variance of the generator's.

    Args:
      model, data: see zoo/evaluation/__init__.py; minibatches are of the training split.
      num_examples: for the critic's gradient.
      num_batches: minibatches, at least 3.
      batch_size: of a minibatch.
      seed: of the minibatches and of the noise.

    Returns:
      critic_gradient_norm[data] and [samples]: the mean of |grad_x log Q''(x)|; gradient_variance of the sum of the phases
      and, in brackets, of each term.
    """
    norms = ("critic_gradient_norm[data]", "critic_gradient_norm[samples]")
    found = answers({norms: lambda: critic_norms(model, data, num_examples, seed)}, RESULTS)
    variance = {_names(model): lambda: generator_variance(model, data, num_batches, batch_size, seed)}
    found |= answers(variance, RESULTS, num_batches * batch_size, "train")
    return found | {"num_gradient_batches": num_batches, "gradient_batch_size": batch_size}


def _check(model):
    if not model.has_distributions:
        raise Unavailable("an exported model gives no gradients of its terms; measure the run with --workdir")


def critic_norms(model, data, count, seed):
    """Mean norm of the gradient by x of what stands in for log Q(x)."""
    _check(model)
    if not model.has("log_q_x"):
        raise Unavailable("nothing stands in for log Q(x) in this model")
    x, _ = draws.examples(data, count, seed)
    sampled = draws.generated(model, len(x), seed, observation_noise=True)
    found = {}
    for name, points in {"data": x, "samples": sampled}.items():
        found[f"critic_gradient_norm[{name}]"] = estimate(draws.in_blocks(functools.partial(_norms, model), points))
    return found


def _norms(model, x, positions):
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = model.log_densities(x, None).log_q_x
    return tf.norm(tf.reshape(tape.gradient(value, x), [tf.shape(x)[0], -1]), axis=1)


def generator_variance(model, data, num_batches, batch_size, seed):
    """tr Cov / |mean|^2 of the generator's gradient, by term."""
    _check(model)
    if num_batches < 3:
        raise ValueError(f"--num_batches: a variance with an error needs at least 3 minibatches, found {num_batches}")
    x = _minibatches(data, num_batches, batch_size, seed)
    # Normalization statistics move with every pass in training mode; the model is left as it was found.
    state = [variable.numpy() for variable in model.non_trainable_variables]
    try:
        return _variances(tf.function(functools.partial(gradients, model), autograph=False), x, seed)
    finally:
        for variable, value in zip(model.non_trainable_variables, state, strict=True):
            variable.assign(value)


def _minibatches(data, num_batches, batch_size, seed):
    x, _ = draws.examples(data, num_batches * batch_size, seed, split="train")
    if len(x) < batch_size:
        raise ValueError(f"--batch_size: the training split has {len(x)} examples, fewer than a minibatch of {batch_size}")
    generator = np.random.RandomState(seed)
    # Minibatches of a small set overlap, each without repetition, as in training.
    return [x[generator.choice(len(x), batch_size, replace=False)] for _ in range(num_batches)]


def gradients(model, x, seed):
    """{term: flat gradient of its mean over a minibatch} by the generator's weights.

    Args:
      model: a zoo.models.TrainableModel.
      x: [batch, *event_shape].
      seed: a pair, of the noise in x, z and x.
    """
    step = model.training_step
    variables = [variable for name in ("decoder", "prior") if name in step.moved for variable in step.networks[name]]
    if not variables:
        raise Unavailable("the objective moves no weights of the generator")
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch([variable.value for variable in variables])
        terms = {name: tf.reduce_mean(value) for name, value in _terms(step, x, seed).items()}
    values = [variable.value for variable in variables]
    found = {name: tape.gradient(value, values, unconnected_gradients="zero") for name, value in terms.items()}
    if hasattr(step, "estimate"):
        estimates = step.estimate(x, functools.partial(_seed, seed))
        found["reduced"] = [value for name in ("decoder", "prior") if name in step.moved for value in estimates[name]]
    return {name: tf.concat([tf.reshape(part, [-1]) for part in parts], 0) for name, parts in found.items()}


def _moving(step):
    """The phases whose loss moves the generator."""
    return [phase for phase in step.objective.phases if "decoder" in step.moves[phase]]


def _has_critic(step):
    return "sleep" in _moving(step) and step.model.has("log_q_x") and "log_q_x" in step.objective.needs


def _name(term):
    return "gradient_variance" if term == "sum" else f"gradient_variance[{term}]"


def _names(model):
    """Of the results that this model can have."""
    if not model.has_distributions:
        return (_name("sum"),)
    step = model.training_step
    more = ["critic"] * _has_critic(step) + ["reduced"] * hasattr(step, "estimate")
    return tuple(map(_name, ("sum", *_moving(step), *more)))


def _seed(seed, word):
    return tf.random.fold_in(seed, zlib.crc32(word.encode()) % 2**31)


def _terms(step, x, seed):
    words = ("noise_x", "posterior", "prior", "likelihood", "noise_z", "reconstruction")
    words += ("noise_encoder", "noise_encoder/sleep", "noise_encoder/reconstruction")
    own = {word: tf.random.fold_in(seed, number) for number, word in enumerate(words)}
    pairs = step.pairs(x, own.__getitem__)
    terms = {phase: loss for phase, loss in step.losses(pairs).items() if phase in _moving(step)}
    terms["sum"] = sum(tf.reduce_mean(value) for value in terms.values())
    if _has_critic(step):
        terms["critic"] = -pairs["sleep"].log_q_x
    return terms


def _variances(gradient, batches, seed):
    """Two passes over the same minibatches, so that no more than one gradient of each term is held at a time."""
    seeds = [noise.seed_for(seed, number, "gradients") for number in range(len(batches))]
    total, squares, products = {}, {}, {}
    for x, own in zip(batches, seeds, strict=True):
        for name, value in gradient(x, own).items():
            value = value.numpy().astype(np.float64)
            total[name] = total.get(name, 0) + value
            squares.setdefault(name, []).append(value @ value)
    for x, own in zip(batches, seeds, strict=True):
        for name, value in gradient(x, own).items():
            products.setdefault(name, []).append(value.numpy().astype(np.float64) @ total[name])

    def of_term(name, term):
        sum_of_all = total[term]
        return {name: jackknifed(np.array(squares[term]), np.array(products[term]), sum_of_all @ sum_of_all)}

    names = {term: _name(term) for term in total}
    return answers({(name,): functools.partial(of_term, name, term) for term, name in names.items()}, RESULTS)


def relative_variance(count, squares, squared_total):
    """tr Cov / |mean|^2 from a count, the sum of |g|^2 and |sum of g|^2: scalars or arrays."""
    trace = (squares - squared_total / count) / (count - 1)
    squared_mean = squared_total / count**2 - trace / count
    return trace, squared_mean


def jackknifed(squares, products, squared_total):
    """The relative variance with its jackknife error, a Result.

    Args:
      squares: |g_m|^2, [n].
      products: g_m . sum of all g, [n].
      squared_total: |sum of all g|^2.
    """
    count = len(squares)
    trace, squared_mean = relative_variance(count, squares.sum(), squared_total)
    # Where one is left out, the others' sum is total - g.
    left_out = relative_variance(count - 1, squares.sum() - squares, squared_total - 2 * products + squares)
    if not (squared_mean > 0 and (left_out[1] > 0).all()):
        raise Unavailable(f"the mean of {count} gradients cannot be told from 0; raise --num_batches or --batch_size")
    ratios = left_out[0] / left_out[1]
    error = np.sqrt((count - 1) * np.mean((ratios - ratios.mean()) ** 2))
    return Result(float(trace / squared_mean), float(error))
