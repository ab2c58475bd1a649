"""The implicit posterior: a network of features and noise, with samples and without a density."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.distributions.families import numbers, parameters_of
from tests.models import tiny
from zoo.distributions import implicit

pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture
def family():
    return implicit.conditional((3,), feature_size=4, noise_size=2, hidden_sizes=(5,))


@pytest.mark.parametrize("samples", [(), (6,), (2, 6)], ids=str)
def test_samples_are_the_network_of_features_and_noise(family, samples):
    features = parameters_of(family)
    found = family.distribution(features).sample(samples, seed=(1, 2))
    noise = tf.random.stateless_normal([int(np.prod(samples)), 4, 2], (1, 2), dtype=tf.float64)
    expected = [family.network(tf.concat([features, e], 1)) for e in noise]
    np.testing.assert_allclose(found, np.reshape(expected, (*samples, 4, 3)), rtol=1e-12)


def test_the_mode_is_the_sample_without_noise(family):
    features = parameters_of(family)
    found = family.distribution(features).mode()
    np.testing.assert_allclose(found, family.network(tf.concat([features, np.zeros([4, 2])], 1)), rtol=1e-12)


def test_samples_are_pathwise_for_every_weight():
    family = implicit.conditional((3,), feature_size=4, hidden_sizes=(50,))
    features = parameters_of(family)
    with tf.GradientTape() as tape:
        tape.watch(features)
        z = family.distribution(features).sample(20, seed=(1, 2))
    assert z.shape == (20, 4, 3)
    variables = [variable.value for variable in family.trainable_variables]
    assert len(variables) == 4
    assert all(np.abs(gradient).max() > 0 for gradient in tape.gradient(z, [features, *variables]))


def test_it_has_no_density_and_nothing_to_tell(family):
    tfd = family.distribution(parameters_of(family))
    with pytest.raises(NotImplementedError):
        tfd.log_prob(numbers(0, 4, 3))
    assert family.described(tfd) == {}
    assert not family.DENSITY


@pytest.mark.parametrize("objective", ["vae", "extended_helmholtz"])
def test_an_objective_that_needs_the_density_refuses_it(objective):
    with pytest.raises(zoo.ConfigError, match=f"objective {objective} needs log_q_z_given_x: a posterior with a density"):
        tiny.build(objective, posterior="implicit")


def test_as_a_likelihood_it_would_have_no_mean_to_show():
    with pytest.raises(zoo.ConfigError, match="likelihood implicit has no mean to show"):
        tiny.build("gan", likelihood="implicit")


@pytest.mark.parametrize("options", [{"feature_size": 0}, {"noise_size": -1}, {"hidden_sizes": (0,)}], ids=str)
def test_it_refuses(options):
    with pytest.raises(ValueError, match="feature_size, noise_size and hidden_sizes must be positive"):
        implicit.conditional((3,), **options)
