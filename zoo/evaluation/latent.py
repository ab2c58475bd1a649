"""Latent space: how much a code tells of x, how many dimensions are used, and how far Q(z) is from P(z).

Q(z) is the aggregate posterior, of z ~ Q(z|x) over test examples; P(z) is the prior. Codes that are binary are treated as
points 0 and 1 by everything that measures distances.
"""

import functools

import numpy as np
import tensorflow as tf
from scipy import special
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zoo.evaluation import distances, draws, information
from zoo.evaluation.results import Quantity, Result, TooFewError, Unavailable, answers, estimate, missing

RESULTS = {
    "rate": Quantity(
        "nats", "", "Rate", "Mean of log Q(z|x) - log P(z): nats that a code costs. 0 means that z tells nothing of x."
    ),
    "distortion": Quantity(
        "nats",
        "lower",
        "Distortion",
        "Mean of -log P(x|z): nats that x costs once its code is known. Of a density it may have either sign.",
    ),
    "active_units": Quantity(
        "dimensions",
        "",
        "Active units",
        "Dimensions of z whose posterior mean varies with x. A rotated code may use more of them than it needs.",
    ),
    "mutual_information": Quantity(
        "nats",
        "",
        "Mutual information of x and z",
        "Nats that a code tells of its x, by neighbours of pairs (KSG). Of N pairs it hardly exceeds log N.",
    ),
    "mutual_information_bound": Quantity(
        "nats",
        "",
        "Bound of the mutual information",
        "A lower bound, by the density of other examples' codes. Of N examples it is at most log N.",
    ),
    "aggregate_divergence": Quantity(
        "nats",
        "lower",
        "Divergence of codes from the prior",
        "KL(Q(z) || P(z)): how unlike the prior the codes of data are. Small in a collapsed model as well.",
    ),
    "knn_accuracy": Quantity(
        "share",
        "higher",
        "Accuracy of 5 nearest codes",
        "Share of test examples whose class their nearest posterior means tell. It says nothing of samples.",
    ),
    "linear_probe_accuracy": Quantity(
        "share",
        "higher",
        "Accuracy of a linear probe",
        "Share of classes that a linear map of posterior means tells. A code may know more than a line can read.",
    ),
    "effective_rank": Quantity(
        "dimensions",
        "",
        "Effective rank of codes",
        "Exponential of the entropy of the covariance's spectrum: in how many directions codes spread.",
    ),
    "log_determinant": Quantity(
        "nats",
        "",
        "Log-determinant of codes' covariance",
        "Log volume that codes fill. One flat direction drives it down alone.",
    ),
    **distances.RESULTS,
}
NEIGHBOURS = 5
AT_ONCE = 100  # codes whose log Q(z|x_j) are taken for all j at once


def measure(model, data, *, num_examples: int = 2000, seed: int = 0):
    """What the codes of test examples are like.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: test examples at most; the probes train on as many training examples.
      seed: of the draws and of the choice of examples.

    Returns:
      rate and distortion (nats); active_units; mutual_information (KSG, between z and x) and mutual_information_bound (at most
      log of the number of examples); knn_accuracy and linear_probe_accuracy of the labels from the posterior mean;
      log_determinant and effective_rank of the covariance of Q(z); precision, recall, density and coverage of Q(z) as samples
      of P(z), in brackets [z]; aggregate_divergence, an estimate of KL(Q(z) || P(z)).
    """
    x, labels = draws.examples(data, num_examples, seed)

    @functools.cache
    def encoded():
        return draws.encoded(model, x, seed)

    @functools.cache
    def table():
        return posterior_table(model, x, encoded()["sample"])

    balls = ("precision[z]", "recall[z]", "density[z]", "coverage[z]")
    found = answers(
        {
            ("rate", "distortion"): lambda: rate_and_distortion(model, x, encoded()["sample"]),
            ("active_units",): lambda: {"active_units": Result(information.active_units(_mean(encoded())))},
            ("mutual_information",): lambda: {"mutual_information": _neighbours(x, encoded()["sample"])},
            ("mutual_information_bound",): lambda: {"mutual_information_bound": Result(*information.minibatch_bound(table()))},
            ("aggregate_divergence",): lambda: {
                "aggregate_divergence": aggregate_divergence(model, encoded()["sample"], table())
            },
            ("knn_accuracy", "linear_probe_accuracy"): lambda: probes(model, data, _mean(encoded()), labels, seed),
            ("effective_rank", "log_determinant"): lambda: spread(draws.flat(encoded()["sample"])),
            balls: lambda: covering(model, encoded()["sample"], seed),
        },
        RESULTS,
        len(x),
        available=data.size("test"),
    )
    return found | {"num_latent_examples": len(x)}


