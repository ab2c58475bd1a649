"""Bernoulli priors by value; the estimators of a gradient through binary samples, by hand."""

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from tests.distributions.families import numbers, states
from tests.models import tiny
from zoo.distributions import bernoulli

pytestmark = pytest.mark.usefixtures("float64")

SEED = (3, 4)
LOGITS = numbers(0, 50, 3)
WEIGHTS = numbers(1, 50, 3)


def draw(estimator, temperature=0.5, logits=LOGITS):
    """A training sample, and the gradient of sum of WEIGHTS * sample by the logits."""
    logits = tf.constant(logits)
    family = bernoulli.conditional((3,), estimator=estimator, temperature=temperature)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        sample = family.training_distribution(logits).sample(seed=SEED)
        total = tf.reduce_sum(WEIGHTS * sample)
    return sample.numpy(), tape.gradient(total, logits)


HARD = bernoulli.conditional((3,)).distribution(tf.constant(LOGITS)).sample(seed=SEED).numpy()


def test_a_fair_prior_gives_every_code_the_same_probability():
    prior = bernoulli.prior((3,))
    np.testing.assert_allclose(prior.distribution().log_prob(states(3)), np.full(8, -3 * np.log(2)), rtol=1e-12)
    assert not prior.trainable_variables


def test_a_learned_prior_starts_fair_and_has_its_own_probabilities():
    prior = bernoulli.prior((3,), learned=True)
    (logits,) = prior.trainable_variables
    np.testing.assert_array_equal(logits, np.zeros(3))
    logits.assign(LOGITS[0])
    p = scipy.special.expit(LOGITS[0])
    expected = np.prod(np.where(states(3) == 1, p, 1 - p), 1)
    np.testing.assert_allclose(np.exp(prior.distribution().log_prob(states(3))), expected, rtol=1e-12)


def test_without_an_estimator_no_gradient_passes():
    sample, gradient = draw("none")
    np.testing.assert_array_equal(sample, HARD)
    assert gradient is None


def test_straight_through_is_the_binary_sample_with_the_probabilitys_gradient():
    sample, gradient = draw("straight_through")
    assert set(np.unique(sample)) == {0.0, 1.0}
    np.testing.assert_array_equal(sample, HARD)
    p = scipy.special.expit(LOGITS)
    np.testing.assert_allclose(gradient, WEIGHTS * p * (1 - p), rtol=1e-12)


def test_relaxed_is_a_logistic_variable_squashed():
    """y = sigmoid((logit + e) / t) with the e whose sign decides the binary sample; dy/dlogit = y (1 - y) / t."""
    sample, gradient = draw("relaxed", temperature=0.7)
    uniform = tf.random.stateless_uniform([1, 50, 3], SEED, dtype=tf.float64).numpy()[0]
    expected = scipy.special.expit((LOGITS - scipy.special.logit(uniform)) / 0.7)
    np.testing.assert_allclose(sample, expected, rtol=1e-9)
    np.testing.assert_allclose(gradient, WEIGHTS * expected * (1 - expected) / 0.7, rtol=1e-9)
    assert 0 < sample.min() < sample.max() < 1


def test_relaxed_is_binary_in_the_limit_of_low_temperature():
    sample, _ = draw("relaxed", temperature=1e-6)
    np.testing.assert_allclose(sample, HARD, atol=1e-12)


def test_relaxed_is_one_half_in_the_limit_of_high_temperature():
    sample, gradient = draw("relaxed", temperature=1e6)
    np.testing.assert_allclose(sample, np.full([50, 3], 0.5), atol=1e-5)
    np.testing.assert_allclose(gradient, WEIGHTS / 4e6, rtol=1e-9)


