"""Distances against closed forms, against the package `prdc`, and the same for every size of a chunk."""

import itertools
from functools import partial

import numpy as np
import prdc
import pytest
from scipy import stats

from zoo.evaluation import distances
from zoo.evaluation.results import TooFewError

GENERATOR = np.random.default_rng(0)
X, Y = GENERATOR.normal(size=(300, 4)), 0.3 + 1.2 * GENERATOR.normal(size=(250, 4))


def test_frechet_distance_of_normals_is_the_closed_form():
    # For covariances that commute it is |m - m'|^2 + |C^1/2 - C'^1/2|^2.
    rotation = np.linalg.qr(GENERATOR.normal(size=(3, 3)))[0]
    values, others = np.array([4.0, 1.0, 0.25]), np.array([1.0, 9.0, 0.0])
    first, second = (rotation @ np.diag(v) @ rotation.T for v in (values, others))
    found = distances.frechet_distance_of_normals(np.ones(3), first, np.zeros(3), second)
    # The root of an eigenvalue that should be 0 is that of a rounding error.
    np.testing.assert_allclose(found, 3 + ((np.sqrt(values) - np.sqrt(others)) ** 2).sum(), rtol=1e-6)


def test_frechet_distance_is_of_unbiased_covariances():
    """Of 0, 2 the mean is 1 and the variance 2, of 0, 8 they are 4 and 32: (4 - 1)^2 + (32^1/2 - 2^1/2)^2 = 9 + 18."""
    np.testing.assert_allclose(distances.frechet_distance(np.array([[0.0], [2]]), np.array([[0.0], [8]])), 27, rtol=1e-12)


def test_frechet_distance_of_a_moved_set_is_the_move():
    np.testing.assert_allclose(distances.frechet_distance(X, X + 0.5), 4 * 0.25, rtol=1e-10)
    np.testing.assert_allclose(distances.frechet_distance(X, X), 0, atol=1e-12)


def test_kernel_distance_is_zero_in_expectation_on_equal_sets_and_its_error_is_that_seen():
    draws = [distances.kernel_distance(*GENERATOR.normal(size=(2, 100, 3))) for _ in range(200)]
    values, errors = np.array(draws).T
    assert abs(values.mean()) < 4 * values.std(ddof=1) / np.sqrt(200)
    # The blocks' error is too large, since blocks compare fewer pairs, and of the same order.
    assert values.std(ddof=1) < errors.mean() * 1.3
    assert errors.mean() < 10 * values.std(ddof=1)


def squared_discrepancy(x, y):
    """The unbiased estimate by its definition, a kernel at a time."""

    def mean(pairs):
        return np.mean([(first @ second / len(first) + 1) ** 3 for first, second in pairs])

    within = [mean(itertools.permutations(points, 2)) for points in (x, y)]
    return sum(within) - 2 * mean(itertools.product(x, y))


@pytest.mark.parametrize(("count", "other", "blocks"), [(60, 90, 20), (11, 41, 5), (41, 11, 5)])
def test_kernel_distance_and_its_error_are_those_of_the_definition(count, other, blocks):
    """Twenty blocks, or as many as have two points of each set."""
    x, y = X[:count], Y[:other]
    random = np.random.RandomState(0)
    orders = [np.array_split(random.permutation(len(rows)), blocks) for rows in (x, y)]
    parts = [squared_discrepancy(x[i], y[j]) for i, j in zip(*orders, strict=True)]
    value, error = distances.kernel_distance(x, y)
    np.testing.assert_allclose(value, squared_discrepancy(x, y), rtol=1e-9)
    np.testing.assert_allclose(error, np.std(parts, ddof=1) / np.sqrt(blocks), rtol=1e-9)


def test_the_error_of_the_kernel_distance_does_not_depend_on_the_order_of_rows():
    """Two classes far apart: blocks of one class each would have an error many times as large."""
    random = np.random.RandomState(0)
    real, generated = (random.randn(400, 2) + 10 * (np.arange(400) % 2)[:, None] for _ in range(2))
    by_class = np.argsort(np.arange(400) % 2, kind="stable")
    value, error = distances.kernel_distance(real, generated)
    ordered, its_error = distances.kernel_distance(real[by_class], generated[by_class[::-1]])
    np.testing.assert_allclose(ordered, value, rtol=1e-6)
    assert 1 / 3 < its_error / error < 3


def test_kernel_distance_of_different_means_is_the_closed_form():
    """In one dimension, k(x, y) = (x y + 1)^3 = sum over j of binomial(3, j) (x y)^j: sums of squared moments' differences."""
    x, y = GENERATOR.normal(size=(2000, 1)), 1 + GENERATOR.normal(size=(2000, 1))
    moments, others = np.array([1, 0, 1, 0]), np.array([1, 1, 2, 4])
    exact = (np.array([1, 3, 3, 1]) * (moments - others) ** 2).sum()
    value, error = distances.kernel_distance(x, y)
    assert abs(value - exact) < 4 * error
    assert 4 * error < exact


@pytest.mark.parametrize("neighbours", [1, 5])
def test_precision_recall_density_coverage_are_those_of_the_package(neighbours):
    expected = prdc.compute_prdc(real_features=X, fake_features=Y, nearest_k=neighbours)
    found = distances.precision_recall(X, Y, neighbours)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("scale", [1.0, 1 / 3, 1e6])
