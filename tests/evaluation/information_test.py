"""Mutual information of correlated Gaussians, and ranks, against closed forms."""

import numpy as np
import pytest
from scipy import special

from zoo.evaluation import information
from zoo.evaluation.results import Unavailable


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_ksg_of_correlated_normals_is_the_closed_form(correlation):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2000, 1))
    z = correlation * x + np.sqrt(1 - correlation**2) * generator.normal(size=x.shape)
    value, error = information.ksg(x, z)
    # Kraskov et al., figure 4: its bias at so many points is below 0.01.
    assert abs(value + np.log(1 - correlation**2) / 2) < 4 * error + 0.01
    assert 4 * error < 0.15


def test_ksg_of_several_dimensions_is_a_sum():
    generator = np.random.default_rng(1)
    x = generator.normal(size=(2000, 2))
    z = 0.8 * x + 0.6 * generator.normal(size=x.shape)
    value, error = information.ksg(x, z)
    assert abs(value + 2 * np.log(0.6)) < 4 * error + 0.1


def test_ksg_is_equation_8_of_its_source():
    """By counting, on pairs in one dimension each: psi(k) + psi(n) - <psi(n_x + 1) + psi(n_z + 1)>."""
    generator, n, k = np.random.default_rng(3), 12, 3
    x, z = generator.normal(size=n), generator.normal(size=n)
    terms = []
    for i in range(n):
        others = [j for j in range(n) if j != i]
        radius = sorted(max(abs(x[i] - x[j]), abs(z[i] - z[j])) for j in others)[k - 1]
        near = [sum(abs(v[i] - v[j]) < radius for j in others) for v in (x, z)]
        terms.append(special.digamma(k) + special.digamma(n) - sum(special.digamma(count + 1) for count in near))
    expected = np.mean(terms), np.std(terms, ddof=1) / np.sqrt(n)
    np.testing.assert_allclose(information.ksg(x[:, np.newaxis], z[:, np.newaxis], k), expected, rtol=1e-12)


def test_ksg_refuses_points_that_coincide_and_too_few():
    with pytest.raises(Unavailable, match="coincide"):
        information.ksg(np.zeros((50, 1)), np.zeros((50, 1)))
    twice = np.append(np.arange(10.0), [3.0] * 4)[:, np.newaxis]
    with pytest.raises(Unavailable, match="coincide"):
        information.ksg(twice, twice)
    with pytest.raises(ValueError, match="at least 5 examples"):
        information.ksg(np.zeros((4, 1)), np.zeros((4, 1)))
    assert np.isfinite(information.ksg(np.arange(5.0)[:, None] ** 2, np.arange(5.0)[:, None] ** 3)).all()


def test_the_minibatch_bound_is_the_log_of_the_number_where_codes_tell_everything_and_0_where_nothing():
    apart = np.where(np.eye(50, dtype=bool), 0.0, -1e6)
    np.testing.assert_allclose(information.minibatch_bound(apart), (np.log(50), 0), atol=1e-9)
    np.testing.assert_allclose(information.minibatch_bound(np.full((50, 50), -3.0)), (0, 0), atol=1e-12)


def test_the_minibatch_bound_of_two_pairs_by_hand():
    """Shares Q(z_i|x_i) / sum_j Q(z_i|x_j) of 3/4 and 1/2; the error of the mean of two values is half their distance."""
    value, error = information.minibatch_bound(np.log([[3.0, 1.0], [1.0, 1.0]]))
    terms = np.log([2 * 3 / 4, 2 * 1 / 2])
    np.testing.assert_allclose([value, error], [terms.mean(), (terms[0] - terms[1]) / 2], rtol=1e-12)


def test_the_minibatch_bound_of_normals_is_below_and_near_the_closed_form():
    generator = np.random.default_rng(2)
    x = generator.normal(size=1000)
    z = 0.8 * x + 0.6 * generator.normal(size=1000)
    log_q = -((z[:, None] - 0.8 * x) ** 2) / (2 * 0.36)
    value, error = information.minibatch_bound(log_q)
    exact = -np.log(0.6)
    assert exact - 0.02 - 4 * error < value < exact + 4 * error


def test_effective_rank_and_active_units():
    np.testing.assert_allclose(information.effective_rank(np.diag([2.0, 2.0, 0.0])), 2)
    # exp of the entropy of (3/4, 1/4)
    np.testing.assert_allclose(information.effective_rank(np.diag([3.0, 1.0])), 4 / 3**0.75)
    np.testing.assert_allclose(information.effective_rank(np.diag([0.03, 0.01])), 4 / 3**0.75)
    assert information.effective_rank(np.zeros((2, 2))) == 0
    means = np.random.default_rng(0).normal(size=(500, 3)) * np.array([1.0, 0.09, 0.12])
    assert information.active_units(means) == 2
