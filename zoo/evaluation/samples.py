"""Samples: how far the model's examples lie from the data, in features of one's choice; modes of sets in the plane.

Samples are what `zoo sample` shows, the means of P(x|z) at z ~ P(z), or draws of P(x|z) with `observation_noise`. Sets in the
plane, where the noise is part of the model, are always drawn. They are compared with as many examples of the test split.
"""

import functools

import numpy as np
from scipy import special, stats

from zoo import registry
from zoo.evaluation import distances, draws, exact
from zoo.evaluation.features import load
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate, missing

OF_CLASSES = True  # it can be asked of a class-conditional model
RESULTS = {
    "frechet_distance": Quantity(
        "squared units of the features",
        "lower",
        "Frechet distance",
        "Squared distance of two normal fits of features. Features that miss a fault miss it here, and fewer samples raise it.",
    ),
    "kernel_distance": Quantity(
        "of features' cubes",
        "lower",
        "Kernel distance",
        "Squared maximum mean discrepancy with a cubic kernel, unbiased. It compares within one net of features only.",
    ),
    **distances.RESULTS,
    "sliced_wasserstein": Quantity(
        "squared units of the features",
        "lower",
        "Sliced Wasserstein distance",
        "Mean squared transport distance along random directions of the features. It weakens as dimensions grow.",
    ),
    "classifier_entropy": Quantity(
        "nats",
        "lower",
        "Entropy of each sample's class",
        "How unsure a classifier is of a sample's class. A net may be sure of nonsense.",
    ),
    "class_balance_entropy": Quantity(
        "nats",
        "higher",
        "Entropy of the classes of samples",
        "Its maximum is an equal share of each class. Many copies of one sample a class reach it too.",
    ),
    "rarest_class": Quantity(
        "share",
        "higher",
        "Share of the rarest class",
        "Of the samples, by a classifier. It misleads where the data's own classes are unequal.",
    ),
    "mode_imbalance": Quantity(
        "share of good samples",
        "lower",
        "Imbalance of the modes",
        "Good samples that would have to change their mode for all modes to have as many, as the data have. 0 is even.",
    ),
    "modes_covered": Quantity("modes", "higher", "Modes covered", "Modes with good samples, at least 0.1% of all."),
    "good_samples": Quantity(
        "share", "higher", "Good samples", "Share within three standard deviations of a mode. A model of one mode can reach 1."
    ),
    "true_negative_log_likelihood": Quantity(
        "nats",
        "lower",
        "Negative log-likelihood, exact",
        "Mean -log P(x) of test examples. Its best is the data's entropy.",
    ),
    "divergence_from_data": Quantity(
        "nats",
        "lower",
        "Divergence from the data",
        "KL(Q(x) || P(x)), exact, over test examples. A mode that is missing costs much.",
    ),
}
BALLS = ("precision", "recall", "density", "coverage")
NEIGHBOURS = 5
GOOD_STANDARD_DEVIATIONS = 3  # a sample within so many of a mode's centre is good, and its mode is covered
COVERING = 0.001  # of the samples is the least that covers a mode


def measure(
    model,
    data,
    *,
    num_examples: int = 5000,
    features: str = "pixels",
    observation_noise: bool = False,
    seed: int = 0,
):
    """Distances between samples and test examples.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: how many samples, and how many test examples at most.
      features: pixels, or the folder of a SavedModel (zoo/evaluation/features.py).
      observation_noise: draw x from P(x|z) in place of its mean.
      seed: of the samples, and of the choice of examples.

    Returns:
      frechet_distance, kernel_distance, precision, recall, density, coverage, sliced_wasserstein, each with the features'
      name in brackets; of a classifier's features also how sure and how balanced its answers are; of sets whose module has
      MEANS and STD, modes_covered, mode_imbalance, good_samples, true_negative_log_likelihood and divergence_from_data,
      KL(Q(x) || P(x)).
    """
    net = load(features)
    real, _ = draws.examples(data, num_examples, seed)
    noisy = observation_noise or is_planar(data)
    drawn = draws.generated(model, len(real), seed, noisy)
    found = scores(net, data, real, drawn, seed)
    if is_planar(data):
        likelihoods = ("true_negative_log_likelihood", "divergence_from_data")
        some = real[: exact.MAX_EXAMPLES]
        found |= answers({likelihoods: lambda: true_likelihood(model, data, some)}, RESULTS, len(real))
    return found | {f"features[{net.name}]": net.record(len(real), len(drawn), range_of(data))}


