"""The logistic critic: its loss by hand, the log ratio that it finds, and its penalty."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.approximators.fitting import fit
from tests.approximators.pairs import World, known, mixture, normal
from zoo import noise
from zoo.approximators import critic as critics
from zoo.approximators import logistic

LINEAR = {"name": "mlp", "hidden_sizes": ()}
SEED = noise.seed_for(0, 0, "test")
X = np.array([[0.3], [-1.2], [2.0]], "float32")


def line(slope, **options):
    """f(x) = slope x + 0.5."""
    critic = logistic.build({"x": (1,)}, network=LINEAR, **options)
    kernel, bias = critic.network.trainable_variables
    kernel.assign([[slope]])
    bias.assign([0.5])
    return critic


def at(x, field="x"):
    return known(**{field: tf.convert_to_tensor(x)})


def test_loss_by_hand():
    """-log sigmoid(f) on data, -log (1 - sigmoid(f)) on samples."""
    terms = line(2.0).losses(at(X), at(X[::-1].copy()), SEED)
    probability = 1 / (1 + np.exp(-(2 * X[:, 0] + 0.5)))
    np.testing.assert_allclose(terms["loss"], -np.log(probability) - np.log(1 - probability[::-1]), rtol=1e-5)
    # f is 1.1, -1.9, 4.5 on data and the reverse on samples.
    np.testing.assert_array_equal(terms["accuracy"], [0.5, 0.5, 0.5])
    assert set(terms) == set(line(2.0).TERMS)
    # An example on the border is on neither side.
    np.testing.assert_array_equal(critics.logistic_terms(tf.zeros(1), tf.zeros(1))["accuracy"], [0.0])


def test_the_penalty_is_half_its_weight_times_the_squared_slope_on_data():
    critic = line(2.0, penalty_weight=3.0)
    plain, terms = line(2.0).losses(at(X), at(X), SEED), critic.losses(at(X), at(X), SEED)
    np.testing.assert_allclose(terms["penalty"], np.full(3, 4.0), rtol=1e-6)
    np.testing.assert_allclose(terms["loss"] - plain["loss"], np.full(3, 6.0), rtol=1e-5)
    assert set(terms) == set(critic.TERMS)


def test_the_penalty_is_taken_on_data_only():
    critic = logistic.build({"x": (2,)}, network={"name": "tests.approximators.quadratic"}, penalty_weight=1.0)
    data = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    # f = -|x|^2 / 2 has the gradient -x.
    penalty = critic.losses(at(data), at(np.zeros_like(data)), SEED)["penalty"]
    np.testing.assert_allclose(penalty, np.sum(data**2, 1), rtol=1e-5)


def test_it_finds_the_log_ratio_of_data_to_samples():
    """Within 0.05 nats in the mean over Q(x); KL(Q || P) follows as the mean of f."""
    keras.utils.set_random_seed(0)
    world = World(mixture())
    critic = logistic.build({"x": (1,)}, network={"name": "mlp", "hidden_sizes": (32, 32), "activation": "tanh"})
    fit(critic, lambda seed: (world.wake(512, seed), world.sleep(512, seed)), 2500)
    x = np.linspace(-4, 4, 1601, dtype="float32")[:, None]
    log_q, log_p = world.q_x.log_prob(x).numpy(), world.p_x.log_prob(x).numpy()
    f, weight = critic.value(at(x)).numpy(), np.exp(log_q) * (x[1, 0] - x[0, 0])
    assert weight @ np.abs(f - (log_q - log_p)) < 0.05
    divergence = weight @ (log_q - log_p)
    assert divergence > 0.15  # far more than the tolerance below
    np.testing.assert_allclose(weight @ f, divergence, atol=0.05)
    # The loss is then 2 log 2 - 2 JS(Q, P).
    q, p = np.exp(log_q), np.exp(log_p)
    js = (x[1, 0] - x[0, 0]) * np.sum(q * np.log(2 * q / (p + q)) + p * np.log(2 * p / (p + q))) / 2
    pairs = [world.wake(50_000, SEED), world.sleep(50_000, SEED)]
    np.testing.assert_allclose(np.mean(critic.losses(*pairs, SEED)["loss"]), 2 * np.log(2) - 2 * js, atol=0.01)


def test_for_log_p_z_it_finds_the_ratio_of_prior_to_codes():
    """High on z ~ N(0, I), low on z ~ N(0.5, 0.7^2 I): E over the codes of -f = KL(Q(z) || P(z))."""
    keras.utils.set_random_seed(0)
    prior, codes = normal(0.0, 1.0, 2), normal(0.5, 0.7, 2)
    critic = logistic.build({"z": (2,)}, network={"name": "mlp", "hidden_sizes": (32,), "activation": "tanh"})
    fit(critic, lambda seed: [at(d.sample(512, seed=seed), "z") for d in (prior, codes)], 1500)
    z = codes.sample(50_000, seed=SEED)
    found = -np.mean(critic.value(at(z, "z")))
    # For each of the two dimensions (0.7^2 + 0.5^2 - 1) / 2 - log 0.7.
    np.testing.assert_allclose(found, 2 * ((0.7**2 + 0.5**2 - 1) / 2 - np.log(0.7)), atol=0.03)


def test_the_gradient_that_a_generator_gets():
    """d/dx of f: Appendix B's first term."""
    critic, x = line(2.0), tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = critic.value(known(x=x))
    np.testing.assert_allclose(tape.gradient(value, x), np.full([3, 1], 2.0), rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty_weight": -1.0}, "penalty_weight must be at least 0, found -1.0"),
        ({"penalty_weight": 1.0, "network": LINEAR | {"normalization": "batch"}}, "does not go with batch normalization"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        logistic.build({"x": (1,)}, **{"network": LINEAR} | options)
