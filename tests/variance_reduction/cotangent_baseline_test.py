"""The baseline on the cotangent: its identities on a linear generator, its long-run noise, and what it refuses.

A generator x = z W + b under the critic f(x) = k (x w + v): the cotangent of the loss -f is g = -k w at every x, and
J^T g is (mean of z)^T g for W, and g for b.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.exact.linear_gaussian import Setting, random_parameters
from tests.models import linear, tiny
from zoo import noise

LATENT, BETA, RATE = 2, 0.8, 0.1
POINTS = np.array([[0.5, -1.0, 0.3], [-0.7, 0.2, 1.1], [0.1, 0.9, -0.4], [1.2, 0.4, 0.2]])
SETTING = Setting(POINTS, critic_scale=1.5, scales="fixed", s=0.7, t=0.4, floor=0.05)
PARAMETERS = random_parameters(0, SETTING, LATENT)
G = -SETTING.critic_scale * PARAMETERS["w"]
STILL = {"name": "SGD", "learning_rate": 1e-30}


def build(learning_rate=1e-30, **options):
    """A linear generator, moved by plain descent, and a linear h; the critic stands still."""
    method = {"name": "cotangent_baseline", "beta": BETA, "hidden_sizes": (), "learning_rate": learning_rate} | options
    training = {"variance_reduction": method} if options.get("name", "x") else {}
    optimizers = {"decoder": {"name": "SGD", "learning_rate": RATE}, "log_q_x": STILL}
    model = linear.build("gan", SETTING, LATENT, optimizers=optimizers, **training)
    linear.set_weights(model, PARAMETERS)
    return model


def set_baseline(model, bias, kernel=0.0):
    """h(x, z) = (x, z) kernel + bias."""
    for variable, value in zip(model.training_step.baseline.variables, (kernel, bias), strict=True):
        variable.assign(np.broadcast_to(value, variable.shape))


def mean_z(model, step):
    """The mean of the codes of a step."""
    return noise.draw_batch(model.prior(), len(POINTS), noise.seed_for(0, step, "prior")).numpy().mean(0)


def weights(model):
    """W and b."""
    return [variable.numpy() for variable in model.decoder.trainable_variables]


def run(model, steps):
    """(W, b), and (w of W, w of b), after each step; the first of both before any."""
    found = [(weights(model), [v.numpy() for v in model.training_step.means["decoder"]])]
    for _ in range(steps):
        model.train_step(tf.constant(POINTS))
        found.append((weights(model), [v.numpy() for v in model.training_step.means["decoder"]]))
    return found


def test_an_update_is_the_gradient_less_what_was_foreseen_and_the_mean_of_it(float64):
    """mean(update) - gradient = w - E[J^T h]; h and w move after their use."""
    model, c = build(learning_rate=0.1), np.array([0.3, -0.2, 0.5])
    set_baseline(model, c)
    start = [np.full(v.shape, 0.7) for v in model.training_step.means["decoder"]]
    for variable, value in zip(model.training_step.means["decoder"], start, strict=True):
        variable.assign(value)
    z = mean_z(model, 0)
    (before, _), (after, means) = run(model, 1)
    for i, of in enumerate((lambda v: np.outer(z, v), lambda v: v)):
        update = (before[i] - after[i]) / RATE
        np.testing.assert_allclose(update, of(G) - of(c) + start[i], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(means[i], BETA * start[i] + (1 - BETA) * of(c), rtol=1e-9, atol=1e-12)
    # Adam's first step is its rate, towards g.
    np.testing.assert_allclose(model.training_step.baseline.variables[1], c + 0.1 * np.sign(G - c), atol=1e-5)


def test_the_mean_forgets_where_it_began(float64):
    """E[w_t] = beta^t w_0 + (1 - beta^t) E[J^T h]: of b exactly, whose J^T h is c at every draw."""
    model, c, steps = build(), np.array([0.3, -0.2, 0.5]), 5
    set_baseline(model, c)
    model.training_step.means["decoder"][1].assign(np.full(3, 2.0))
    for t, (_, means) in enumerate(run(model, steps)):
        np.testing.assert_allclose(means[1], BETA**t * 2 + (1 - BETA**t) * c, rtol=1e-12)


def test_a_baseline_of_zero_is_the_plain_gradient(float64):
    """As it is to begin with."""
    model, plain = build(), build(name="")
    for _ in range(3):
        model.train_step(tf.constant(POINTS))
        plain.train_step(tf.constant(POINTS))
    for one, other in zip(weights(model), weights(plain), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_baseline_that_foresees_all_is_dampened_momentum(float64):
    """u_t = w_t,  w_{t+1} = beta w_t + (1 - beta) J^T g_t."""
    model = build()
    codes = [mean_z(model, step) for step in range(4)]
    set_baseline(model, G)
    found = run(model, 4)
    momentum = [np.zeros((LATENT, 3)), np.zeros(3)]
    for (before, _), (after, _), z in zip(found, found[1:], codes, strict=False):
        for i, gradient in enumerate((np.outer(z, G), G)):
            np.testing.assert_allclose(before[i] - after[i], RATE * momentum[i], atol=1e-12)
            momentum[i] = BETA * momentum[i] + (1 - BETA) * gradient


def quadratic(size, scale, **training):
    """x = z W + b + s e under f(x) = -|x - 1|^2 / 2, of so many numbers; b descends |b - 1|^2 / 2 with noise s^2 / batch."""
    config = zoo.experiment(
        data={},
        model=dict(
            objective="gan",
            approximators={"log_q_x": {"name": "tests.variance_reduction.quadratic"}},
            decoder=linear.LINEAR,
            likelihood={"name": "normal", "scale": "fixed", "initial_scale": scale},
            latent_size=1,
        ),
        optimizers={"decoder": {"name": "SGD", "learning_rate": RATE}},
        training={"jit_compile": "off"} | training,
    )
    model = zoo.build(config, event_shape=(size,))
    kernel, bias = model.decoder.trainable_variables
    kernel.assign(0 * kernel.numpy())
    bias.assign(np.ones(size))
    if training:  # h = g = x - 1
        own = model.training_step.baseline.variables
        own[0].assign(np.eye(size + 1, size))
        own[1].assign(-np.ones(size))
    return model


def variance_of_b(model, steps, batch):
    """Of b over a run, for each number; the first tenth left out."""
    step, x = model.training_step, tf.zeros([batch, *model.event_shape], tf.float64)

    @tf.function(autograph=False)
    def path():
        def body(i, kept):
            step.train(x)
            return i + 1, kept.write(i, model.decoder.trainable_variables[1].value)

        kept = tf.TensorArray(tf.float64, steps)
        return tf.while_loop(lambda i, _: i < steps, body, (0, kept), parallel_iterations=1)[1].stack()

    return path().numpy()[steps // 10 :].var(0)


@pytest.mark.slow
def test_its_long_run_noise_on_a_quadratic_is_that_of_plain_descent(float64):
    """Var b = r s^2 / (2 - r) for plain descent, r (1 + beta) s^2 / (2 (1 + beta) - r (1 - beta)) for dampened momentum:
    both are r s^2 / 2 for small r. The noise of a batch is put off, and not removed.
    """
    size, batch, steps = 64, 8, 1500
    method = {"name": "cotangent_baseline", "beta": BETA, "hidden_sizes": (), "learning_rate": 1e-30}
    found = {
        "plain": variance_of_b(quadratic(size, 1.0), steps, batch),
        "variant": variance_of_b(quadratic(size, 1.0, variance_reduction=method), steps, batch),
    }
    # The noise of a batch is that of e, and of W, which is as noisy as b.
    noises = {"plain": RATE / (2 - RATE), "variant": RATE * (1 + BETA) / (2 * (1 + BETA) - RATE * (1 - BETA))}
    for name, value in noises.items():
        exact = value / batch * (1 + value / batch)
        error = found[name].std(ddof=1) / size**0.5
        print(f"{name}: variance of b {found[name].mean():.5f} +- {error:.5f}, exactly {exact:.5f}")
        # A run of n steps, correlated over 2 / r of them, misses a share 2 / (r n) of its variance: the mean is its own.
        assert abs(found[name].mean() - exact) < 5 * error + exact * 2 / (RATE * 0.9 * steps)
        assert error < 0.05 * exact


def test_fresh_batches_have_no_bias_and_less_variance(float64):
    """h = g: what is left is the mean of J^T h over the fresh samples, of a variance as many times smaller as there are."""
    size, batch, fresh, repeats = 64, 8, 4, 150
    method = {"name": "cotangent_baseline", "correction": "fresh_batches", "fresh": fresh, "hidden_sizes": ()}
    model = quadratic(size, 1.0, variance_reduction=method)
    model.decoder.trainable_variables[1].assign(np.full(size, 1.5))
    x = tf.zeros([batch, size], tf.float64)
    estimate = tf.function(lambda i: model.training_step.estimate(x, functools.partial(noise.seed_for, 3, i))["decoder"][1])
    found = np.stack([estimate(tf.constant(i)) for i in range(repeats)])
    variance = 1 / (batch * fresh)
    assert abs(found.mean() - 0.5) < 5 * (variance / (size * repeats)) ** 0.5
    np.testing.assert_allclose(found.var(0).mean(), variance, rtol=5 * (2 / (size * repeats)) ** 0.5)


@pytest.mark.slow
def test_what_it_costs_is_shown_and_h_learns():
    method = {"name": "cotangent_baseline", "learning_rate": 0.02}
    model = tiny.build("extended_helmholtz", training={"variance_reduction": method})
    x = np.random.default_rng(0).normal(size=(64, *tiny.VECTOR)).astype(np.float32)
    told = model.fit(x, batch_size=8, epochs=12, verbose=0).history
    assert (told["passes/forward"], told["passes/backward"]) == ([1] * 12, [2] * 12)
    assert told["baseline/squared_error"][-1] / told["baseline/squared_cotangent"][-1] < 0.9
    assert told["skipped_updates"] == [0] * 12
    fresh = build(correction="fresh_batches", fresh=3).training_step
    assert (fresh.passes, fresh.means) == ((4, 5), {})


@pytest.mark.parametrize(
    ("objective", "options", "message"),
    [
        ("vae", {}, "no gradient passes through samples of P to its weights in objective vae; choose another"),
        ("wake_sleep", {}, "in objective wake_sleep"),
        ("extended_helmholtz", {"reduced": ("encoder",)}, "cotangent_baseline reduces no 'encoder' here; choose from decoder"),
        ("extended_helmholtz", {"correction": "none"}, "correction must be one of moving_average, fresh_batches, found 'none'"),
        ("extended_helmholtz", {"beta": 1.0}, r"beta must be in \[0, 1\), fresh at least 1"),
        ("extended_helmholtz", {"fresh": 0}, "fresh at least 1"),
        ("extended_helmholtz", {"learning_rate": 0.0}, "learning_rate above 0"),
        ("extended_helmholtz", {"micro_batches": 2}, "set config.training.micro_batches to 1"),
    ],
)
def test_what_cannot_work_is_one_line(objective, options, message):
    training = {key: options.pop(key) for key in ("reduced", "micro_batches") if key in options}
    with pytest.raises(zoo.ConfigError, match=message) as raised:
        tiny.build(objective, training=training | {"variance_reduction": {"name": "cotangent_baseline"} | options})
    assert "\n" not in str(raised.value)
