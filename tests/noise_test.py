"""Noise is a pure function of (run seed, step, purpose): reproducible, and independent where any of the three differs.

That every replica sees its slice of the global batch's noise is shown in tests/models/replicas_test.py.
"""

import itertools

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise

tfd = tfp.distributions
SIZE = 20_000


def seeds():
    """Seeds that differ in one thing each from the first."""
    return [noise.seed_for(*which) for which in [(0, 0, "a"), (1, 0, "a"), (0, 1, "a"), (0, 0, "b")]]


def test_a_seed_is_a_pair_of_int32():
    for run, step in itertools.product([0, 1, 2**31, 2**40], [0, 1, 10**6, tf.constant(7, tf.int64)]):
        seed = noise.seed_for(run, step, "posterior")
        assert (seed.shape, seed.dtype) == ((2,), tf.int32)


def test_the_same_three_give_the_same_seed_and_others_another():
    words = ["posterior", "prior", "prior/log_q_x/0", "prior/log_q_x/1", "likelihood", "data", "noise_x"]
    asked = list(itertools.product([0, 1, 12, 2**33], [0, 1, 2], words))
    found = {tuple(noise.seed_for(*which).numpy()) for which in asked}
    assert len(found) == len(asked)
    assert found == {tuple(noise.seed_for(*which).numpy()) for which in asked}


def test_run_and_purpose_do_not_run_into_each_other():
    assert noise.seed_for(1, 0, "1").numpy().tolist() != noise.seed_for(11, 0, "").numpy().tolist()


def test_a_step_may_be_a_tensor():
    for step in (tf.constant(5, tf.int64), tf.Variable(5, dtype=tf.int64), 5):
        np.testing.assert_array_equal(noise.seed_for(3, step, "x"), noise.seed_for(3, 5, "x"))


def test_noises_of_different_seeds_are_independent():
    """The correlation of n pairs of independent normal numbers has a standard deviation of 1 / sqrt(n)."""
    draws = [noise.normal([SIZE], seed).numpy() for seed in seeds()]
    for one, other in itertools.combinations(draws, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(SIZE)
    np.testing.assert_array_equal(draws[0], noise.normal([SIZE], seeds()[0]))


def test_steps_in_a_row_are_independent():
    """All of 200 steps, a few numbers each: no correlation of neighbours."""
    draws = np.array([noise.normal([100], noise.seed_for(0, step, "x")).numpy() for step in range(200)])
    n = draws[1:].size
    assert abs(np.mean(draws[1:] * draws[:-1])) < 5 / np.sqrt(n)
    assert abs(np.mean(draws)) < 5 / np.sqrt(draws.size)


@pytest.mark.parametrize(
    ("function", "distribution"),
    [(noise.uniform, scipy.stats.uniform), (noise.normal, scipy.stats.norm)],
    ids=["uniform", "normal"],
)
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=["float32", "float64"])
def test_frequencies(function, distribution, dtype):
    """Kolmogorov-Smirnov: the largest deviation of n numbers exceeds 2.9 / sqrt(n) with a probability of 1e-7."""
    drawn = function([SIZE // 4, 4], seeds()[0], dtype)
    assert drawn.dtype == dtype
    assert drawn.shape == (SIZE // 4, 4)
    assert scipy.stats.kstest(drawn.numpy().ravel(), distribution.cdf).statistic < 2.9 / np.sqrt(SIZE)


KERNELS = {noise.standard_uniform: tf.random.stateless_uniform, noise.standard_normal: tf.random.stateless_normal}
# A root below 6 (float64: 9) times the sine or cosine of an angle below 2 pi.
ROUNDED = pytest.mark.parametrize(("dtype", "rounded"), [(tf.float32, 1e-5), (tf.float64, 1e-13)], ids=["float32", "float64"])


@pytest.mark.parametrize("function", KERNELS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("shape", [[], [1], [7], [0, 3], [101, 11]], ids=str)
@ROUNDED
def test_values_are_those_of_the_kernels_that_xla_does_not_have(function, shape, dtype, rounded):
    seed = seeds()[1]
    found, expected = function(shape, seed, dtype).numpy(), KERNELS[function](shape, seed, dtype=dtype, alg="philox").numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=rounded if function is noise.standard_normal else 0)


@pytest.mark.parametrize("function", KERNELS, ids=lambda function: function.__name__)
@ROUNDED
def test_compiled_by_xla_it_is_the_same_noise(function, dtype, rounded):
    make = lambda step: function([1001, 3], noise.seed_for(0, step, "x"), dtype)  # noqa: E731
    compiled = tf.function(make, jit_compile=True, autograph=False)(tf.constant(3))
    atol = rounded if function is noise.standard_normal else 0
    np.testing.assert_allclose(compiled, make(3), rtol=0, atol=atol)


def test_no_normal_number_is_infinite():
    """Where u is 0, as it is once in 2^23 times, half of the next u is taken."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(noise, "standard_uniform", lambda shape, seed, dtype: tf.zeros(shape, dtype))
        for dtype in noise.FLOATS:
            assert np.isfinite(noise.standard_normal([4], None, dtype)).all()


def test_a_draw_is_the_distributions_own():
    loc = tf.constant(np.random.default_rng(0).normal(size=[6, 2]), tf.float32)
    distribution = tfd.Independent(tfd.Normal(loc, 0.1), 1)
    seed = seeds()[0]
    np.testing.assert_array_equal(noise.draw(distribution, seed), distribution.sample(seed=seed))
    np.testing.assert_array_equal(noise.draw(distribution, seed, [3]), distribution.sample([3], seed=seed))
    prior = tfd.MultivariateNormalDiag(tf.zeros([2]), tf.ones([2]))
    np.testing.assert_array_equal(noise.draw_batch(prior, 5, seed), prior.sample(5, seed=seed))


def test_frequencies_of_a_bernoulli_draw():
    p = np.array([0.1, 0.5, 0.9], "float32")
    drawn = noise.draw(tfd.Bernoulli(probs=np.tile(p, [SIZE, 1])), seeds()[0]).numpy()
    assert (np.abs(drawn.mean(0) - p) < 5 * np.sqrt(p * (1 - p) / SIZE)).all()
