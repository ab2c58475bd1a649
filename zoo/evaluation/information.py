"""Mutual information of two variables from pairs, and how much of a set of codes is alive.

    ksg               from distances to neighbours; no density is needed
    minibatch_bound   log B + mean_i log [ Q(z_i|x_i) / sum_j Q(z_i|x_j) ]  <=  I(x; z):  never above log B

Source: Kraskov, Stoegbauer and Grassberger, "Estimating mutual information" (2004), equation 8; Burda et al., "Importance
Weighted Autoencoders" (2016), section 5 (active units); Roy and Vetterli, "The effective rank" (2007).
"""

import numpy as np
from scipy import special
from sklearn.metrics import pairwise_distances_chunked

from zoo.evaluation.results import TooFewError, Unavailable

ACTIVE_VARIANCE = 0.01  # of the posterior mean over the data, above which a unit is active (Burda et al.)


def ksg(first, second, neighbours=3):
    """(I in nats, its standard error), from pairs of rows.

        psi(k) + psi(n) - mean [ psi(n_x + 1) + psi(n_z + 1) ]

    n_x counts the other points that are closer in x alone than the k-th neighbour is in (x, z), whose distance is the larger
    of the distances in x and in z, both Euclidean. It is low for many dimensions and few points. The standard error is that
    of the mean of the terms, as if they were independent.

    Args:
      first, second: float64 [n, d] and [n, e], continuous.
      neighbours: k.

    Raises:
      TooFewError: for fewer than k + 2 pairs.
      Unavailable: if points coincide, so that a distance is 0.
    """
    count = len(first)
    if count < neighbours + 2:
        raise TooFewError("mutual information", neighbours + 2, count)
    inside = []
    for x, z in zip(pairwise_distances_chunked(first), pairwise_distances_chunked(second), strict=True):
        # The point itself is at distance 0, so that the k-th neighbour is entry k of the sorted distances.
        radius = np.partition(np.maximum(x, z), neighbours)[:, neighbours, np.newaxis]
        if not radius.min() > 0:
            raise Unavailable("mutual information by neighbours is of continuous variables, and here points coincide")
        inside.append(np.stack([(distance < radius).sum(1) for distance in (x, z)]))  # it counts the point itself: n_x + 1
    terms = special.digamma(neighbours) + special.digamma(count) - special.digamma(np.concatenate(inside, 1)).sum(0)
    return float(terms.mean()), float(terms.std(ddof=1) / np.sqrt(count))


def minibatch_bound(log_q):
    """(lower bound of I(x; z), its standard error) of log Q(z_i|x_j) [n, n], z_i drawn at x_i."""
    count = len(log_q)
    terms = np.log(count) + np.diag(log_q) - special.logsumexp(log_q, axis=1)
    return float(terms.mean()), float(terms.std(ddof=1) / np.sqrt(count))


def active_units(means):
    """How many dimensions of the posterior means [n, latent_size] vary by more than 0.01 over the data."""
    return int(np.sum(means.var(0) > ACTIVE_VARIANCE))


def effective_rank(covariance):
    """exp of the entropy of the normalized eigenvalues: from 1 to the dimension; 0 for a covariance of 0."""
    values = np.maximum(np.linalg.eigvalsh(covariance), 0)
    return float(np.exp(special.entr(values / values.sum()).sum())) if values.sum() > 0 else 0.0