def is_planar(data):
    """Whether the data are points in the plane."""
    return data.event_shape == (2,)


def to_unit(data, x):
    """x as features take it: images in [0, 1], clipped as a picture would be."""
    unit = np.asarray(data.preprocessing.to_unit(x))
    return np.clip(unit, 0, 1) if data.preprocessing.levels else unit


def range_of(data):
    """How values are treated before they become features."""
    return "float32 in [0, 1], clipped" if data.preprocessing.levels else "real values as they are"


def scores(net, data, real, drawn, seed):
    """Every measure of two sets of examples of a data set in the features of a net; in the plane, of modes too."""
    tag = f"[{net.name}]"

    @functools.cache
    def of_both():
        return tuple(net(to_unit(data, x)) for x in (real, drawn))

    questions = {
        ("frechet_distance",): lambda: {"frechet_distance": Result(distances.frechet_distance(*of_both()))},
        ("kernel_distance",): lambda: {"kernel_distance": Result(*distances.kernel_distance(*of_both()))},
        BALLS: lambda: _results(distances.precision_recall(*of_both(), NEIGHBOURS)),
        ("sliced_wasserstein",): lambda: {"sliced_wasserstein": Result(*distances.sliced_wasserstein(*of_both(), seed))},
    }
    if net.classifies:
        names = ("classifier_entropy", "class_balance_entropy", "rarest_class")
        questions[names] = lambda: answers_of_classifier(net.logits(to_unit(data, drawn)))
    about = {"quantities": RESULTS, "count": len(real), "available": data.size("test")}
    found = {f"{name}{tag}": result for name, result in answers(questions, **about).items()}
    if is_planar(data):
        found |= answers({("modes_covered", "mode_imbalance", "good_samples"): lambda: modes(data, drawn)}, **about)
    return found


def _results(values):
    return {name: Result(value) for name, value in values.items()}


def answers_of_classifier(logits):
    """Mean entropy of answers [n, classes], entropy of their mean, in nats and at most log classes; and the rarest class."""
    probabilities = special.softmax(logits, axis=1)
    balance = probabilities.mean(0)
    return {
        "classifier_entropy": Result(float(special.entr(probabilities).sum(1).mean())),
        "class_balance_entropy": Result(float(special.entr(balance).sum())),
        "rarest_class": Result(float(balance.min())),
    }


def modes(data, drawn):
    """How many modes of a mixture of known centres have samples, how evenly, and the share of samples near one."""
    means, std = _mixture(data)
    distance = np.linalg.norm(drawn[:, np.newaxis] - means, axis=-1)
    near = distance.min(1) < GOOD_STANDARD_DEVIATIONS * std
    counts = np.bincount(distance.argmin(1)[near], minlength=len(means))
    share = near.mean()
    # Half the sum of absolute differences of shares: the total variation distance from the uniform distribution.
    uneven = np.abs(counts / max(1, counts.sum()) - 1 / len(means)).sum() / 2
    return {
        "mode_imbalance": Result(float(uneven)),
        "modes_covered": Result(int(np.sum(counts >= max(1, COVERING * len(drawn))))),
        "num_modes": len(means),
        "good_samples": Result(float(share), float(np.sqrt(share * (1 - share) / len(drawn)))),
    }


def _mixture(data):
    module = registry.find("data", data.name) if data.name in registry.names("data") else None
    if not hasattr(module, "MEANS"):
        raise Unavailable(f"data set {data.name} has no known modes: its module has no MEANS and STD")
    return module.MEANS, module.STD


def true_likelihood(model, data, real):
    """-log P(x) of test examples, exactly; where log Q(x) is known too, the divergence on the same examples.

    The mean of log Q(x) - log P(x) has a far smaller error than that of -log P(x), which the choice of examples moves.
    """
    values, _ = exact.exact_log_likelihood(model, real)
    found = {"true_negative_log_likelihood": estimate(-values)}
    try:
        log_q = log_density(data, real)
    except Unavailable as error:
        return found | {"divergence_from_data": missing(error)}
    return found | {"divergence_from_data": estimate(log_q - values)}


def log_density(data, x):
    """log Q(x) of a mixture of equal normals at x [n, d], [n] nats."""
    means, std = _mixture(data)
    logs = stats.norm(means, std).logpdf(np.asarray(x, np.float64)[:, np.newaxis]).sum(-1)
    return special.logsumexp(logs, axis=1) - np.log(len(means))
