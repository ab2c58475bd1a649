"""Updates: how much what the generator descends varies at fixed weights, from step to step and over many steps.

    u_t = b u_{t-1} + (1 - b) g_t      g_t a step's estimate of the gradient (zoo/variance_reduction), b the momentum

    variance             tr Cov[u] / |E u|^2
    long-run variance    T tr Cov[mean of u over T steps] / |E u|^2

What a method remembers, like a moving average or a snapshot, moves as in training; the weights stay. Where nothing is
remembered, both are the variance of a gradient. Momentum makes the first one (1 - b) / (1 + b) of it and leaves the second as
it is: noise is put off, and not removed. A snapshot of weights that stay is never stale, so those of SVRG lack what age costs:
that shows in the measure `gradients`.

Source: Bottou, Curtis and Nocedal, "Optimization Methods for Large-Scale Machine Learning" (2018), section 5, on variance
reduction; the long-run variance is that of a mean of dependent draws.
"""

import functools

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.evaluation import gradients
from zoo.evaluation.results import Quantity, Result, Unavailable, answers

RESULTS = {
    "update_variance": Quantity(
        "of the squared mean",
        "lower",
        "Variance of the generator's updates",
        "Of what its optimizer descends, momentum included, from step to step at fixed weights.",
    ),
    "long_run_variance": Quantity(
        "of the squared mean",
        "lower",
        "Long-run variance of the generator's updates",
        "Of their mean over many steps, times the number of steps. What is put off and not removed is all in it.",
    ),
    "passes": Quantity(
        "passes of a batch",
        "",
        "Passes of the training",
        "Its steps times the passes that each takes, forward and back. A plain step has two.",
    ),
}


def measure(model, data, *, num_windows: int = 20, window_steps: int = 100, batch_size: int = 100, seed: int = 0):
    """Both variances, and what the training has cost.

    Args:
      model, data: see zoo/evaluation/__init__.py; minibatches are of the training split.
      num_windows: means over many steps that are compared, at least 3.
      window_steps: T.
      batch_size: of a minibatch.
      seed: of the minibatches and of the noise.

    Returns:
      update_variance, long_run_variance; passes; num_windows, window_steps, window_batch_size.
    """
    names = ("update_variance", "long_run_variance")
    questions = {names: lambda: variances(model, data, num_windows, window_steps, batch_size, seed)}
    found = answers(questions, RESULTS, num_windows * window_steps * batch_size, "train")
    found |= answers({("passes",): lambda: _passes(model)}, RESULTS)
    return found | {"num_windows": num_windows, "window_steps": window_steps, "window_batch_size": batch_size}


def _passes(model):
    gradients.check(model)
    step = model.training_step
    return {"passes": Result(float(step.counter.numpy() * sum(getattr(step, "passes", (1.0, 1.0)))))}


def variances(model, data, windows, length, batch_size, seed):
    """{"update_variance", "long_run_variance"} of the generator, each a Result; the model is left as it was."""
    gradients.check(model)
    if windows < 3:
        raise ValueError(f"--num_windows: a variance with an error needs at least 3 windows, found {windows}")
    step = model.training_step
    remembered = step.own_state().values() if hasattr(step, "walk") else ()
    kept = [(variable, variable.numpy()) for variable in (*model.non_trainable_variables, step.counter, *remembered)]
    try:
        return _of_windows(_walk(model, data, (1 + windows) * length, batch_size, seed), windows, length)
    finally:
        for variable, value in kept:
            variable.assign(value)


def _walk(model, data, steps, batch_size, seed):
    """What is descended in each of so many steps, float64 [weights] each."""
    step, size = model.training_step, min(batch_size, data.size("train"))
    split, generator = data.splits["train"], np.random.RandomState(seed)
    one = tf.function(functools.partial(_estimate, model), autograph=False)
    momentum, update = _momentum(step), 0.0
    for number in range(steps):
        if hasattr(step, "walk"):
            step.prepare(tf.distribute.get_strategy())
        raw = split.read_batch(generator.choice(split.size, size, replace=False))
        x = data.preprocessing(raw, noise.seed_for(seed, number, "evaluation")).numpy()
        g = one(x, noise.seed_for(seed, number, "updates")).numpy().astype(np.float64)
        update = momentum * update + (1 - momentum) * g
        yield update


def _estimate(model, x, seed):
    step = model.training_step
    if not hasattr(step, "walk"):
        return gradients.gradients(model, x, seed)["sum"]
    return gradients.of_generator(step, step.walk(x, functools.partial(gradients.named_seed, seed)))


def _momentum(step):
    """b of the generator's optimizer: Adam's beta_1, or the momentum of plain descent."""
    if "decoder" not in step.moved:
        raise Unavailable("the objective moves no weights of the generator")
    optimizer = step.optimizers["decoder"]
    return float(getattr(optimizer, "beta_1", getattr(optimizer, "momentum", 0.0)))


def _of_windows(updates, windows, length):
    """The results of (1 + windows) * length updates, the first window of which is for what is remembered to forget."""
    sums, squares = [], np.zeros(windows)
    for number, update in enumerate(updates):
        window = number // length - 1
        if window < 0:
            continue
        if number % length == 0:
            sums.append(np.zeros_like(update))
        sums[window] += update
        squares[window] += update @ update
    sums = np.array(sums)
    total = sums.sum(0)
    own, products, squared_total = (sums**2).sum(1), sums @ total, total @ total
    (trace, mean), (traces, means) = gradients.with_one_left_out(own, products, squared_total)
    single = squares.sum() / (windows * length) - mean / length**2
    left = (squares.sum() - squares) / ((windows - 1) * length) - means / length**2
    return {
        "update_variance": gradients.ratio(single, mean / length**2, left, means / length**2),
        "long_run_variance": gradients.ratio(trace / length, mean / length**2, traces / length, means / length**2),
    }
