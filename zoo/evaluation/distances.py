"""How far two sets of points lie apart: Frechet, kernel and sliced Wasserstein distance; precision, recall, density, coverage.

Points are rows of float64 arrays, features of data and of samples. Pairs of points are compared in chunks, so that memory does
not grow with the square of their number; the size of a chunk does not show in a result.
"""

import numpy as np
from scipy import linalg
from sklearn.neighbors import NearestNeighbors

from zoo.evaluation.results import Quantity, TooFewError

RESULTS = {
    "precision": Quantity(
        "share", "higher", "Precision", "Share of samples near some datum. A model that repeats one good sample has 1."
    ),
    "recall": Quantity("share", "higher", "Recall", "Share of data near some sample. Outliers among samples raise it."),
    "density": Quantity(
        "1 for equal sets",
        "higher",
        "Density",
        "How many data neighbourhoods a sample lies in, over k; 1 for equal sets. Above 1 means crowding.",
    ),
    "coverage": Quantity(
        "share",
        "higher",
        "Coverage",
        "Share of data with a sample nearer than their k-th neighbour. It falls with fewer samples.",
    ),
}
CHUNK = 1000


def _check(first, second, least, what):
    count = min(len(first), len(second))
    if count < least:
        raise TooFewError(what, least, count)
    for points in (first, second):
        if not np.isfinite(points).all():
            raise ValueError(f"{what}: {np.mean(~np.isfinite(points)):.1%} of the values are NaN or infinite")


def frechet_distance(real, generated):
    """|m - m'|^2 + tr(C + C' - 2 (C C')^1/2) between the normal distributions with the means and covariances of two sets.

    Biased upwards by an amount that falls with the number of points: compare only equal numbers.

    Args:
      real, generated: [n, d] and [m, d].

    Raises:
      TooFewError: for fewer points than make a covariance of full rank, d + 1.

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017), eq. 6.
    """
    _check(real, generated, real.shape[1] + 1, "a covariance of full rank")
    first, second = (np.atleast_2d(np.cov(points, rowvar=False)) for points in (real, generated))
    return frechet_distance_of_normals(real.mean(0), first, generated.mean(0), second)


def frechet_distance_of_normals(mean, covariance, other_mean, other_covariance):
    """The same between N(mean, covariance) and another."""
    # tr (C C')^1/2 = tr (R C' R)^1/2 with R = C^1/2: symmetric, so that rounding cannot make a root complex.
    values, vectors = linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(linalg.eigvalsh(root @ other_covariance @ root), 0)).sum()
    difference = mean - other_mean
    return float(difference @ difference + np.trace(covariance) + np.trace(other_covariance) - 2 * cross)


