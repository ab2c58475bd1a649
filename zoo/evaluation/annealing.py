"""Annealed importance sampling of log P(x) with Hamiltonian Monte Carlo, and the sandwich of bidirectional Monte Carlo.

    path           p_t(z) = P(z) P(x|z)^b_t,                 0 = b_0 < b_1 < ... < b_T = 1
    moves          of Hamiltonian Monte Carlo (zoo/samplers/hmc.py), weights by zoo/samplers/annealing.py
    lower bound    E[ log mean_k w_k ]  <=  log P(x)

Run backwards, from an exact sample of P(z|x), the weights bound log P(x) from above: -log mean_k 1/w_k. There is such a
sample only for x that the model itself has drawn with its z. The step sizes are those that a first run found, which is thrown
away: steps that follow the chain they are used on would bias the weights.

Source: Wu, Burda, Salakhutdinov and Grosse, "On the Quantitative Analysis of Decoder-Based Generative Models" (2017), sections
2.2 and 3.
"""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.evaluation import draws
from zoo.evaluation.results import Quantity, Result, Unavailable, estimate
from zoo.samplers import annealing, hmc
from zoo.samplers.targets import Target

RESULTS = {
    "annealed_importance_bound": Quantity(
        "nats",
        "higher",
        "Annealed bound of log P(x)",
        "Lower bound by annealing from the prior. Loose where the moves are refused.",
    ),
    "annealed_acceptance_rate": Quantity(
        "share of the moves",
        "",
        "Moves accepted",
        "Of Hamiltonian Monte Carlo, on average. Near 0 or 1 the steps are badly sized.",
    ),
    "annealed_lowest_acceptance_rate": Quantity(
        "share of the moves", "", "Moves accepted, worst temperature", "Where annealing gets stuck, if it does."
    ),
    "simulated_lower_bound": Quantity(
        "nats", "", "Lower bound at own samples", "Annealed, at x that the model has drawn; says how good annealing is."
    ),
    "simulated_upper_bound": Quantity(
        "nats", "", "Upper bound at own samples", "Annealed backwards from the true code of the model's own x."
    ),
    "simulated_gap": Quantity(
        "nats", "lower", "Gap of the bounds at own samples", "How far annealing may be off. On data it may be off by more."
    ),
}
LEAPFROG_STEPS = 5
FIRST_STEP = 0.3
ADAPTATION = 0.2  # of the log of the step size, a unit of acceptance
STEEPNESS = 4.0  # of the sigmoid that spaces b_t more densely at both ends (Wu et al.)
BLOCK = 50  # examples whose chains run at once, with one seed. Part of what a seed means.


def schedule(steps):
    """b_0 = 0 ... b_T = 1, float64 [steps + 1]."""
    sigmoid = 1 / (1 + np.exp(-STEEPNESS * np.linspace(-1, 1, steps + 1)))
    return (sigmoid - sigmoid[0]) / (sigmoid[-1] - sigmoid[0])


def _moved(model, x, z, beta, step, seed):
    """One HMC move that keeps P(z) P(x|z)^beta: (z, probability of acceptance [chains, batch])."""

    def log_density(codes):
        at = model.log_densities(x, codes)
        return at.log_p_z + beta * at.log_p_x_given_z

    kernel = hmc.sampler(Target(log_density=log_density), step[:, tf.newaxis], leapfrog_steps=LEAPFROG_STEPS)
    z, results = kernel.one_step(z, kernel.bootstrap_results(z), seed=seed)
    # tfp has made -inf of a ratio that is no number.
    return z, tf.exp(tf.minimum(results.log_accept_ratio, 0))