def _neighbours(x, z):
    return Result(*information.ksg(draws.flat(x), draws.flat(z)))


def _mean(codes):
    """The posterior means; of a posterior without a mean, samples."""
    return draws.flat(codes.get("mean", codes["sample"]))


def _needs(model, *fields):
    if missing := [field for field in fields if not model.has(field)]:
        raise Unavailable(f"the model has no {' and no '.join(missing)}")


def rate_and_distortion(model, x, z):
    """Means of log Q(z|x) - log P(z) and of -log P(x|z) at one z of each x."""
    _needs(model, "log_p_x_given_z", "log_p_z", "log_q_z_given_x")

    def terms(rows, codes, positions):
        at = model.log_densities(rows, codes)
        return {"rate": at.log_q_z_given_x - at.log_p_z, "distortion": -at.log_p_x_given_z}

    values = draws.in_blocks(terms, x, z)
    return {name: estimate(value) for name, value in values.items()}


def aggregate_divergence(model, z, log_q):
    """KL(Q(z) || P(z)), estimated by the mean of log [ mean_j Q(z_i|x_j) / P(z_i) ]: z_i is drawn at one of the x_j.

    It is high for few examples, by no more than log of their number.
    """
    _needs(model, "log_p_z")
    log_q_z = special.logsumexp(log_q, axis=1) - np.log(len(log_q))
    return estimate(log_q_z - model.prior().log_prob(z).numpy())


def posterior_table(model, x, z):
    """log Q(z_i|x_j), [n, n]."""
    _needs(model, "log_q_z_given_x")
    posterior = model.posterior(tf.constant(x))

    @tf.function(reduce_retracing=True, autograph=False)
    def rows(codes):
        return posterior.log_prob(codes[:, tf.newaxis])

    return np.concatenate([rows(tf.constant(z[i : i + AT_ONCE])).numpy() for i in range(0, len(z), AT_ONCE)]).astype(np.float64)


def probes(model, data, test, labels, seed):
    """Share of test labels told by the nearest training codes, and by logistic regression on the codes."""
    if labels is None:
        raise Unavailable(f"data set {data.name} has no labels")
    x, train_labels = draws.examples(data, len(test), seed, split="train")
    train = _mean(draws.encoded(model, x, seed))
    chosen = {
        "knn_accuracy": KNeighborsClassifier(n_neighbors=min(NEIGHBOURS, len(train))),
        "linear_probe_accuracy": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    }
    return {name: estimate(probe.fit(train, train_labels).predict(test) == labels) for name, probe in chosen.items()}


def spread(z):
    """log-determinant, in nats, and effective rank of the covariance of Q(z)."""
    count, size = z.shape
    if count <= size:
        raise TooFewError(f"a covariance of codes of {size} dimensions", size + 1, count)
    covariance = np.atleast_2d(np.cov(z, rowvar=False))
    sign, log_determinant = np.linalg.slogdet(covariance)
    singular = Unavailable("the covariance of Q(z) is singular: log_determinant is minus infinity")
    return {
        "effective_rank": Result(information.effective_rank(covariance)),
        "log_determinant": Result(float(log_determinant)) if sign > 0 else missing(singular),
    }


def covering(model, z, seed):
    """How draws of Q(z) and of P(z) cover each other; the prior takes the part of the data."""
    prior = draws.flat(draws.codes(model, len(z), seed, "prior"))
    found = distances.precision_recall(prior, draws.flat(z), NEIGHBOURS)
    return {f"{name}[z]": Result(value) for name, value in found.items()}
