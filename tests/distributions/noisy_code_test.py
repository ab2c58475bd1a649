"""The noisy code: narrow in training, and otherwise a noise that keeps N(0, I). Of mixtures: fitted_mixture_test.py."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from zoo.distributions import noisy_code, standard_normal

SIZE, NOISE, SCALE = 2, 0.6, 0.25
CODES = np.random.default_rng(0).normal(size=(4, SIZE))
Z = np.random.default_rng(1).normal(size=(4, SIZE))


@pytest.fixture
def family(float64):
    made = noisy_code.conditional((SIZE,), scale=SCALE, noise=NOISE)
    made.connect(SimpleNamespace(prior_family=standard_normal.prior((SIZE,))))
    return made


def test_in_training_it_is_a_normal_of_a_fixed_scale_around_the_code(family):
    found = family.training_distribution(tf.constant(CODES))
    np.testing.assert_allclose(found.log_prob(Z), stats.norm(CODES, SCALE).logpdf(Z).sum(1), rtol=1e-12)
    np.testing.assert_array_equal(family.code(found), CODES)


def test_codes_may_be_drawn_narrower_than_they_are_scored(family):
    fine = noisy_code.conditional((SIZE,), scale=SCALE, draw_scale=0.01)
    count = 20_000
    found = fine.training_distribution(tf.constant(CODES))
    e = (found.sample(count, seed=(1, 2)) - CODES).numpy() / 0.01
    np.testing.assert_allclose(e.std((0, 1)), 1, atol=5 / (2 * 4 * count) ** 0.5)
    np.testing.assert_array_equal(found.log_prob(CODES), family.training_distribution(tf.constant(CODES)).log_prob(CODES))


def test_tfp_has_nothing_to_say_of_it(family, caplog):
    """It logs a page where a distribution does not declare its parameters."""
    assert family.training_distribution(tf.constant(CODES)).batch_shape == (4,)
    assert family.distribution(tf.constant(CODES)).batch_shape == (4,)
    assert not caplog.records


def test_otherwise_it_is_the_shrunk_code_with_noise(family):
    found = family.distribution(tf.constant(CODES))
    loc = (1 - NOISE**2) ** 0.5 * CODES
    np.testing.assert_allclose(found.log_prob(Z), stats.norm(loc, NOISE).logpdf(Z).sum(1), rtol=1e-12)
    told = family.described(found)
    for name, known in {"code": CODES, "loc": loc, "scale": np.full(CODES.shape, NOISE)}.items():
        np.testing.assert_allclose(told[name], known, rtol=1e-12)


def test_a_chain_of_exact_codes_comes_back_to_the_prior(family):
    """x = z: a variance v goes to a^2 v + noise^2, so its distance to 1 shrinks by a^2 a round."""
    kept, rounds, count = (1 - NOISE**2) ** 0.5, 8, 50_000
    x = tf.constant(3 * np.random.default_rng(0).normal(size=(count, SIZE)))
    for number in range(rounds):
        x = family.distribution(x).sample(seed=(number, 0))
    wanted = 1 + kept ** (2 * rounds) * (9 - 1)
    np.testing.assert_allclose(x.numpy().var(0), wanted, rtol=5 * (2 / count) ** 0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 0.0}, "scale must be above 0, draw_scale at least 0 and noise above 0"),
        ({"draw_scale": -0.1}, "draw_scale at least 0"),
        ({"noise": 1.0}, "noise above 0 and below 1"),
        ({"noise": 0.0}, "noise above 0 and below 1"),
    ],
)
def test_numbers_out_of_their_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        noisy_code.conditional((SIZE,), **options)


def test_what_is_no_vector_is_refused():
    with pytest.raises(ValueError, match="is over vectors"):
        noisy_code.conditional((2, 2))


def test_a_prior_over_codes_of_another_size_is_refused():
    made = noisy_code.conditional((SIZE,))
    with pytest.raises(ValueError, match="over codes of the prior's 3 dimensions, found 2; choose another likelihood"):
        made.connect(SimpleNamespace(prior_family=standard_normal.prior((3,))))
