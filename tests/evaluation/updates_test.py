"""The variance of updates and of their means over many steps, by hand, where the generator is linear and its critic too.

x = z W + b under f(x) = 2 x w, as in gradients_test.py: d/db of -f is -2 w on every minibatch, and d/dW = -2 z^T w. So all
variance is that of the mean of z over a minibatch of n, V = 2 / n of the squared mean.
"""

import types

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.evaluation import linear_models
from zoo.evaluation import gradients, results, updates

SIZE, WINDOWS, LENGTH = 10, 100, 20
V = 2 / SIZE
W = np.array([3.0, 0.0, 4.0])


def gan(optimizer=None, **method):
    """The GAN, whose generator is moved by an optimizer, plain descent if nobody says, or by a method."""
    critic = {"name": "wasserstein", "network": linear_models.LINEAR, "constraint": "clip", "clip": 1e6, "scale": 2.0}
    sections = {"latent_size": 2, "decoder": linear_models.LINEAR, "likelihood": "deterministic", "objective": "gan"}
    training = {"jit_compile": "off", "steps_per_execution": 1} | ({"variance_reduction": method} if method else {})
    config = zoo.experiment(
        data={"batch_size": SIZE},
        model=sections | {"approximators": {"log_q_x": critic}},
        optimizers={"decoder": optimizer or {"name": "SGD", "learning_rate": 0.1}},
        training=training,
    )
    model = zoo.build(config, data=linear_models.dataset())
    kernel, bias = model.approximators["log_q_x"].trainable_variables
    kernel.assign(W[:, None])
    bias.assign([0.5])
    return model


def averaged(b, length=LENGTH):
    """T Var(mean of u) over V for u_t = b u_{t-1} + (1 - b) g_t: a sum of the autocovariances b^k of a first-order process."""
    return 1 - 2 * b * (1 - b**length) / (length * (1 - b**2))


def expect(model, single, long_run):
    found = updates.variances(model, linear_models.dataset(), WINDOWS, LENGTH, SIZE, seed=0)
    for name, exact in (("update_variance", single), ("long_run_variance", long_run)):
        value, error = found[name].value, found[name].standard_error
        print(f"{name} {value:.4f} +- {error:.4f}, exactly {exact:.4f}")
        assert abs(value - exact) < 4 * error < exact, name


def test_of_plain_descent_both_are_the_variance_of_a_gradient():
    expect(gan(), V, V)


@pytest.mark.parametrize(
    ("optimizer", "b"),
    [
        ({"name": "SGD", "learning_rate": 0.1, "momentum": 0.8}, 0.8),
        ({"name": "Adam", "learning_rate": 0.1, "beta_1": 0.5}, 0.5),
    ],
)
def test_momentum_puts_noise_off(optimizer, b):
    expect(gan(optimizer), (1 - b) / (1 + b) * V, averaged(b) * V)


def test_a_baseline_that_foresees_all_is_momentum_here_too():
    model = gan(name="cotangent_baseline", beta=0.8, hidden_sizes=())
    for variable, value in zip(model.training_step.baseline.variables, (0.0, -2 * W), strict=True):
        variable.assign(np.broadcast_to(value, variable.shape))
    expect(model, (1 - 0.8) / (1 + 0.8) * V, averaged(0.8) * V)


def test_a_snapshot_saves_nothing_in_the_long_run_that_its_bank_has_not_cost():
    """Between snapshots every step is the mean of n batches, of variance V / n; T steps have T / every of these means."""
    every, batches = 10, 5
    expect(gan(name="svrg", every=every, batches=batches), V / batches, every / batches * V)


def test_the_squared_bias_is_that_of_the_moving_average():
    """w - E[J^T h]: of b, w - c; of W, w. Over the squared mean |2 w|^2."""
    model, c, w = gan(name="cotangent_baseline", hidden_sizes=()), np.array([0.3, -0.2, 0.5]), 0.7
    for variable, value in zip(model.training_step.baseline.variables, (0.0, c), strict=True):
        variable.assign(np.broadcast_to(value, variable.shape))
    for variable in model.training_step.means["decoder"]:
        variable.assign(np.full(variable.shape, w))
    found = gradients.generator_variance(model, linear_models.dataset(), 200, SIZE, seed=0)["gradient_bias[reduced]"]
    exact = (((w - c) ** 2).sum() + 6 * w**2) / (4 * W @ W)
    assert abs(found.value - exact) < 4 * found.standard_error < exact


