"""Noise-contrastive estimation on pairs: its loss by hand, and the normalized density that it finds."""

import keras
import numpy as np
import tensorflow as tf

from tests.approximators.fitting import fit
from tests.approximators.pairs import World, known, mixture, normal
from zoo import noise
from zoo.approximators import noise_contrastive

QUADRATIC = {"name": "tests.approximators.quadratic"}
SEED = noise.seed_for(0, 0, "test")


def at(x):
    return known(x=tf.constant(x))


def softplus(values):
    return np.log1p(np.exp(values))


def logit(f, pair):
    """f + c - a - b."""
    return f + pair.log_q_z_given_x - pair.log_p_x_given_z - pair.true_log_p_z


def test_loss_by_hand():
    world = World(normal(0.2, 0.9, 2), size=2)
    wake, sleep = world.wake(6, SEED), world.sleep(6, SEED)
    critic = noise_contrastive.build({"x": (2,)}, network=QUADRATIC)
    critic.started.assign(1)
    critic.constant.assign(-1.3)
    f = {id(pair): -np.sum(pair.x.numpy() ** 2, 1) / 2 - 1.3 for pair in (wake, sleep)}
    high, low = (logit(f[id(pair)], pair).numpy() for pair in (wake, sleep))
    terms = critic.losses(wake, sleep, SEED)
    np.testing.assert_allclose(terms["loss"], softplus(-high) + softplus(low), rtol=1e-5)
    np.testing.assert_allclose(terms["accuracy"], ((high > 0) * 1.0 + (low < 0)) / 2)
    assert set(terms) == set(critic.TERMS)


def test_the_loss_is_least_at_the_density_of_the_data():
    """There the logit is log Q(x, z)/P(x, z); any other constant or shape costs more."""
    world = World(normal(0.0, 1.0, 1), gain=0.5, t=0.9)  # a posterior that is not the model's
    wake, sleep = world.wake(200_000, SEED), world.sleep(200_000, SEED)
    critic = noise_contrastive.build({"x": (1,)}, network=QUADRATIC)
    critic.started.assign(1)
    loc, log_scale = critic.network.trainable_variables

    def loss(constant, shift=0.0, scale=1.0):
        critic.constant.assign(constant)
        loc.assign([shift])
        log_scale.assign([np.log(scale)])
        return np.mean(critic.losses(wake, sleep, SEED)["loss"])

    truth = -np.log(2 * np.pi) / 2
    best = loss(truth)
    # Steps large enough that their cost, of second order, is far above the noise of the mean, about 1e-3.
    assert best < min(loss(truth + 0.3), loss(truth - 0.3), loss(truth, shift=0.4), loss(truth, scale=1.4)) - 2e-3


def test_it_finds_the_density_with_its_constant():
    """Within 0.05 nats of log Q(x) in the mean over Q(x), and an integral within 0.05 of 1."""
    keras.utils.set_random_seed(0)
    world = World(mixture(), gain=0.6, t=0.8)
    critic = noise_contrastive.build({"x": (1,)}, network={"name": "mlp", "hidden_sizes": (32, 32), "activation": "tanh"})
    fit(critic, lambda seed: (world.wake(512, seed), world.sleep(512, seed)), 2500)
    x = np.linspace(-5, 5, 2001, dtype="float32")[:, None]
    width = x[1, 0] - x[0, 0]
    log_q, f = world.q_x.log_prob(x).numpy(), critic.value(at(x)).numpy()
    assert width * np.sum(np.exp(log_q) * np.abs(f - log_q)) < 0.05
    assert abs(width * np.sum(np.exp(f)) - 1) < 0.05


def test_the_constant_starts_where_the_pairs_are_balanced_and_is_learned_from_there():
    world = World(normal(3.0, 0.1, 50), size=50)  # log Q(x) is about +44 nats, and pairs are far apart
    wake, sleep = world.wake(8, SEED), world.sleep(8, SEED)
    critic = noise_contrastive.build({"x": (50,)}, network=QUADRATIC)
    before = [logit(-np.sum(pair.x.numpy() ** 2, 1) / 2, pair).numpy().mean() for pair in (wake, sleep)]
    with tf.GradientTape() as tape:
        first = tf.reduce_mean(critic.losses(wake, sleep, SEED)["loss"])
    balanced = -np.mean(before)
    assert abs(balanced) > 20
    np.testing.assert_allclose(critic.start, balanced, rtol=1e-5)
    assert tape.gradient(first, critic.constant.value) is not None
    critic.losses(wake, world.sleep(8, SEED + 7), SEED)
    np.testing.assert_allclose(critic.start, balanced, rtol=1e-5)  # once only
    np.testing.assert_allclose(np.mean(critic.losses(wake, sleep, SEED)["loss"]), first, rtol=1e-5)


def test_a_batch_that_is_not_finite_does_not_start_it():
    """Or every later batch would be skipped for it."""
    world = World(normal(0.5, 0.8, 2), size=2, gain=0.5, t=0.9)
    wake, sleep = world.wake(8, SEED), world.sleep(8, SEED)
    critic = noise_contrastive.build({"x": (2,)}, network=QUADRATIC)
    critic.losses(known(x=tf.fill([8, 2], np.nan), log_weight=wake.log_weight), sleep, SEED)
    assert (critic.started, critic.start) == (0, 0)
    critic.losses(wake, sleep, SEED)
    assert critic.started == 1
    assert np.isfinite(critic.constant)


def test_the_first_step_has_the_gradient_of_the_balanced_constant():
    """Where the pairs are balanced is held fixed: the step is that of a critic that had this constant all along."""
    world = World(normal(0.5, 0.8, 2), size=2, gain=0.5, t=0.9)  # so that the logits of pairs differ
    wake, sleep = world.wake(8, SEED), world.sleep(8, SEED)
    found = []
    critic = noise_contrastive.build({"x": (2,)}, network=QUADRATIC)
    for _ in range(2):  # the second time the constant is there
        weights = [variable.value for variable in critic.trainable_variables]
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(critic.losses(wake, sleep, SEED)["loss"])
        found.append([loss, *tape.gradient(loss, weights)])
        assert critic.started == 1
    for first, second in zip(*found, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


def test_a_constant_that_has_started_is_left_to_the_optimizer():
    world = World(normal(3.0, 0.1, 50), size=50)
    critic = noise_contrastive.build({"x": (50,)}, network=QUADRATIC)
    critic.started.assign(1)
    critic.constant.assign(-7)
    critic.losses(world.wake(8, SEED), world.sleep(8, SEED), SEED)
    assert critic.constant == -7


def test_the_gradient_that_a_generator_gets():
    critic = noise_contrastive.build({"x": (3,)}, network=QUADRATIC)
    x = tf.constant(np.random.default_rng(0).normal(size=(4, 3)).astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = critic.value(known(x=x))
    np.testing.assert_allclose(tape.gradient(value, x), -x, rtol=1e-6)
