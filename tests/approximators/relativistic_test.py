"""The relativistic critic: its loss and its penalties by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tests.approximators.pairs import known
from zoo import noise
from zoo.approximators import relativistic

LINEAR = {"name": "mlp", "hidden_sizes": ()}
SEED = noise.seed_for(0, 0, "test")
REAL, FAKE = np.array([[0.3], [-1.2], [2.0]], "float32"), np.array([[0.1], [-0.2], [2.5]], "float32")


def line(slope, **options):
    """f(x) = slope x + 0.5."""
    critic = relativistic.build({"x": (1,)}, network=LINEAR, **options)
    kernel, bias = critic.network.trainable_variables
    kernel.assign([[slope]])
    bias.assign([0.5])
    return critic


def at(x):
    return known(x=tf.convert_to_tensor(x))


def test_the_loss_by_hand():
    """-log sigmoid(f(x) - f(x')), in which the constant of f drops out."""
    critic = line(2.0, penalty_weight=0.0)
    terms = critic.losses(at(REAL), at(FAKE), SEED)
    np.testing.assert_allclose(terms["loss"], np.log1p(np.exp(-2 * (REAL - FAKE)[:, 0])), rtol=1e-5)
    np.testing.assert_array_equal(terms["accuracy"], [1, 0, 0])  # f(x) - f(x') is 0.4, -2, -1
    assert set(terms) == set(critic.TERMS)


def test_the_penalty_is_on_data_and_on_samples():
    """f = -|x|^2 / 2 has the slope |x|."""
    network = {"name": "tests.approximators.quadratic"}
    critics = [relativistic.build({"x": (2,)}, network=network, penalty_weight=weight) for weight in (3.0, 0.0)]
    data, samples = np.random.default_rng(0).normal(size=(2, 5, 2)).astype("float32")
    terms, plain = (critic.losses(at(data), at(samples), SEED) for critic in critics)
    slopes = np.sum(data**2, 1) + np.sum(samples**2, 1)
    np.testing.assert_allclose(terms["penalty"], slopes, rtol=1e-5)
    np.testing.assert_allclose(terms["loss"] - plain["loss"], 1.5 * slopes, rtol=1e-4)


def test_scale_is_the_weight_of_f_in_the_objectives_and_not_in_its_own_loss():
    plain, scaled = line(2.0), line(2.0, scale=4.0)
    np.testing.assert_allclose(scaled.value(at(REAL)), 4 * (2 * REAL[:, 0] + 0.5), rtol=1e-6)
    np.testing.assert_array_equal(*(critic.losses(at(REAL), at(FAKE), SEED)["loss"] for critic in (plain, scaled)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty_weight": -1.0}, r"penalty_weight at least 0, found 1.0 and -1.0"),
        ({"scale": 0.0}, "scale must be above 0"),
        ({"network": LINEAR | {"normalization": "batch"}}, "does not go with batch normalization"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        relativistic.build({"x": (1,)}, **{"network": LINEAR} | options)
