"""The self-normalized density: its log Z against quadrature and closed forms, and the bias of its two estimators."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.approximators import quadratic
from tests.approximators.fitting import fit
from tests.approximators.pairs import World, known, mixture, normal
from zoo import noise
from zoo.approximators import importance_weights, self_normalized

QUADRATIC = {"name": "tests.approximators.quadratic"}
SEED = noise.seed_for(0, 0, "test")
WIDE_LOG_Z = np.log(2 * np.pi) / 2 + np.log(2.0)


def build(size, network=QUADRATIC, **options):
    return self_normalized.build({"x": (size,)}, network=network, **options)


def repeated(pairs, count):
    """Every field of a batch of pairs, cut into batches of `count`."""
    fields = {
        name: value for name, value in vars(pairs).items() if name in ("x", "z") or name.startswith(("log_", "true_log_"))
    }
    for start in range(0, len(pairs.x), count):
        yield known(**{name: value[start : start + count] for name, value in fields.items()})


def test_loss_by_hand():
    """-f on data + log of the mean over pairs of exp(f + c - a - b)."""
    world = World(normal(0.2, 0.9, 2), size=2, gain=0.5)
    wake, sleep = world.wake(6, SEED), world.sleep(6, SEED)
    density = build(2)
    terms = density.losses(wake, sleep, SEED)
    f = lambda pair: -np.sum(pair.x.numpy() ** 2, 1) / 2  # noqa: E731
    weights = np.exp(f(sleep) + sleep.log_q_z_given_x - sleep.log_p_x_given_z - sleep.true_log_p_z)
    np.testing.assert_allclose(terms["log_z"], np.full(6, np.log(weights.mean())), rtol=1e-5)
    np.testing.assert_allclose(terms["loss"], np.log(weights.mean()) - f(wake), rtol=1e-5)
    np.testing.assert_allclose(terms["log_z_error"], np.full(6, weights.std(ddof=1) / weights.mean() / np.sqrt(6)), rtol=1e-4)
    np.testing.assert_allclose(terms["effective_sample_size"], np.full(6, weights.sum() ** 2 / (weights**2).sum()), rtol=1e-4)
    assert set(terms) == set(density.TERMS)


@pytest.mark.parametrize("estimator", self_normalized.ESTIMATORS)
def test_the_gradient_raises_f_on_data_and_lowers_it_on_weighted_samples(estimator):
    """d loss = -E_Q[df] + sum of w df / sum of w, in both estimators at l = log mean w, where the first batch stands."""
    world = World(normal(0.2, 0.9, 2), size=2, gain=0.5)
    wake, sleep = world.wake(6, SEED), world.sleep(6, SEED)
    density = build(2, estimator=estimator)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(density.losses(wake, sleep, SEED)["loss"])
    loc, _ = density.network.trainable_variables
    weights = np.exp(density.log_weights(sleep))
    by_hand = -wake.x.numpy().mean(0) + weights @ sleep.x.numpy() / weights.sum()  # df/dloc = x at loc 0, scale 1
    np.testing.assert_allclose(tape.gradient(loss, loc.value), by_hand, rtol=1e-4, atol=1e-6)


def test_log_z_in_one_dimension_against_quadrature():
    """Of the f that it trained: within 0.05 nats; and f - log Z is within 0.1 nats of log Q(x) in the mean."""
    keras.utils.set_random_seed(0)
    world = World(mixture(), gain=0.7, t=0.7)
    density = build(1, network={"name": "mlp", "hidden_sizes": (32, 32), "activation": "tanh"})
    fit(density, lambda seed: (world.wake(512, seed), world.sleep(512, seed)), 2500)
    x = np.linspace(-6, 6, 4001, dtype="float32")[:, None]
    width = x[1, 0] - x[0, 0]
    exact = np.log(width * np.sum(np.exp(density.critic(tf.constant(x)))))
    sleep = world.sleep(20_000, SEED)
    log_weights = density.log_weights(sleep)
    found, error = (float(f(log_weights)) for f in (importance_weights.log_mean_exp, importance_weights.standard_error))
    assert error < 0.02
    np.testing.assert_allclose(found, exact, atol=min(0.05, 5 * error))
    np.testing.assert_allclose(density.running_log_z, exact, atol=0.05)
    log_q = world.q_x.log_prob(x).numpy()
    value = density.value(known(x=tf.constant(x))).numpy()
    assert width * np.sum(np.exp(log_q) * np.abs(value - log_q)) < 0.1


@pytest.mark.parametrize("size", [10, 50])
def test_log_z_in_many_dimensions_where_the_harmonic_mean_fails(size):
    """Of the f that it trained, against n log(2 pi) / 2 + the log-scales: within 0.05 nats, and within its standard error.

    The weights f - a have the mean Z too, but no variance: they are nats off, and do not know it.
    """
    world = World(normal(0.1, 0.95, size), size=size, slope=0.9, s=0.19**0.5, gain=0.9, t=0.19**0.5 * 1.05)
    density = build(size)
    fit(density, lambda seed: (world.wake(256, seed), world.sleep(256, seed)), 600)
    exact = quadratic.log_z(density.network)
    sleep = world.sleep(20_000, SEED)
    log_weights, harmonic = density.log_weights(sleep), density.critic(sleep.x) - sleep.log_p_x_given_z
    error = importance_weights.standard_error(log_weights)
    assert abs(importance_weights.log_mean_exp(log_weights) - exact) < min(0.05, 5 * error)
    assert importance_weights.pareto_k(log_weights) < 0.5
    assert importance_weights.pareto_k(harmonic) > 1
    # Batch by batch, as it is estimated in training: 20 batches of 1000.
    batches = [[np.reshape(weights, [20, 1000])[i] for i in range(20)] for weights in (log_weights, harmonic)]
    good, bad = ([float(importance_weights.log_mean_exp(batch)) for batch in weights] for weights in batches)
    assert max(np.abs(np.subtract(good, exact))) < 0.1
    assert np.mean(bad) < exact - 2
    assert max(importance_weights.standard_error(batch) for batch in batches[1]) <= 1  # an error of nats is never reported


def wide():
    """exp(f) twice as wide as P(x) = N(0, 1) with the exact posterior: weights without a variance."""
    density = build(1)
    density.network.trainable_variables[1].assign([np.log(2.0)])
    return World(normal(0.0, 2.0, 1)), density


@pytest.mark.parametrize(("count", "bias"), [(4, -0.20), (64, -0.07)])
def test_the_minibatch_log_mean_is_low(count, bias):
    """About -0.2 nats at 4 samples and -0.07 at 64, as the theory says of one dimension."""
    world, density = wide()
    log_weights = tf.reshape(density.log_weights(world.sleep(400_000, SEED)), [-1, count])
    log_means = tf.reduce_logsumexp(log_weights, axis=1) - np.log(count)
    error = np.std(log_means) / np.sqrt(len(log_means))
    assert error < 0.005
    np.testing.assert_allclose(np.mean(log_means) - WIDE_LOG_Z, bias, atol=0.01 + 5 * error)
    # The same number is what the loss holds.
    batch = next(repeated(world.sleep(400_000, SEED), count))
    np.testing.assert_allclose(density.losses(batch, batch, SEED)["log_z"][0], log_means[0], rtol=1e-5)


@pytest.mark.parametrize("distance", [-1.0, 0.0, 0.5])
def test_the_running_estimator_is_an_upper_bound_in_expectation(distance):
    """At l = log Z + distance its mean is log Z + exp(-distance) + distance - 1; being a mean over pairs, for any batch."""
    world = World(normal(0.0, 0.9, 1), gain=0.7)  # weights of finite variance
    density = build(1, estimator="running")
    log_z = quadratic.log_z(density.network)
    density.batches_seen.assign(1000)
    density.running_log_z.assign(log_z + distance)
    batch = world.sleep(50_000, SEED)
    found = density.losses(batch, batch, SEED)["loss"] + density.critic(batch.x)
    error = np.std(found) / np.sqrt(len(found))
    assert error < 0.02
    np.testing.assert_allclose(np.mean(found), log_z + np.exp(-distance) + distance - 1, atol=5 * error)
    assert np.mean(found) > log_z - 5 * error


def test_a_surprising_batch_does_not_blow_up():
    """l is raised to 3 nats below the batch's own log-mean."""
    world, density = World(normal(0.0, 0.9, 1)), build(1, estimator="running")
    batch = world.sleep(8, SEED)
    density.batches_seen.assign(1000)
    density.running_log_z.assign(-200.0)
    terms = density.losses(batch, batch, SEED)
    now = float(terms["log_z"][0])
    found = np.mean(terms["loss"] + density.critic(batch.x))
    np.testing.assert_allclose(found, np.exp(3.0) + now - 3 - 1, rtol=1e-4)


def test_the_running_log_z_is_a_mean_at_first_and_forgets_later():
    world, density = World(normal(0.0, 0.9, 1), gain=0.5), build(1, decay=0.75)
    seen = []
    for seed in range(6):
        batch = world.sleep(8, SEED + seed)
        seen.append(float(density.losses(batch, batch, SEED)["log_z"][0]))
    expected = np.mean(seen[:4])
    for log_z in seen[4:]:
        expected = 0.75 * expected + 0.25 * log_z
    np.testing.assert_allclose(density.running_log_z, expected, rtol=1e-5)


def test_the_gradient_that_a_generator_gets():
    """Z drops out: d/dx of f - log Z is that of f."""
    density, x = build(3), tf.constant(np.random.default_rng(0).normal(size=(4, 3)).astype("float32"))
    density.running_log_z.assign(5.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = density.value(known(x=x))
    np.testing.assert_allclose(value, -np.sum(x**2, 1) / 2 - 5, rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(value, x), -x, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "hope"}, "estimator must be one of log_mean, running, found 'hope'"),
        ({"decay": 1.0}, r"decay must be in \[0, 1\), found 1.0"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        build(3, **options)
