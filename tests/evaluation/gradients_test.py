"""The generator's gradient and its variance, by hand, on a model that is quadratic in its one bias."""

import types

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.evaluation import linear_models
from tests.models import tiny
from zoo import noise
from zoo.evaluation import draws, gradients, updates
from zoo.evaluation.results import Unavailable


def test_the_jackknife_of_known_gradients_is_the_textbook_one():
    generator = np.random.default_rng(0)
    g = np.array([2.0, -1.0, 0.5]) + generator.normal(size=(40, 3))

    def ratio(rows):
        n = len(rows)
        trace = np.trace(np.cov(rows, rowvar=False))
        return trace / ((rows.mean(0) ** 2).sum() - trace / n)

    left_out = np.array([ratio(np.delete(g, i, 0)) for i in range(40)])
    total = g.sum(0)
    found = gradients.jackknifed((g * g).sum(1), g @ total, total @ total)
    np.testing.assert_allclose(found.value, ratio(g), rtol=1e-12)
    error = np.sqrt(39 / 40 * ((left_out - left_out.mean()) ** 2).sum())
    np.testing.assert_allclose(found.standard_error, error, rtol=1e-9)
    small = gradients.jackknifed(1e-6 * (g * g).sum(1), 1e-6 * (g @ total), 1e-6 * (total @ total))  # in other units
    np.testing.assert_allclose([small.value, small.standard_error], [found.value, found.standard_error], rtol=1e-9)


def test_a_mean_that_cannot_be_told_from_0_is_no_denominator():
    g = np.array([[1.0], [-1.0], [1.0], [-1.0]])
    with pytest.raises(Unavailable, match="told from 0"):
        gradients.jackknifed((g * g)[:, 0], g[:, 0] * 0, 0.0)
    # All three tell it from 0: (2/3)^2 - (1/3)/3 > 0. Without the first it is (1/2)^2 - (1/2)/2 = 0.
    g = np.array([1.0, 1.0, 0.0])
    with pytest.raises(Unavailable, match="told from 0"):
        gradients.jackknifed(g * g, g * g.sum(), g.sum() ** 2)


def test_the_variance_of_a_quadratic_model_is_the_one_by_hand():
    """P(x|z) = N(b, s^2 I) with W = 0 and z ~ N(0, t^2 I), so that of the wake loss

        d/db = -(x - b)/s^2,        d/dW = -z^T (x - b)/s^2

    and with r = x - b of mean m and covariance C over the data, and batches of n:

        E g = -(m, 0)/s^2       tr Cov g = [tr C + 2 t^2 (|m|^2 + tr C)] / (n s^4)
    """
    s, t, size = 0.7, 0.5, 20
    x = linear_models.draw(4000)
    b = x.mean(0) + np.array([1.0, -0.5, 0.25])
    model = linear_models.build(encoder=(0 * linear_models.A, 0 * linear_models.C), decoder=(0 * linear_models.W, b), s=s, t=t)
    found = gradients.generator_variance(model, linear_models.dataset(x=x), 400, size, seed=0)
    m, spread = 1 + 0.25 + 0.0625, x.var(0).sum()
    exact = (spread + 2 * t**2 * (m + spread)) / size / m
    for name in ("gradient_variance", "gradient_variance[wake]"):
        value, error = found[name].value, found[name].standard_error
        assert abs(value - exact) < 4 * error, (value, exact)
        assert 4 * error < 0.3 * exact
    assert not [name for name in found if "sleep" in name or "critic" in name]


def test_minibatches_are_of_training_examples_each_without_repetition():
    data = linear_models.dataset(30)
    known = {tuple(row) for row in data.splits["train"].array}
    for batch in gradients.minibatches(data, 5, 20, seed=0):
        rows = {tuple(row) for row in batch}
        assert len(rows) == 20
        assert rows <= known


