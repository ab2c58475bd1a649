"""The normalizing flow: a density that integrates to 1, exact, and that finds the data's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests.approximators.fitting import fit
from tests.approximators.pairs import known
from zoo import noise
from zoo.approximators import normalizing_flow

tfd = tfp.distributions
SEED = noise.seed_for(0, 0, "test")
SMALL = {"num_couplings": 6, "hidden_sizes": (24,), "activation": "tanh"}


def at(x):
    return known(x=tf.convert_to_tensor(x))


def three_normals():
    """In the plane, apart and of different widths."""
    return tfd.MixtureSameFamily(
        tfd.Categorical(probs=[0.5, 0.3, 0.2]),
        tfd.MultivariateNormalDiag([[-1.0, 0.0], [1.0, 0.8], [0.8, -1.0]], [[0.4, 0.4], [0.3, 0.5], [0.5, 0.25]]),
    )


def grid(limit=6.0, size=401):
    """Points [size^2, 2] and the area of each."""
    side = np.linspace(-limit, limit, size, dtype="float32")
    return np.stack(np.meshgrid(side, side), -1).reshape(-1, 2), float((side[1] - side[0]) ** 2)


def randomized(shape, **options):
    """A flow that is no longer the identity."""
    keras.utils.set_random_seed(0)
    flow = normalizing_flow.build({"x": shape}, **SMALL | options)
    generator = np.random.default_rng(0)
    for variable in flow.trainable_variables:
        variable.assign(0.5 * generator.normal(size=variable.shape))
    return flow


def test_it_integrates_to_1_whatever_its_weights():
    points, area = grid(30.0, 1001)
    log_density = randomized((2,), largest_log_scale=0.4).value(at(points)).numpy()
    # It is no standard normal.
    assert np.ptp(log_density + (points**2).sum(1) / 2) > 5
    np.testing.assert_allclose(area * np.exp(log_density).sum(), 1, atol=2e-3)


def test_it_finds_the_data_and_still_integrates_to_1():
    keras.utils.set_random_seed(0)
    data = three_normals()
    flow = normalizing_flow.build({"x": (2,)}, **SMALL)
    fit(flow, lambda seed: (at(data.sample(256, seed=seed)), None), 1500)
    points, area = grid()
    np.testing.assert_allclose(area * np.exp(flow.value(at(points))).sum(), 1, atol=5e-3)
    x = data.sample(20_000, seed=SEED)
    divergence = np.mean(data.log_prob(x) - flow.value(at(x)))  # KL(Q || Q')
    gaussian = tfd.MultivariateNormalFullCovariance(np.mean(x, 0), np.cov(x.numpy().T).astype("float32"))
    assert divergence < 0.1
    assert np.mean(data.log_prob(x) - gaussian.log_prob(x)) > 3 * divergence  # which is what it would be without couplings


def test_it_starts_as_a_normal_of_the_datas_mean_and_standard_deviation():
    flow = normalizing_flow.build({"x": (2, 2, 1)}, **SMALL)
    x = np.random.default_rng(0).normal([[1.0], [-2.0]], [[0.5], [3.0]], size=(1000, 2, 2, 1)).astype("float32")
    flow.initialize(lambda count: tf.constant(x[:count]))
    flat = x.reshape(1000, 4)
    normal = tfd.MultivariateNormalDiag(flat.mean(0), flat.std(0))
    np.testing.assert_allclose(flow.value(at(x[:7])), normal.log_prob(flat[:7]), rtol=1e-4)


def test_a_dimension_that_never_moves_is_not_blown_up():
    flow = normalizing_flow.build({"x": (3,)}, **SMALL)
    x = np.random.default_rng(0).normal(size=(1000, 3)).astype("float32") * [4.0, 2.0, 0.0]
    flow.initialize(lambda count: tf.constant(x[:count], tf.float32))
    np.testing.assert_allclose(flow.scale, [4.0, 2.0, 0.2], rtol=0.1)  # the last a tenth of the mean


def test_no_training_moves_the_datas_mean_and_standard_deviation():
    flow = normalizing_flow.build({"x": (3,)}, **SMALL)
    assert [variable.name for variable in flow.non_trainable_variables] == ["loc", "scale"]


def test_data_that_never_vary_have_no_density():
    flow = normalizing_flow.build({"x": (3,)}, **SMALL)
    with pytest.raises(ValueError, match="the data never varies"):
        flow.initialize(lambda count: tf.ones([count, 3]))


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_two_couplings_move_every_dimension_by_others(size):
    flow = randomized((size,), num_couplings=2)
    x = tf.constant(np.random.default_rng(1).normal(size=(1, size)).astype("float32"))
    bijector = flow.distribution().bijector
    with tf.GradientTape() as tape:
        tape.watch(x)
        u = bijector.inverse(x)
    jacobian = tape.jacobian(u, x)[0, :, 0].numpy()
    assert (np.abs(jacobian) > 1e-4).sum(1).min() > 1
    # Its log-determinant is what log_prob holds.
    log_det = np.linalg.slogdet(jacobian)[1]
    by_hand = -np.sum(u.numpy() ** 2) / 2 - size * np.log(2 * np.pi) / 2 + log_det
    np.testing.assert_allclose(flow.value(at(x)), [by_hand], rtol=1e-3)


def test_the_loss_is_minus_the_log_density_of_the_data():
    flow = randomized((2,))
    x = three_normals().sample(5, seed=SEED)
    terms = flow.losses(at(x), None, SEED)
    np.testing.assert_allclose(terms["loss"], -flow.value(at(x)), rtol=1e-6)
    assert set(terms) == set(flow.TERMS)


def test_the_gradient_that_a_generator_gets():
    """At the start, that of a normal: -(x - mean)/variance."""
    flow = normalizing_flow.build({"x": (2,)}, **SMALL)
    flow.loc.assign([1.0, 2.0])
    flow.scale.assign([0.5, 3.0])
    x = tf.constant([[0.0, 0.0], [2.0, -1.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = flow.value(at(x))
    np.testing.assert_allclose(tape.gradient(value, x), -(x - [1.0, 2.0]) / [0.25, 9.0], rtol=1e-4)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((1,), {}, "needs at least two dimensions"),
        ((2,), {"num_couplings": 3}, "must be even and at least 2, found 3"),
        ((2,), {"num_couplings": 0}, "must be even and at least 2, found 0"),
        ((2,), {"hidden_sizes": (4, 0)}, "hidden_sizes must be positive"),
        ((2,), {"largest_log_scale": 0.0}, "must be above 0, found 0.0"),
    ],
)
def test_refused(shape, options, message):
    with pytest.raises(ValueError, match=message):
        normalizing_flow.build({"x": shape}, **options)