@pytest.mark.parametrize("method", [{"name": "svrg", "every": 2, "batches": 3}, {"name": "cotangent_baseline"}])
def test_the_model_and_what_its_step_remembers_are_left_as_they_were(method):
    model = gan(**method)
    everything = [*model.variables, model.training_step.counter, *model.training_step.own_state().values()]
    before = [variable.numpy() for variable in everything]
    found = updates.measure(model, linear_models.dataset(), num_windows=3, window_steps=3, batch_size=SIZE)
    assert found["update_variance"].value > 0
    for variable, value in zip(everything, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_passes_are_counted_by_steps():
    plain, variant = gan(), gan(name="cotangent_baseline")
    for model, each in ((plain, 1 + 1), (variant, 1 + 2)):
        model.training_step.counter.assign(50)
        assert updates.measure(model, linear_models.dataset(), num_windows=3, window_steps=2)["passes"].value == 50 * each


def test_the_errors_are_jackknifes_over_windows():
    """By definition, of dependent updates: all of a window are left out at once."""
    windows, length, generator = 6, 5, np.random.default_rng(0)
    u = np.array([2.0, -1.0, 0.5]) + generator.normal(size=((1 + windows) * length, 3)).cumsum(0) / 5

    def both(kept):
        sums, n = kept.sum(1), len(kept)
        trace = np.trace(np.cov(sums, rowvar=False))
        squared_mean = ((sums.mean(0) ** 2).sum() - trace / n) / length**2
        single = (kept**2).sum(-1).mean() - squared_mean
        return np.array([single, trace / length]) / squared_mean

    parts = u.reshape(1 + windows, length, 3)[1:]
    left_out = np.array([both(np.delete(parts, window, 0)) for window in range(windows)])
    errors = np.sqrt((windows - 1) * ((left_out - left_out.mean(0)) ** 2).mean(0))
    found = updates._of_windows(iter(u), windows, length)
    for name, value, error in zip(("update_variance", "long_run_variance"), both(parts), errors, strict=True):
        np.testing.assert_allclose([found[name].value, found[name].standard_error], [value, error], rtol=1e-9, err_msg=name)


def test_too_few_windows_are_refused():
    with pytest.raises(ValueError, match="at least 3 windows, found 2"):
        updates.variances(gan(), linear_models.dataset(), 2, 5, SIZE, 0)


def test_momentum_is_a_mean_over_the_gradients_so_far_from_0():
    """Half of the first; a quarter of the first and half of the second."""
    optimizer = {"name": "SGD", "learning_rate": 0.1, "momentum": 0.5}
    data = linear_models.dataset()
    first, second = updates._walk(gan(), data, 2, SIZE, 0)
    found = list(updates._walk(gan(optimizer), data, 2, SIZE, 0))
    np.testing.assert_allclose(found, [first / 2, first / 4 + second / 2], rtol=1e-6)


def test_a_minibatch_alone_is_read_and_is_that_of_the_whole_split(monkeypatch):
    data, asked = linear_models.dataset(50), []
    train, generator = data.splits["train"], np.random.RandomState(3)
    read = train.read_batch
    monkeypatch.setattr(train, "read_batch", lambda rows: asked.append(len(rows)) or read(rows))
    monkeypatch.setattr(updates, "_estimate", lambda model, x, seed: tf.reshape(x, [-1]))
    found = list(updates._walk(gan(), data, 4, SIZE, 3))
    whole = [train.array[generator.choice(50, SIZE, replace=False)].ravel() for _ in range(4)]
    np.testing.assert_array_equal(found, whole)
    assert asked == [SIZE] * 4


def test_a_minibatch_has_no_example_twice(monkeypatch):
    data = linear_models.dataset(6)
    monkeypatch.setattr(updates, "_estimate", lambda model, x, seed: tf.reshape(x, [-1]))
    for update in updates._walk(gan(), data, 3, 6, 0):
        np.testing.assert_array_equal(np.sort(update), np.sort(data.splits["train"].array.ravel()))


def test_an_optimizer_without_momentum_has_none():
    for optimizer, momentum in (({}, 0), ({"momentum": 0.7}, 0.7), ({"beta_1": 0.9, "momentum": 0.7}, 0.9)):
        step = types.SimpleNamespace(moved=("decoder",), optimizers={"decoder": types.SimpleNamespace(**optimizer)})
        assert updates._momentum(step) == momentum


def test_an_exported_model_has_no_updates():
    found = updates.measure(types.SimpleNamespace(has_distributions=False), None)
    reason = "an exported model gives no gradients of its terms; measure the run with --workdir"
    assert {item.reason for _, item in results.results(found)} == {reason}