def kernel_distance(real, generated, blocks=20, chunk=CHUNK):
    """The squared maximum mean discrepancy with the kernel (x.y/d + 1)^3: unbiased, 0 in expectation for equal sets.

        mean over i != j of k(x_i, x_j)  +  the same of y  -  2 mean of k(x_i, y_j)

    Args:
      real, generated: [n, d] and [m, d].
      blocks: the sets are cut into so many pairs of blocks to find the standard error.
      chunk: rows that are compared at once.

    Returns:
      (estimate from all points, its standard error). The error is that of the mean of the blocks' estimates, a little too
      large for the estimate from all points, which uses more pairs.

    Source: Gretton et al., "A Kernel Two-Sample Test" (2012), equation 3; Binkowski et al., "Demystifying MMD GANs" (2018).
    """
    _check(real, generated, 4, "a kernel distance")
    value = _squared_discrepancy(real, generated, chunk)
    blocks = min(blocks, len(real) // 2, len(generated) // 2)
    # At random, since rows may be in an order: of their classes, say.
    random = np.random.RandomState(0)
    orders = [np.array_split(random.permutation(len(rows)), blocks) for rows in (real, generated)]
    parts = [_squared_discrepancy(real[i], generated[j], chunk) for i, j in zip(*orders, strict=True)]
    return value, float(np.std(parts, ddof=1) / np.sqrt(blocks))


def _squared_discrepancy(x, y, chunk):
    within = [(_kernel_sum(points, points, chunk) - _kernel(points, points).sum()) for points in (x, y)]
    n, m = len(x), len(y)
    return float(within[0] / (n * (n - 1)) + within[1] / (m * (m - 1)) - 2 * _kernel_sum(x, y, chunk) / (n * m))


def _kernel(x, y):
    """k of each x with the y of the same row."""
    return (np.einsum("ij,ij->i", x, y) / x.shape[1] + 1) ** 3


def _kernel_sum(x, y, chunk):
    starts = range(0, len(x), chunk)
    return np.sum([((x[i : i + chunk] @ y.T / x.shape[1] + 1) ** 3).sum() for i in starts])


def precision_recall(real, generated, neighbours, chunk=CHUNK):
    """How samples and data cover each other: {"precision", "recall", "density", "coverage"}.

    With the closed ball around each point of a set that reaches to its k-th nearest neighbour in that set:

        precision   share of the samples in the ball of some data point
        recall      share of the data in the ball of some sample
        density     mean number of data balls around a sample, over k: not limited to 1, robust against outliers of the data
        coverage    share of the data whose ball holds a sample

    Args:
      real, generated: [n, d] and [m, d].
      neighbours: k.
      chunk: data points that are compared at once.

    A point on the border is inside, so that sets of points that occur more than k times are covered by themselves.

    Source: Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models" (2019), equation 1;
    Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models" (2020), section 3.
    """
    _check(real, generated, neighbours + 2, f"a ball of {neighbours} neighbours")
    # Without the mean, squares lose less to rounding.
    real, generated = real - real.mean(0), generated - real.mean(0)
    radius, other_radius = (_radius(points, neighbours) for points in (real, generated))
    inside, recalled, covered = np.zeros(len(generated)), [], []
    for start in range(0, len(real), chunk):
        square = _squared_distances(real[start : start + chunk], generated)
        own = square <= radius[start : start + chunk, np.newaxis] ** 2
        inside += own.sum(0)
        covered.append(own.any(1))
        recalled.append((square <= other_radius**2).any(1))
    return {
        "precision": float(np.mean(inside > 0)),
        "recall": float(np.concatenate(recalled).mean()),
        "density": float(inside.mean() / neighbours),
        "coverage": float(np.concatenate(covered).mean()),
    }


def _radius(points, neighbours):
    # Without arguments a point is no neighbour of its own.
    return NearestNeighbors(n_neighbors=neighbours).fit(points).kneighbors()[0][:, -1]


def _squared_distances(x, y):
    """A lower bound of |x - y|^2 by as much as rounding may have added, so that equal points are at 0 or below, [n, m]."""
    squares = (x * x).sum(1)[:, np.newaxis] + (y * y).sum(1)
    rounding = np.finfo(x.dtype).eps * (x.shape[1] + 8)
    return squares * (1 - rounding) - 2 * x @ y.T


def sliced_wasserstein(real, generated, seed, projections=200):
    """(mean over random directions of the squared Wasserstein-2 distance of the projections, its standard error).

    The error is that of the choice of directions. Sets of different size are compared at the quantiles of the smaller one.

    Source: Bonneel et al., "Sliced and Radon Wasserstein Barycenters of Measures" (2015), section 3.
    """
    _check(real, generated, 2, "a Wasserstein distance")
    directions = np.random.RandomState(seed).standard_normal((real.shape[1], projections))
    directions /= np.linalg.norm(directions, axis=0)
    level = (np.arange(min(len(real), len(generated))) + 0.5) / min(len(real), len(generated))
    # Of a set of as many points as levels these quantiles are the sorted points.
    first, second = (np.quantile(points @ directions, level, axis=0, method="hazen") for points in (real, generated))
    squares = np.mean((first - second) ** 2, axis=0)
    return float(squares.mean()), float(squares.std(ddof=1) / np.sqrt(projections))
