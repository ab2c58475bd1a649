"""Chains: where x -> z ~ Q(z|x) -> x -> ... leads, by what it is run on and where it starts; and how well x tells its code.

    chain[means, ...]      x is the mean of P(x|z), which is shown
    chain[samples, ...]    x ~ P(x|z); shown is the mean at the last z. In the plane, where noise is part of the model, x itself
    chain[..., data]       starts from test examples
    chain[..., prior]      starts from the model's own x at z ~ P(z)

A chain that hardly moves stays near the data for the wrong reason: so how many have changed their class, and the variance of z,
stand beside the distances. An encoder that has seen samples only may not know their means, and the other way round: so there
are two protocols of both questions. A class-conditional model is told the label of its start in all rounds.

Source: Flach et al., "Symmetric Equilibrium Learning of VAEs" (2024): the chain on samples, and the last mean shown.
"""

import functools

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.evaluation import draws, samples
from zoo.evaluation.features import load
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate
from zoo.models import conditional

OF_CLASSES = True  # it can be asked of a class-conditional model
RESULTS = {
    "chain": Quantity(
        "", "", "Distances along chains", "As the limiting distribution, from data or from the prior, through means or draws."
    ),
    "class_changed": Quantity(
        "share of the chains",
        "",
        "Chains that changed their class",
        "Share of chains whose class is not that of their start. Without it a chain that stays looks like one that mixes.",
    ),
    "code_variance": Quantity(
        "squared units of z",
        "",
        "Variance of codes along the chain",
        "1 for a standard normal prior; growth tells that Q(z|x) is too wide.",
    ),
    "code_error": Quantity(
        "share of the prior's variance",
        "lower",
        "Error of codes",
        "Squared error of the code that x was made from, on means or on draws of P(x|z). 1 means that nothing is recovered.",
    ),
}
CHAINS = 500  # that run at once, with one seed. Part of what a seed means.
PROTOCOLS, STARTS = ("means", "samples"), ("data", "prior")


def measure(
    model,
    data,
    *,
    num_examples: int = 2000,
    rounds: tuple = (10, 100, 1000),
    protocols: tuple = PROTOCOLS,
    starts: tuple = STARTS,
    features: str = "pixels",
    seed: int = 0,
):
    """The chain by each protocol from each start, and the error of the codes of the model's own x.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: chains, and codes.
      rounds: after which the chain is looked at, rising.
      protocols, starts: which of the chains. In the plane there are samples only.
      features: of the scores of the chain (zoo/evaluation/features.py); a classifier tells changes of class.
      seed: of the draws and of the choice of examples.

    Returns:
      chain[means, data], chain[samples, prior] ...: {rounds: every measure of zoo/evaluation/samples.py, of what is shown
      against test examples; class_changed; code_variance, the mean over the dimensions of z}; code_error[means] and
      code_error[samples]: the squared error of the code of the model's own x over the prior's variance.

    Raises:
      ValueError: for a protocol or start that does not exist.
    """
    _check_names(protocols=(protocols, PROTOCOLS), starts=(starts, STARTS))
    net, planar = load(features), samples.is_planar(data)
    x, labels = draws.examples(data, num_examples, seed)

    def chained(protocol, start):
        noisy = protocol == "samples"
        # Both are of the same codes: a class is that of what is shown.
        first, origin = (x if start == "data" else draws.generated(model, len(x), seed, each) for each in (noisy, planar))
        own = draws.told(model, labels, len(x)) if start == "data" else draws.labels_of_samples(model, len(x))
        return Result(along(model, data, (x, first, origin), rounds, net, noisy, seed, own))

    def error(protocol):
        return code_error(model, len(x), protocol == "samples", seed)

    walked = ("samples",) if planar else protocols
    asked = {f"chain[{protocol}, {start}]": (chained, protocol, start) for protocol in walked for start in starts}
    asked |= {f"code_error[{protocol}]": (error, protocol) for protocol in PROTOCOLS}
    questions = {(name,): lambda name=name, ask=ask, about=about: {name: ask(*about)} for name, (ask, *about) in asked.items()}
    return answers(questions, RESULTS, len(x)) | {"num_chains": len(x)}