def gan():
    """A GAN whose critic is f(x) = scale x w."""
    linear = linear_models.LINEAR
    critic = {"name": "wasserstein", "network": linear, "constraint": "clip", "clip": 1e6, "scale": 2.0}
    sections = {"latent_size": 2, "decoder": linear, "likelihood": "deterministic", "objective": "gan"}
    config = zoo.experiment(data={}, model=sections | {"approximators": {"log_q_x": critic}}, training={"jit_compile": "off"})
    model = zoo.build(config, event_shape=(3,))
    kernel, bias = model.approximators["log_q_x"].trainable_variables
    kernel.assign([[3.0], [0.0], [4.0]])
    bias.assign([0.5])
    return model


def test_the_norm_of_a_linear_critic_is_that_of_its_weights():
    found = gradients.critic_norms(gan(), linear_models.dataset(), 50, 0)
    for name in ("data", "samples"):
        np.testing.assert_allclose(found[f"critic_gradient_norm[{name}]"].value, 2 * 5, rtol=1e-6)


@pytest.mark.parametrize("reads", ["x", "mean_x"])
def test_a_critic_is_asked_at_data_and_at_what_it_was_trained_on(reads, monkeypatch):
    """At draws with their noise, or at means. Of f(x) = |x|^2 / 2 the norm is |x|."""
    model, data = linear_models.build(), linear_models.dataset()
    monkeypatch.setitem(model.training_step.model.approximators, "log_q_x", types.SimpleNamespace(field=reads))
    model.has = lambda field: True
    model.log_densities = lambda x, z: types.SimpleNamespace(log_q_x=tf.reduce_sum(x**2, -1) / 2)
    found = gradients.critic_norms(model, data, 50, 1)
    drawn = draws.generated(model, 50, 1, observation_noise=reads == "x")
    for name, x in (("data", draws.examples(data, 50, 1)[0]), ("samples", drawn)):
        np.testing.assert_allclose(found[f"critic_gradient_norm[{name}]"].value, np.linalg.norm(x, axis=1).mean(), rtol=1e-6)


def test_what_is_held_fixed_has_no_norm():
    model = tiny.build("mim", event_shape=(3,), approximators={"log_q_x": "importance_estimate"})
    with pytest.raises(Unavailable, match="is held fixed, and has no gradient"):
        gradients.critic_norms(model, linear_models.dataset(), 50, 0)


def test_a_term_that_does_not_depend_on_the_generator_has_a_gradient_of_0(monkeypatch):
    model = linear_models.build()
    monkeypatch.setattr(gradients, "_terms", lambda step, x, seed: {"none": tf.ones(4)})
    found = gradients.gradients(model, None, None)
    np.testing.assert_array_equal(found["none"], np.zeros(linear_models.W.size + linear_models.B.size))


def test_names_are_of_what_the_model_can_have():
    for model, more in (
        (linear_models.build(), ["[wake]"]),
        (gan(), ["[sleep]", "[critic]"]),
        (types.SimpleNamespace(has_distributions=False), []),
    ):
        assert gradients._names(model) == tuple(f"gradient_variance{each}" for each in ["", *more])


@pytest.mark.parametrize("lacking", ["sleep", "has", "needs", None])
def test_a_critics_term_is_of_a_sleep_phase_that_asks_for_it(lacking):
    objective = types.SimpleNamespace(phases=("wake", "sleep"), needs=() if lacking == "needs" else ("log_q_x",))
    model = types.SimpleNamespace(has=lambda field: lacking != "has", approximators={})
    moves = {"wake": ("decoder",), "sleep": ("encoder",) if lacking == "sleep" else ("decoder",)}
    step = types.SimpleNamespace(objective=objective, model=model, moves=moves)
    assert gradients._has_critic(step) == (lacking is None)


def test_each_word_has_a_seed_of_its_own():
    """Many, or two words may share their noise."""
    seeds = {tuple(gradients.named_seed([0, 0], str(number)).numpy()) for number in range(200)}
    assert len(seeds) == 200


