"""The generalized normal: densities and draws by scipy, and the contrast of its loc."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize, stats

from zoo.distributions import generalized_normal, normal

LOC = np.random.default_rng(0).normal(size=(4, 3))
FIXED = {"scale": "fixed", "initial_scale": 0.3}


def made(power, **options):
    return generalized_normal.conditional((3,), power=power, **FIXED | options)


def scipys(power):
    """Of loc 0 and standard deviation 0.3."""
    return stats.gennorm(power, scale=0.3 / stats.gennorm(power).std())


@pytest.mark.parametrize("power", [1.0, 1.2, 1.7, 2.0])
def test_its_density_and_its_standard_deviation(power):
    found = made(power).distribution(tf.constant(LOC))
    x = np.random.default_rng(1).normal(size=LOC.shape)
    np.testing.assert_allclose(found.log_prob(x), scipys(power).logpdf(x - LOC).sum(1), rtol=1e-10)
    np.testing.assert_allclose(found.stddev(), np.full(LOC.shape, 0.3), rtol=1e-12)
    np.testing.assert_array_equal(found.mean(), LOC)


def test_of_power_2_it_is_the_normal_and_draws_the_same():
    parameters = tf.constant(np.random.default_rng(0).normal(size=(4, 6)))
    found, known = (
        of.conditional((3,), **more).distribution(parameters)
        for of, more in ((generalized_normal, {"power": 2.0}), (normal, {}))
    )
    np.testing.assert_allclose(found.log_prob(LOC), known.log_prob(LOC), rtol=1e-10)
    # Linear interpolation errs by the square of the distance of the points; that of the normal is linear.
    np.testing.assert_allclose(found.sample(seed=(1, 2)), known.sample(seed=(1, 2)), rtol=1e-6)


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_its_draws_have_its_distribution(power):
    count = 20_000
    x = made(power).distribution(tf.constant(LOC)).sample(count, seed=(1, 2)).numpy() - LOC
    assert stats.kstest(x.ravel(), scipys(power).cdf).pvalue > 1e-3


def test_a_draw_has_the_gradient_of_its_loc():
    loc = tf.constant(LOC)
    with tf.GradientTape() as tape:
        tape.watch(loc)
        drawn = made(1.3).distribution(loc).sample(seed=(1, 2))
    np.testing.assert_allclose(tape.gradient(drawn, loc), np.ones_like(LOC), rtol=1e-12)


@pytest.mark.parametrize("power", [1.25, 1.5, 2.0])
def test_loc_is_the_mean_with_more_contrast(power):
    """Of a pixel that is 1 with probability p, the loc of the largest expected log-density: logit(p) / (power - 1)."""
    p, ones = 0.7, np.ones([1, 3])

    def loss(loc):
        at = made(power).distribution(tf.constant(loc * ones))
        return float(-p * at.log_prob(ones)[0] - (1 - p) * at.log_prob(0 * ones)[0])

    found = optimize.minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).x
    np.testing.assert_allclose(np.log(found / (1 - found)), np.log(p / (1 - p)) / (power - 1), rtol=1e-5)


@pytest.mark.parametrize("power", [0.9, 2.1])
def test_powers_out_of_their_range_are_refused(power):
    with pytest.raises(ValueError, match="power must be from 1 to 2"):
        made(power)


def test_scales_are_refused_as_of_a_normal():
    with pytest.raises(ValueError, match="scales must be above 0"):
        made(1.5, initial_scale=-1.0)


def test_a_row_of_it_is_drawn_alone():
    """As measures do, one example after the other."""
    family = made(1.2)
    found = family.distribution(tf.constant(LOC, tf.float32))
    row = found[2:3]
    assert row.sample(seed=(1, 2)).dtype == tf.float32
    np.testing.assert_allclose(row.log_prob(LOC[2:3]), found.log_prob(LOC)[2:3], rtol=1e-6)
    rows = tf.function(lambda of: family.distribution(of)[1:2].sample(seed=(1, 2)))(tf.constant(LOC, tf.float32))
    assert rows.shape == (1, 3)