def _check_names(**options):
    for option, (given, known) in options.items():
        if not given or set(given) - set(known):
            raise ValueError(f"--{option}: must be of {', '.join(known)}, found {','.join(given) or 'nothing'}")


def chain(model, x, rounds, seed, noisy, labels=None):
    """x -> z ~ Q(z|x) -> x of P(x|z), so often. Chains run in blocks of 500 with a seed each.

    Args:
      model: with an encoder.
      x: float [n, *event_shape], where the chains start.
      rounds: how often, at least once.
      seed: a pair.
      noisy: whether x is drawn from P(x|z), or is its mean.
      labels: int [n], that a class-conditional model is told.

    Returns:
      {"x": the last x [n, *event_shape], "z": the last z [n, latent_size], "mean": that of P(x|z) at it}.
    """

    def run(rows, label, positions):
        at_labels, own = conditional.at(model, label), tf.random.fold_in(seed, positions[0])

        def once(number, at, _):
            seeds = tf.random.experimental.stateless_split(tf.random.fold_in(own, number), 2)
            z = at_labels.posterior(at).sample(seed=seeds[0])
            likelihood = at_labels.likelihood(z)
            at = likelihood.sample(seed=seeds[1]) if noisy else likelihood.mean()
            return number + 1, tf.ensure_shape(at, [None, *x.shape[1:]]), tf.ensure_shape(z, [None, model.latent_size])

        first = (0, rows, tf.zeros([tf.shape(rows)[0], model.latent_size], rows.dtype))
        _, at, z = tf.while_loop(lambda number, *_: number < rounds, once, first, parallel_iterations=1)
        return {"x": at, "z": z, "mean": at_labels.generate(z) if noisy else at}

    return draws.in_blocks(run, x, draws.told(model, labels, len(x)), block=CHAINS)


def walk(model, x, rounds, seed, noisy, labels=None):
    """(number, what `chain` returns) after each of rising numbers of rounds; the seed is an integer.

    Raises:
      Unavailable: for a model without encoder.
      ValueError: for rounds that do not rise from 1.
    """
    if not model.has_posterior:
        raise Unavailable("the model has no encoder")
    if min(np.diff((0, *rounds))) < 1:
        raise ValueError(f"--rounds: must be different numbers of at least 1, found {','.join(map(str, rounds))}")
    done = 0
    for number in rounds:
        found = chain(model, x, number - done, noise.seed_for(0, seed, f"chain/{number}"), noisy, labels)
        yield number, found
        x, done = found["x"], number


def along(model, data, starts, rounds, net, noisy, seed, labels=None):
    """{rounds: {name: Result}} of chains.

    Args:
      model, data, net, seed: see `measure`.
      starts: (examples to compare with, where the chains start, what is shown of that), three times the same shape.
      rounds, noisy, labels: see `walk`.
    """
    real, first, origin = starts
    table, classes = {}, functools.partial(_classes, net, data)
    for number, at in walk(model, first, rounds, seed, noisy, labels):
        shown = at["x"] if samples.is_planar(data) else at["mean"]
        questions = {
            ("class_changed",): lambda shown=shown: {"class_changed": estimate(classes(origin) != classes(shown))},
            ("code_variance",): lambda at=at: {"code_variance": Result(float(draws.flat(at["z"]).var(0, ddof=1).mean()))},
        }
        table[str(number)] = samples.scores(net, data, real, shown, seed) | answers(questions, RESULTS, len(first))
    return table


def _classes(net, data, x):
    if not net.classifies:
        raise Unavailable("whether a chain has changed its class needs --features of a classifier")
    return net.logits(samples.to_unit(data, x)).argmax(1)


def code_error(model, count, noisy, seed):
    """The squared error of the code of x ~ P(x|z), or of its mean, over the variance of P(z), a Result."""
    z, x = draws.codes(model, count, seed), draws.generated(model, count, seed, noisy)
    return estimate(draws.errors_of_codes(model, x, z, draws.labels_of_samples(model, count)))
