"""The flow's density by the change of variables with an automatic Jacobian, and by its integral."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tests.distributions.families import numbers, randomize
from zoo.distributions import flow

pytestmark = pytest.mark.usefixtures("float64")


def random_flow(size, layers=3):
    """A flow far from the identity."""
    family = flow.prior((size,), layers=layers, hidden_sizes=(6,))
    randomize(family, scale=0.8)
    return family


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("layers", [2, 3])
def test_log_density_is_that_of_the_noise_less_the_jacobians_logarithm(size, layers):
    tfd = random_flow(size, layers).distribution()
    e = tf.constant(numbers(0, 7, size))
    with tf.GradientTape() as tape:
        tape.watch(e)
        z = tfd.bijector.forward(e)
    _, log_determinant = np.linalg.slogdet(tape.batch_jacobian(z, e))
    expected = scipy.stats.norm.logpdf(e).sum(1) - log_determinant
    assert np.abs(log_determinant).min() > 1e-3
    # A fresh distribution: this one remembers which e its z came from.
    found = random_flow(size, layers).distribution().log_prob(z.numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_density_integrates_to_1():
    """Trapezoids over [-15, 15]^2: of a smooth function that is 0 at the border the error falls faster than any power."""
    points, step = np.linspace(-15, 15, 601, retstep=True)
    grid = np.stack(np.meshgrid(points, points), -1)
    density = np.exp(random_flow(2).distribution().log_prob(grid))
    assert density.shape == (601, 601)
    np.testing.assert_allclose(density.sum() * step**2, 1, atol=1e-6)
    assert not np.allclose(density, np.exp(-(grid**2).sum(-1) / 2) / (2 * np.pi), atol=0.01)


def test_samples_are_noise_through_the_layers():
    tfd = random_flow(3).distribution()
    z = tfd.sample(5, seed=(1, 2))
    e = tfd.distribution.sample(5, seed=(1, 2))
    np.testing.assert_allclose(z, tfd.bijector.forward(e), rtol=1e-12)
    assert np.all(np.abs(z - e) > 1e-3)


def test_it_starts_near_the_standard_normal():
    z = numbers(0, 7, 4)
    found = flow.prior((4,)).distribution().log_prob(z)
    np.testing.assert_allclose(found, scipy.stats.norm.logpdf(z).sum(1), atol=0.5)


def test_a_sample_and_a_density_give_every_weight_a_gradient():
    family = random_flow(3)
    variables = [variable.value for variable in family.trainable_variables]
    assert len(variables) == 3 * 4
    for quantity in (lambda tfd: tfd.sample(5, seed=(1, 2)), lambda tfd: tfd.log_prob(numbers(0, 5, 3))):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(quantity(family.distribution()) ** 2)
        assert all(np.abs(gradient).max() > 0 for gradient in tape.gradient(value, variables))


def test_each_layers_scale_has_a_floor():
    """Whatever the weights: |log scale| is at most 1 a layer, so log |det| at most layers * size."""
    family = flow.prior((2,), layers=2, hidden_sizes=(4,))
    randomize(family, scale=1e3)
    tfd = family.distribution()
    # A layer of a pair scales one of the two numbers, by at least 1/e; two layers scale each once.
    found = np.abs(tfd.bijector.forward_log_det_jacobian(tf.constant(numbers(0, 50, 2)), 1))
    assert 1.5 < found.max() <= 2


@pytest.mark.parametrize(
    ("size", "options", "message"),
    [
        (1, {}, "latent_size must be at least 2; choose the prior mixture"),
        (3, {"layers": 1}, "layers must be at least 2"),
        (3, {"hidden_sizes": (4, 0)}, "hidden_sizes positive"),
    ],
    ids=str,
)
def test_it_refuses(size, options, message):
    with pytest.raises(ValueError, match=message):
        flow.prior((size,), **options)


def test_the_network_of_a_layer_is_tanh_between_two_matrices():
    """tanh(x A + a) B + b: smooth, since samplers follow the gradient of log P(z)."""
    x = numbers(0, 4, 1)
    (network,) = random_flow(3, layers=2).networks[:1]
    a, bias, b, other = (weight.numpy() for weight in network.trainable_variables)
    np.testing.assert_allclose(network(x), np.tanh(x @ a + bias) @ b + other, rtol=1e-10)
