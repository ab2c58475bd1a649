"""Gradients: how steep the critic is, and how much the generator's gradient varies between minibatches.

    variance of a term    tr Cov[g] / |E g|^2,      g = the gradient of one minibatch's mean of the term, at fixed parameters

by the generator's weights (decoder, and prior where it has some), of the terms

    wake, sleep    the phases' losses, as far as they move the generator
    critic         minus what stands in for log Q(x), at samples: the part of the sleep phase that comes through the critic

and of the sum of the phases; and `reduced`, of the estimate that a step of less variance descends (zoo/variance_reduction),
with its bias by what the step remembers just now, |E reduced - E g|^2 / |E g|^2, each on the same minibatches and noise.
Squared means are estimated without bias, |mean g|^2 - tr Cov / n, and the standard error is the jackknife's.

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
    "gradient_bias": Quantity(
        "of the squared mean",
        "lower",
        "Squared bias of the generator's gradient",
        "Of the estimate that is descended in its place. Estimated without bias, and so below 0 where there is hardly any.",
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
      and, in brackets, of each term; gradient_bias[reduced] of a step of less variance.
    """
    norms = ("critic_gradient_norm[data]", "critic_gradient_norm[samples]")
    found = answers({norms: lambda: critic_norms(model, data, num_examples, seed)}, RESULTS)
    variance = {_names(model): lambda: generator_variance(model, data, num_batches, batch_size, seed)}
    found |= answers(variance, RESULTS, num_batches * batch_size, "train")
    return found | {"num_gradient_batches": num_batches, "gradient_batch_size": batch_size}


def check(model):
    """Refuses an exported model."""
    if not model.has_distributions:
        raise Unavailable("an exported model gives no gradients of its terms; measure the run with --workdir")


def critic_norms(model, data, count, seed):
    """Mean norm of the gradient by x of what stands in for log Q(x)."""
    check(model)
    if not model.has("log_q_x"):
        raise Unavailable("nothing stands in for log Q(x) in this model")
    x, _ = draws.examples(data, count, seed)
    step = model.training_step
    reads_means = getattr(step.model.approximators.get("log_q_x"), "field", None) == "mean_x"
    sampled = draws.generated(model, len(x), seed, observation_noise=not reads_means)
    found = {}
    for name, points in {"data": x, "samples": sampled}.items():
        found[f"critic_gradient_norm[{name}]"] = estimate(draws.in_blocks(functools.partial(_norms, model), points))
    return found


def _norms(model, x, positions):
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = model.log_densities(x, None).log_q_x
    slope = tape.gradient(value, x)
    if slope is None:
        raise Unavailable("what stands in for log Q(x) is held fixed, and has no gradient")
    return tf.norm(tf.reshape(slope, [tf.shape(x)[0], -1]), axis=1)


def generator_variance(model, data, num_batches, batch_size, seed):
    """tr Cov / |mean|^2 of the generator's gradient, by term."""
    check(model)
    if num_batches < 3:
        raise ValueError(f"--num_batches: a variance with an error needs at least 3 minibatches, found {num_batches}")
    x = minibatches(data, num_batches, batch_size, seed)
    # Normalization statistics move with every pass in training mode; the model is left as it was found.
    state = [variable.numpy() for variable in model.non_trainable_variables]
    try:
        return _variances(tf.function(functools.partial(gradients, model), autograph=False), x, seed)
    finally:
        for variable, value in zip(model.non_trainable_variables, state, strict=True):
            variable.assign(value)


def minibatches(data, num_batches, batch_size, seed):
    """Of the training split, [batch_size, *event_shape] each."""
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
    found = {name: flat(tape.gradient(value, values, unconnected_gradients="zero")) for name, value in terms.items()}
    if hasattr(step, "estimate"):
        found["reduced"] = of_generator(step, step.estimate(x, functools.partial(named_seed, seed)))
        found["off"] = found["reduced"] - found["sum"]
    return found


def flat(parts):
    """Gradients as one vector."""
    return tf.concat([tf.reshape(part, [-1]) for part in parts], 0)


def of_generator(step, found):
    """The gradients {network: [gradient]} of what generates, as one vector."""
    return flat([value for name in ("decoder", "prior") if name in step.moved for value in found[name]])


def _moving(step):
    """The phases whose loss moves the generator."""
    return [phase for phase in step.objective.phases if "decoder" in step.moves[phase]]


def _has_critic(step):
    there = "sleep" in _moving(step) and step.model.has("log_q_x") and "log_q_x" in step.objective.needs
    return there and getattr(step.model.approximators.get("log_q_x"), "HAS_GRADIENT", True)


def _name(term):
    if term == "off":
        return "gradient_bias[reduced]"
    return "gradient_variance" if term == "sum" else f"gradient_variance[{term}]"


def _names(model):
    """Of the results that this model can have."""
    if not model.has_distributions:
        return (_name("sum"),)
    step = model.training_step
    more = ["critic"] * _has_critic(step) + ["reduced", "off"] * hasattr(step, "estimate")
    return tuple(map(_name, ("sum", *_moving(step), *more)))


def named_seed(seed, word):
    """Of a word, as a step of training asks for it: the same for the plain gradient and for the estimate in its place."""
    return tf.random.fold_in(seed, zlib.crc32(word.encode()) % 2**31)


def _terms(step, x, seed):
    pairs = step.pairs(x, functools.partial(named_seed, seed))
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

    known = {term: (np.array(squares[term]), np.array(products[term]), total[term] @ total[term]) for term in total}

    def of_term(name, term):
        return {name: jackknifed_bias(known[term], known["sum"]) if term == "off" else jackknifed(*known[term])}

    names = {term: _name(term) for term in total}
    return answers({(name,): functools.partial(of_term, name, term) for term, name in names.items()}, RESULTS)


def relative_variance(count, squares, squared_total):
    """tr Cov and |mean|^2 from a count, the sum of |g|^2 and |sum of g|^2: scalars or arrays."""
    trace = (squares - squared_total / count) / (count - 1)
    squared_mean = squared_total / count**2 - trace / count
    return trace, squared_mean


def with_one_left_out(squares, products, squared_total):
    """(of all, of all but each), of relative_variance: where one is left out, the others' sum is total - g."""
    count, left_out = len(squares), squared_total - 2 * products + squares
    return relative_variance(count, squares.sum(), squared_total), relative_variance(
        count - 1, squares.sum() - squares, left_out
    )


def ratio(over, under, over_left_out, under_left_out):
    """over / under with its jackknife error, a Result."""
    count = len(under_left_out)
    # `under` is the mean of these, since each is a mean over pairs of gradients: no need to ask about it.
    if not (under_left_out > 0).all():
        raise Unavailable(f"the mean of {count} gradients cannot be told from 0; raise --num_batches or --batch_size")
    ratios = over_left_out / under_left_out
    return Result(float(over / under), float(np.sqrt((count - 1) * np.mean((ratios - ratios.mean()) ** 2))))


def jackknifed(squares, products, squared_total):
    """The relative variance with its jackknife error, a Result.

    Args:
      squares: |g_m|^2, [n].
      products: g_m . sum of all g, [n].
      squared_total: |sum of all g|^2.
    """
    (trace, mean), (traces, means) = with_one_left_out(squares, products, squared_total)
    return ratio(trace, mean, traces, means)


def jackknifed_bias(difference, plain):
    """|mean difference|^2 / |mean|^2 with its jackknife error, a Result; both as `jackknifed` takes them."""
    (_, off), (_, offs) = with_one_left_out(*difference)
    (_, mean), (_, means) = with_one_left_out(*plain)
    return ratio(off, mean, offs, means)