@pytest.mark.parametrize("estimator", bernoulli.ESTIMATORS)
def test_an_estimator_changes_neither_densities_nor_what_is_reported(estimator):
    family = bernoulli.conditional((3,), estimator=estimator)
    assert family.PATHWISE is (estimator != "none")
    plain = bernoulli.conditional((3,)).distribution(tf.constant(LOGITS))
    for tfd in (family.distribution(tf.constant(LOGITS)), family.training_distribution(tf.constant(LOGITS))):
        np.testing.assert_array_equal(tfd.log_prob(HARD), plain.log_prob(HARD))
        np.testing.assert_array_equal(tfd.mean(), plain.mean())
        np.testing.assert_array_equal(tfd.mode(), plain.mode())
    np.testing.assert_array_equal(family.distribution(tf.constant(LOGITS)).sample(seed=SEED), HARD)


def test_a_relaxed_sample_is_scored_linearly_between_the_binary_ones():
    tfd = bernoulli.conditional((1,), estimator="relaxed").training_distribution(tf.constant([[0.3]], tf.float64))
    at = [tfd.log_prob([[x]]).numpy()[0] for x in (0.0, 0.25, 1.0)]
    np.testing.assert_allclose(at[1], 0.75 * at[0] + 0.25 * at[2], rtol=1e-12)


def test_a_model_draws_by_the_estimator_in_training_only():
    posterior = {"name": "bernoulli", "estimator": "relaxed"}
    model = tiny.build("vae", posterior=posterior, prior="bernoulli", likelihood=posterior)
    x, z = tf.constant(numbers(0, 6, *tiny.VECTOR)), tf.constant(numbers(1, 6, tiny.LATENT))
    for conditional, at in ((model.posterior, x), (model.likelihood, z)):
        assert np.all(np.isin(conditional(at).sample(seed=SEED), (0, 1)))
        relaxed = conditional(at, training=True).sample(seed=SEED).numpy()
        assert 0 < relaxed.min() < relaxed.max() < 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "some"}, "estimator must be one of none, straight_through, relaxed, found 'some'"),
        ({"temperature": 0.0}, "temperature must be above 0, found 0.0"),
    ],
    ids=str,
)
def test_it_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        bernoulli.conditional((3,), **options)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize("leading", [(), (5,), (5, 4)], ids=str)
@pytest.mark.parametrize("shape", [(3,), (2, 3, 1)], ids=str)
def test_log_prob_of_a_batch_at_one_or_several_codes(shape, leading, known):
    """Of x [4, *shape] at logits [*leading, 4, *shape], with batches that are known or not when the graph is made."""
    logits = numbers(0, *leading, 4, *shape)
    x = (numbers(1, 4, *shape) > 0).astype(float)
    expected = x * scipy.special.log_expit(logits) + (1 - x) * scipy.special.log_expit(-logits)
    expected = expected.reshape(*leading, 4, -1).sum(-1)
    specs = [tf.TensorSpec([4 if known else None, *shape], tf.float64)]
    specs += [tf.TensorSpec([*(leading if known else [None] * len(leading)), *specs[0].shape], tf.float64)]
    family = bernoulli.conditional(shape)
    found = tf.function(lambda x, logits: family.distribution(logits).log_prob(x), input_signature=specs, autograph=False)
    np.testing.assert_allclose(found(x, logits), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(4, 2, 3), (4, 1, 3), (1, 2, 3), (4, 2, 1), (3,), (1, 3), (5, 1, 2, 3)], ids=str)
def test_log_prob_of_events_that_are_repeated_along_an_axis(shape):
    """As NumPy broadcasts them."""
    logits, x = numbers(0, 4, 2, 3), (numbers(1, *shape) > 0).astype(float)
    expected = x * scipy.special.log_expit(logits) + (1 - x) * scipy.special.log_expit(-logits)
    found = bernoulli.OneSoftplus(logits=tf.constant(logits), dtype=tf.float64).log_prob(x)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_log_prob_of_no_examples():
    found = bernoulli.conditional((2, 3, 1)).distribution(tf.zeros([0, 2, 3, 1], tf.float64)).log_prob(np.zeros([0, 2, 3, 1]))
    assert found.shape == (0,)