def test_sets_with_many_equal_points_cover_themselves(scale):
    """A ball of radius 0 holds its own point: each of 20 places is covered by the 4 points there, of k = 2 neighbours."""
    points = scale * (np.repeat(GENERATOR.normal(size=(20, 50)), 4, axis=0) + 1000)
    found = distances.precision_recall(points, points[::-1], neighbours=2)
    assert found == {"precision": 1, "recall": 1, "density": 4 / 2, "coverage": 1}


def test_one_point_covers_itself():
    found = distances.precision_recall(np.ones((8, 3)), np.ones((9, 3)), neighbours=2)
    assert found == {"precision": 1, "recall": 1, "density": 8 / 2, "coverage": 1}


def test_a_point_on_the_border_of_a_ball_is_inside():
    """Of data 0, 1, 3 and samples -1, -1.5, -2.5, k = 1, worked out by hand.

    Radii of the data are 1, 1, 2, of the samples .5, .5, 1: only the sample -1 is in a data ball, that of 0, on its border.
    """
    real, generated = np.array([[0.0], [1], [3]]), np.array([[-1.0], [-1.5], [-2.5]])
    found = distances.precision_recall(real, generated, neighbours=1)
    assert found == {"precision": 1 / 3, "recall": 0, "density": 1 / 3, "coverage": 1 / 3}


def test_sliced_wasserstein_of_a_moved_set_is_the_mean_squared_projection_of_the_move():
    # Over directions of a sphere in d dimensions the mean of (u . m)^2 is |m|^2 / d.
    value, error = distances.sliced_wasserstein(X, X + np.array([1.0, 0, 0, 0]), seed=0, projections=2000)
    assert abs(value - 1 / 4) < 4 * error < 0.05


def test_the_error_of_sliced_wasserstein_is_that_of_two_directions():
    """Along a direction of angle a, a move by (1, 0) is at distance d = cos^2 a; of two, the error is |d - d'|/2."""
    value, error = distances.sliced_wasserstein(X[:, :2], X[:, :2] + [1.0, 0], seed=0, projections=2)
    other = distances.sliced_wasserstein(X[:, :2], X[:, :2] + [0, 1.0], seed=0, projections=2)
    # cos^2 and sin^2 sum to 1 for each direction, so the two moves have the same error.
    np.testing.assert_allclose([value + other[0], error - other[1]], [1, 0], atol=1e-12)
    directions = np.random.RandomState(0).standard_normal((2, 2))
    squares = directions[0] ** 2 / (directions**2).sum(0)
    np.testing.assert_allclose([value, error], [squares.mean(), abs(squares[0] - squares[1]) / 2], rtol=1e-9)


def test_sliced_wasserstein_in_one_dimension_is_that_of_scipy():
    x, y = X[:, :1], Y[:, :1]
    # Wasserstein-2 between normals of the same shape: a move and a stretch.
    value, _ = distances.sliced_wasserstein(x, 2 * x + 1, seed=0)
    np.testing.assert_allclose(value, np.mean((x + 1) ** 2), rtol=1e-10)
    # Jensen: the squared W2 is at least the square of W1.
    assert distances.sliced_wasserstein(x, y, seed=0)[0] > stats.wasserstein_distance(x[:, 0], y[:, 0]) ** 2


def test_sliced_wasserstein_of_sets_of_different_size_is_at_the_quantiles_of_the_smaller():
    """A quarter of 0, 1, 2, 3 is half way from 0 to 1, three quarters half way from 2 to 3."""
    large, small = np.array([[3.0], [0.0], [2.0], [1.0]]), np.array([[1.0], [0.0]])
    for one, other in ((large, small), (small, large)):
        np.testing.assert_allclose(distances.sliced_wasserstein(one, other, seed=0), (((0.5 - 0) ** 2 + (2.5 - 1) ** 2) / 2, 0))


@pytest.mark.parametrize("chunk", [7, 100, 10_000])
def test_the_chunk_does_not_show(chunk):
    np.testing.assert_allclose(distances.kernel_distance(X, Y, chunk=chunk), distances.kernel_distance(X, Y), rtol=1e-9)
    assert distances.precision_recall(X, Y, 5, chunk=chunk) == distances.precision_recall(X, Y, 5)


LEAST = {
    "frechet_distance": (distances.frechet_distance, 5),
    "kernel_distance": (distances.kernel_distance, 4),
    "precision_recall": (partial(distances.precision_recall, neighbours=5), 7),
    "sliced_wasserstein": (partial(distances.sliced_wasserstein, seed=0), 2),
}


@pytest.mark.parametrize(("function", "least"), LEAST.values(), ids=LEAST)
def test_too_few_points_are_refused_and_enough_are_not(function, least):
    with pytest.raises(TooFewError, match=f"at least {least} examples, found {least - 1}"):
        function(X[: least - 1], Y)
    function(X[:least], Y)


def test_what_is_no_number_is_refused():
    bad = X.copy()
    bad[3, 1] = np.nan
    for function, _ in LEAST.values():
        with pytest.raises(ValueError, match="NaN or infinite"):
            function(X, bad)