def test_an_exported_model_has_no_gradients():
    exported = types.SimpleNamespace(has_distributions=False)
    for ask in (
        lambda: gradients.critic_norms(exported, None, 5, 0),
        lambda: gradients.generator_variance(exported, None, 3, 5, 0),
    ):
        with pytest.raises(Unavailable, match="an exported model gives no gradients"):
            ask()


def test_the_generators_gradient_of_a_linear_critic_is_the_one_by_hand():
    """f(z W + b) = 2 (z W + b) w, so that d/db of -f is -2 w on every minibatch: all variance is that of d/dW = -2 z^T w."""
    size = 10
    found = gradients.generator_variance(gan(), linear_models.dataset(), 300, size, seed=0)
    # E over z of |mean z|^2 is 2 / n; the mean of d/dW is 0, that of d/db -2 w.
    exact = 2 / size
    for name in ("gradient_variance", "gradient_variance[sleep]", "gradient_variance[critic]"):
        assert abs(found[name].value - exact) < 4 * found[name].standard_error < 0.4 * exact


def test_the_critics_term_is_minus_what_stands_in_for_the_data():
    """The generator's gradient by b is -(grad_x f) = -2 w, of the GAN's whole sleep loss and of the critic's term."""
    found = gradients.gradients(gan(), tf.constant(linear_models.draw(5)), noise.seed_for(0, 0, "test"))
    assert found.keys() == {"sleep", "critic", "sum"}
    for name, value in found.items():
        np.testing.assert_allclose(value[-3:], -2 * np.array([3.0, 0, 4]), rtol=1e-6, err_msg=name)


def test_an_objective_that_moves_no_generator_has_no_gradient_of_one():
    step = types.SimpleNamespace(moved=("encoder",), networks={"encoder": [], "decoder": [tf.Variable(1.0)]})
    model = types.SimpleNamespace(training_step=step, has_distributions=True)
    with pytest.raises(Unavailable, match="moves no weights of the generator"):
        gradients.gradients(model, None, None)
    with pytest.raises(Unavailable, match="moves no weights of the generator"):
        updates._momentum(step)


def test_the_model_is_left_as_it_was():
    section = {"name": "mlp", "hidden_sizes": (4,), "normalization": "batch"}
    config = zoo.experiment(
        data={},
        model={"latent_size": 2, "encoder": section, "posterior": "normal", "decoder": section, "likelihood": "normal"},
        training={"jit_compile": "off"},
    )
    model = zoo.build(config, event_shape=(3,))
    assert model.non_trainable_variables
    before = [variable.numpy() for variable in model.variables]
    gradients.generator_variance(model, linear_models.dataset(), 3, 10, seed=0)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_too_few_minibatches_are_refused():
    with pytest.raises(ValueError, match="at least 3 minibatches"):
        gradients.generator_variance(linear_models.build(), linear_models.dataset(), 2, 10, 0)
    with pytest.raises(ValueError, match="has 600 examples"):
        gradients.generator_variance(linear_models.build(), linear_models.dataset(), 3, 1000, 0)


def test_the_estimate_of_a_step_of_less_variance_is_measured_beside_the_plain_gradient():
    """At its snapshot SVRG's estimate is the mean gradient of the bank on every minibatch: it has no variance."""
    data = linear_models.dataset()
    training = {"steps_per_execution": 1, "jit_compile": "off", "variance_reduction": {"name": "svrg", "every": 1}}
    fixed = {"name": "normal", "scale": "fixed"}
    parts = dict(latent_size=2, encoder=linear_models.LINEAR, decoder=linear_models.LINEAR, posterior=fixed, likelihood=fixed)
    model = zoo.build(zoo.experiment(data={}, model=parts, training=training), data=data)
    model.training_step.prepare(tf.distribute.get_strategy())
    found = gradients.measure(model, data, num_batches=5, batch_size=20, num_examples=20)
    assert found["gradient_variance"].value > 1e-3
    assert found["gradient_variance"].count == 5 * 20
    assert abs(found["gradient_variance[reduced]"].value) < 1e-9