def anneal(model, x, z, seed, steps, step_sizes=None, backwards=False):
    """A run along the path, or back.

    Args:
      model: with densities of x and z, over real codes.
      x: [batch, *event_shape].
      z: where the chains start, [chains, batch, latent_size].
      seed: a pair.
      steps: T.
      step_sizes: [T, batch]; None to adapt them to the chains.
      backwards: from b_T to b_0.

    Returns:
      (log w [chains, batch], acceptance [T, batch], step sizes [T, batch]), the latter in the order of b_t.
    """
    betas = tf.constant(schedule(steps), x.dtype)

    def rise(t, z):
        return (betas[t] - betas[t - 1]) * model.log_densities(x, z).log_p_x_given_z

    def move(t, z, seed, memory):
        step, accepted, used = memory
        step = step if step_sizes is None else step_sizes[t - 1]
        z, probability = _moved(model, x, z, betas[t], step, seed)
        mean = tf.reduce_mean(probability, 0)
        accepted, used = accepted.write(t - 1, mean), used.write(t - 1, step)
        return z, (step * tf.exp(ADAPTATION * (mean - hmc.ACCEPTANCE)), accepted, used)

    kept = [tf.TensorArray(x.dtype, steps, element_shape=z.shape[1:2]) for _ in range(2)]
    first = (tf.fill(tf.shape(z)[1:2], tf.constant(FIRST_STEP, x.dtype)), *kept)
    log_w, (_, accepted, used) = annealing.anneal(annealing.Path(rise, move), z, seed, steps, first, backwards)
    return log_w, accepted.stack(), used.stack()


def annealed_bound(model, x, steps, chains, seed, codes=None):
    """Bounds of log P(x) for each example: {"lower", "upper" if exact codes are given}, numpy [n]; "acceptance" [n, T].

    Args:
      model: see `anneal`.
      x: numpy [n, *event_shape].
      steps, chains: T and K.
      seed: an integer.
      codes: [n, latent_size], exact samples of P(z|x).
    """
    own = {word: noise.seed_for(0, seed, f"annealing/{word}") for word in ("start", "first", "second", "back")}

    def run(rows, *rest):
        *exact, positions = rest
        seeds = {word: tf.random.fold_in(pair, positions[0]) for word, pair in own.items()}
        batch = tf.shape(rows)[0]
        starts = model.prior().sample([2, chains, batch], seed=seeds["start"])
        sizes = anneal(model, rows, starts[0], seeds["first"], steps)[2]
        log_w, accepted, _ = anneal(model, rows, starts[1], seeds["second"], steps, sizes)
        found = {"lower": tfp.math.reduce_logmeanexp(log_w, 0), "acceptance": tf.transpose(accepted)}
        if exact:
            z = tf.repeat(exact[0][tf.newaxis], chains, 0)
            log_w, _, _ = anneal(model, rows, z, seeds["back"], steps, sizes, backwards=True)
            found["upper"] = -tfp.math.reduce_logmeanexp(-log_w, 0)
        return found

    return draws.in_blocks(run, x, *(() if codes is None else (codes,)), block=BLOCK)


def asked(steps):
    """The names of what `summary` gives; of nothing but the bound where it was not asked for."""
    return tuple(RESULTS) if steps else ("annealed_importance_bound",)


def summary(model, x, steps, chains, seed):
    """annealed_importance_bound of test examples; on as many simulated ones, the sandwich of log P(x)."""
    _check(model, steps)
    found = annealed_bound(model, x, steps, chains, seed)
    z, simulated = draws.pairs(model, len(x), seed)
    sandwich = annealed_bound(model, simulated, steps, chains, seed, z)
    return {
        "annealed_importance_bound": estimate(found["lower"]),
        "annealed_acceptance_rate": Result(float(found["acceptance"].mean()), count=len(x)),
        "annealed_lowest_acceptance_rate": Result(float(found["acceptance"].mean(0).min()), count=len(x)),
        "simulated_lower_bound": estimate(sandwich["lower"]),
        "simulated_upper_bound": estimate(sandwich["upper"]),
        "simulated_gap": estimate(sandwich["upper"] - sandwich["lower"]),
    } | {"num_annealed_examples": len(x), "annealing_steps": steps, "annealing_chains": chains}


def _check(model, steps):
    if not model.has_distributions:
        raise Unavailable("annealing needs gradients, which an exported model does not give; measure the run with --workdir")
    if not (model.has("log_p_x_given_z") and model.has("log_p_z")):
        raise Unavailable("annealing needs a prior and a likelihood with densities, which the model lacks")
    if model.code_support != "real":
        raise Unavailable(f"Hamiltonian Monte Carlo moves real codes, and these are {model.code_support}")
    if not steps:
        raise Unavailable("it was not asked for: --annealing_steps is 0")
