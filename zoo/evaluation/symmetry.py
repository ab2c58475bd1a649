"""Symmetry: whether Q(z|x) undoes P(x|z), and where x -> z -> x -> ... leads.

A model with P(x, z) = Q(x, z) recovers the code of its own samples as well as its posterior says it can, and its chain
x -> z ~ Q(z|x) -> x ~ P(x|z) keeps the data distribution for ever. Three questions:

    sleep reconstruction   pairs (x, z) ~ P: how well does Q(z|x) find z? 1 = nothing is recovered
    calibration            among draws of Q(z|x), the rank of the true z is uniform if Q(z|x) = P(z|x)
    limiting distribution  what the chain makes of test examples, after 1, 10, 100 and 1,000 rounds

Source: "Symmetric variational loss and GAN" (2017), Problems 2 and 3; Talts et al., "Validating Bayesian Inference Algorithms
with Simulation-Based Calibration" (2018).
"""

import numpy as np
import tensorflow as tf
from scipy import ndimage, stats

from zoo import noise
from zoo.evaluation import chains, draws, samples
from zoo.evaluation.features import load
from zoo.evaluation.results import Quantity, Result, TooFewError, Unavailable, answers, estimate, missing

RESULTS = {
    "sleep_reconstruction": Quantity(
        "nats a dimension",
        "lower",
        "Sleep reconstruction",
        "-log Q(z|x) a dimension at the model's own pairs. Far above the prior's entropy means sure and wrong.",
    ),
    "sleep_error": Quantity(
        "share of the prior's variance",
        "lower",
        "Error of codes of samples",
        "Squared error of the code that x was made from. 1: nothing is recovered, or many codes make one x.",
    ),
    "sleep_information": Quantity(
        "nats",
        "higher",
        "Information of samples on codes",
        "Nats that Q(z|x) tells of the code of the model's own x, against the prior. A lower bound of the truth.",
    ),
    "calibration_p_value": Quantity(
        "probability",
        "",
        "p-value of calibration",
        "Whether ranks of the true code among draws of Q(z|x) are uniform. With many pairs any posterior is found wanting.",
    ),
    "calibration_ranks": Quantity(
        "pairs", "", "Ranks of true codes", "A histogram that is flat if Q(z|x) = P(z|x), high at both ends if Q is too narrow."
    ),
    "limiting_distribution": Quantity(
        "",
        "",
        "Distances along the chain",
        "How far x -> z -> x has led from the data after so many rounds. A chain that hardly moves stays near too.",
    ),
    "sharpness": Quantity(
        "of the data's",
        "",
        "Sharpness of reconstructions",
        "Their squared Laplacians over the data's; 0 is flat. Noise is sharp.",
    ),
    "sharpness_of_samples": Quantity(
        "of the data's", "", "Sharpness of samples", "Their squared Laplacians over the data's; 1 is as sharp. Noise is sharp."
    ),
}
RANKS = 20  # possible ranks of a code's value: so many draws of Q(z|x) less one


def measure(
    model,
    data,
    *,
    num_examples: int = 2000,
    rounds: tuple = (1, 10, 100, 1000),
    features: str = "pixels",
    observation_noise: bool = False,
    seed: int = 0,
):
    """What the two directions of a model make of each other.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: sleep pairs, and chains.
      rounds: after which the chain is looked at, rising.
      features: of the scores of the chain (zoo/evaluation/features.py).
      observation_noise: whether the chain, and what is compared with data, draws x from P(x|z) in place of its mean; in the
        plane it always does.
      seed: of the draws and of the choice of examples.

    Returns:
      sleep_reconstruction (-log Q(z|x) on sleep pairs, nats a dimension), sleep_error (squared error of the code of x
      over the prior's variance), sleep_information (a lower bound of I(x; z) under P); calibration_p_value and
      calibration_ranks; limiting_distribution: {rounds: every measure of zoo/evaluation/samples.py}; sharpness of
      reconstructions, sharpness_of_samples.
    """
    x, _ = draws.examples(data, num_examples, seed)
    noisy = observation_noise or samples.is_planar(data)
    found = answers(
        {
            ("sleep_reconstruction", "sleep_error", "sleep_information"): lambda: sleep(model, len(x), seed),
            ("calibration_p_value", "calibration_ranks"): lambda: calibration(model, len(x), seed),
            ("limiting_distribution",): lambda: limiting(model, data, x, rounds, load(features), noisy, seed),
            ("sharpness", "sharpness_of_samples"): lambda: sharpness(model, data, x, noisy, seed),
        },
        RESULTS,
        len(x),
        available=data.size("test"),
    )
    return found | {"num_symmetry_examples": len(x)}


