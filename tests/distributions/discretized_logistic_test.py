"""The mixture of discretized logistics: probabilities of grey levels that sum to 1, whatever the scales."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import zoo
from tests.distributions.families import numbers, parameters_of
from zoo.distributions import discretized_logistic
from zoo.distributions.discretized_logistic import DiscretizedLogistics


def mixture(levels, dtype=tf.float64, scale=1.0, seed=0):
    """Three components for each of 5 values."""
    logits, loc, raw = (numbers(seed + i, 5, 3) for i in range(3))
    arrays = logits, 0.5 + 0.4 * loc, scale * 0.2 * np.exp(raw)
    return DiscretizedLogistics(*(tf.constant(x, dtype) for x in arrays), levels)


def grid(levels):
    """All levels, [levels, 1]."""
    return np.arange(levels)[:, None] / (levels - 1)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("levels", [2, 3, 17, 256])
@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1.0, 1e4])
def test_probabilities_sum_to_1(levels, scale, dtype):
    log_probs = mixture(levels, dtype, scale).log_prob(grid(levels).astype(dtype.as_numpy_dtype)).numpy()
    assert np.all(log_probs <= 1e-5)
    total = np.exp(log_probs.astype(np.float64)).sum(0)
    np.testing.assert_allclose(total, np.ones(5), rtol=2e-4 if dtype == tf.float32 else 1e-11)


def test_probabilities_are_differences_of_the_distribution_function():
    tfd = mixture(17)
    logits, loc, scale = (x.numpy() for x in (tfd.logits, tfd.loc, tfd.scale))
    x = grid(17)[..., None]
    upper = np.where(x == 1, 1, scipy.stats.logistic(loc, scale).cdf(x + 1 / 32))
    lower = np.where(x == 0, 0, scipy.stats.logistic(loc, scale).cdf(x - 1 / 32))
    expected = np.sum(scipy.special.softmax(logits, -1) * (upper - lower), -1)
    np.testing.assert_allclose(np.exp(tfd.log_prob(grid(17))), expected, rtol=1e-9)


def test_two_levels_are_a_bernoulli_variable():
    tfd = DiscretizedLogistics(*(tf.constant([[x]], tf.float64) for x in (0.0, 0.6, 0.3)), 2)
    np.testing.assert_allclose(tfd.log_prob([1.0]), np.log(scipy.special.expit((0.6 - 0.5) / 0.3)), rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
def test_values_and_gradients_are_finite_everywhere(scale):
    arrays = [tf.constant(x, tf.float32) for x in (numbers(0, 5, 3), [[-3.0, 0.5, 3.0]] * 5, np.full([5, 3], scale))]
    x = grid(256).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(arrays)
        log_probs = DiscretizedLogistics(*arrays, 256).log_prob(x)
    assert np.all(np.isfinite(log_probs))
    assert all(np.all(np.isfinite(gradient)) for gradient in tape.gradient(log_probs, arrays))


def test_samples_come_with_their_probabilities():
    tfd, count = mixture(5), 20_000
    samples = tfd.sample(count, seed=(1, 2)).numpy()
    probabilities = np.exp(tfd.log_prob(grid(5)))
    frequencies = np.mean(samples[None] == grid(5)[..., None], 1)
    np.testing.assert_allclose(frequencies.sum(0), np.ones(5), rtol=1e-12)
    assert np.all(np.abs(frequencies - probabilities) < 5 * np.sqrt(probabilities * (1 - probabilities) / count) + 1e-12)


def test_samples_are_grey_levels_to_the_last_digit():
    """As the data's preprocessing gives them: a float32 level over levels - 1."""
    levels = np.arange(256, dtype=np.float32) / 255
    samples = mixture(256, tf.float32).sample(2000, seed=(1, 2)).numpy()
    assert set(np.unique(samples)) <= set(levels)
    assert len(np.unique(samples)) > 200


@pytest.mark.parametrize("scale", [1e-3, 1.0, 10.0])
@pytest.mark.parametrize("levels", [2, 17, 256])
def test_the_mean_is_within_half_a_level(levels, scale):
    tfd = mixture(levels, scale=scale)
    exact = np.sum(grid(levels) * np.exp(tfd.log_prob(grid(levels))), 0)
    assert np.abs(tfd.mean() - exact).max() <= 0.5 / (levels - 1) + 1e-9


def test_the_family_reads_its_parameters_value_by_value():
    family = discretized_logistic.conditional((2, 2, 3), components=4, levels=17)
    assert family.parameter_shape == (2, 2, 36)
    parameters = parameters_of(family)
    tfd = family.distribution(parameters)
    x = tfd.sample(seed=(1, 2))
    assert (tfd.batch_shape, tfd.event_shape) == ((4,), (2, 2, 3))
    apart = np.reshape(parameters, [4, 2, 2, 3, 12])
    offset = np.log(np.expm1(0.1 - 5e-4))
    scale = 5e-4 + np.log1p(np.exp(apart[..., 8:] + offset))
    loc = apart[..., 4:8] + (np.arange(4) + 0.5) / 4
    single = DiscretizedLogistics(*(tf.constant(v, tf.float32) for v in (apart[..., :4], loc, scale)), 17)
    np.testing.assert_allclose(tfd.log_prob(x), np.sum(single.log_prob(x), (1, 2, 3)), rtol=1e-4)
    np.testing.assert_array_equal(family.described(tfd)["loc"], tfd.mean())


def test_no_parameter_takes_a_scale_below_the_floor():
    family = discretized_logistic.conditional((1,), components=1, minimum_scale=0.01)
    tfd = family.distribution(tf.constant([[0.0, 0.0, -1e6]]))
    assert tfd.distribution.scale.numpy() == np.float32(0.01)


def digits(data=None, **options):
    """A model of the digits, whose 17 levels it sees."""
    network = {"name": "mlp", "hidden_sizes": (4,)}
    model = dict(latent_size=2, encoder=network, posterior="normal", decoder=network)
    likelihood = {"name": "discretized_logistic", "components": 2} | options
    return zoo.build(
        zoo.experiment(data={"name": "digits"} | (data or {}), model=model | {"likelihood": likelihood}, training={})
    )


def test_it_takes_data_on_its_grid():
    assert digits(levels=17).likelihood_family.levels == 17


@pytest.mark.parametrize(
    ("data", "levels", "message"),
    [
        ({}, 256, "must be one of 256 grey levels"),
        ({"dequantization": "uniform"}, 17, "must be one of 17 grey levels"),
        ({"value_range": "symmetric"}, 17, r"set config\.data\.value_range to unit"),
    ],
    ids=str,
)
def test_it_refuses_data_off_its_grid(data, levels, message):
    with pytest.raises(zoo.ConfigError, match=message):
        digits(data, levels=levels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"components": 0}, "components must be at least 1"),
        ({"levels": 1}, "levels at least 2, found 5 and 1"),
        ({"minimum_scale": 0.0}, "initial_scale > minimum_scale > 0"),
    ],
    ids=str,
)
def test_it_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        discretized_logistic.conditional((3,), **options)