def sleep(model, count, seed):
    """How well Q(z|x) finds the code of a sample, on pairs (x, z) ~ P."""
    z, x = draws.pairs(model, count, seed)
    scored = model.has("log_q_z_given_x")

    def terms(rows, codes, positions):
        posterior = model.posterior(rows)
        found = {"log_q": posterior.log_prob(codes)} if scored else {}
        return found | {"log_p": model.prior().log_prob(codes)} if model.has("log_p_z") else found

    errors = draws.errors_of_codes(model, x, z)
    values = draws.in_blocks(terms, x, z) if scored else {}
    unknown = missing(Unavailable("log Q(z|x) or log P(z) is not known"))
    return {
        "sleep_reconstruction": estimate(-values["log_q"] / z.shape[1]) if "log_q" in values else unknown,
        # H[P(z)] is the mean of -log P(z), taken on the same codes.
        "sleep_information": estimate(values["log_q"] - values["log_p"]) if len(values) == 2 else unknown,
        "sleep_error": estimate(errors),
    }


def ranks(model, z, x, seed, count=RANKS - 1):
    """How many of `count` draws of Q(z|x) lie below the true z, in each dimension: int [n, latent_size]."""
    own = noise.seed_for(0, seed, "ranks")

    def below(rows, codes, positions):
        posterior = model.posterior(rows)
        seeds = [tf.random.fold_in(own, number) for number in range(count)]
        return sum(tf.cast(noise.draw_rows_at(posterior, each, positions) < codes, tf.int32) for each in seeds)

    return draws.in_blocks(below, x, z)


def calibration(model, count, seed):
    """Simulation-based calibration: histograms of the ranks, and the p-value of all being uniform.

    Each dimension's chi-squared test gives a p-value; theirs is Bonferroni's, the smallest times their number.
    """
    z, x = draws.pairs(model, count, seed)
    if not model.has_posterior:
        raise Unavailable("the model has no encoder")
    if model.code_support != "real":
        raise Unavailable("ranks are of real codes")
    if model.has("code"):
        raise Unavailable("ranks are of codes z, and this Q(z|x) is the law of codes with noise")
    if count < 5 * RANKS:
        raise TooFewError("calibration", 5 * RANKS, count)
    found = ranks(model, z, x, seed)
    histograms = np.stack([np.bincount(column, minlength=RANKS) for column in found.T])
    p_values = stats.chisquare(histograms, axis=1).pvalue
    return {
        "calibration_p_value": Result(float(min(1, len(p_values) * p_values.min()))),
        "calibration_ranks": Result({str(rank): int(number) for rank, number in enumerate(histograms.sum(0))}),
    }


def limiting(model, data, x, rounds, net, noisy, seed):
    """The chain from test examples, scored against test examples after each number of rounds."""
    walked = chains.walk(model, x, rounds, seed, noisy)
    return {"limiting_distribution": Result({str(n): samples.scores(net, data, x, at["x"], seed) for n, at in walked})}


def laplacian_energy(images):
    """Mean over pixels of the squared Laplacian, [n]: what blur takes away first."""
    return np.mean(ndimage.laplace(np.asarray(images, np.float64), axes=(1, 2)) ** 2, axis=(1, 2, 3))


def sharpness(model, data, x, noisy, seed):
    """Squared Laplacians of reconstructions, and of samples, over those of the data: 1 is as sharp, 0 is flat."""
    if len(data.event_shape) != 3:
        raise Unavailable("sharpness is of images")
    sharp = laplacian_energy(samples.to_unit(data, x))
    drawn = laplacian_energy(samples.to_unit(data, draws.generated(model, len(x), seed, noisy)))
    found = {"sharpness_of_samples": _ratio(drawn, sharp)}
    if not model.has_posterior:
        return found | {"sharpness": missing(Unavailable("the model has no encoder"))}
    shown = draws.in_blocks(lambda rows, positions: model.reconstruct(rows), x)
    return found | {"sharpness": _ratio(laplacian_energy(samples.to_unit(data, shown)), sharp)}


def _ratio(values, reference):
    """The ratio of two means, with its error to first order, that of values - ratio * reference: a Result."""
    ratio = values.mean() / reference.mean()
    error = np.std(values - ratio * reference, ddof=1) / np.sqrt(len(values)) / reference.mean()
    return Result(float(ratio), float(error))
