"""What is not finite never reaches the weights, and one bad step does not hide what the others show."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo import noise
from zoo.models.optimizer import Fused, optimizer
from zoo.models.updates import LARGE, Updates, sum_of_squares

BATCH, STEPS, FAULTY = 4, 6, 2
SCHEDULE = {"name": "PolynomialDecay", "initial_learning_rate": 0.1, "decay_steps": 5}
OPTIMIZERS = [
    *({"name": name} for name in ("Adadelta", "Adafactor", "Adagrad", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam")),
    {"name": "Adam", "learning_rate": SCHEDULE},
    {"name": "AdamW", "weight_decay": 0.1},
    {"name": "RMSprop", "centered": True},
    {"name": "SGD", "momentum": 0.9},
]


def batches():
    """Six batches, the third with one example that is not a number."""
    x = np.random.default_rng(0).normal(size=(STEPS * BATCH, *tiny.VECTOR)).astype("float32")
    x[FAULTY * BATCH + 1] = np.nan
    return tf.data.Dataset.from_tensor_slices(x).batch(BATCH)


def state(model):
    """Weights, statistics and slots; not the optimizers' counts of steps, which go on."""
    slots = [v for chosen in model.training_step.optimizers.values() for v in chosen.variables if v is not chosen.iterations]
    return [variable.numpy() for variable in (*model.variables, *slots)]


def trained(jit_compile="off", dataset=None, **parts):
    model = tiny.build("extended_helmholtz", training={"steps_per_execution": 3, "jit_compile": jit_compile}, **parts)
    return model, model.fit(dataset or batches(), steps_per_epoch=STEPS, verbose=0, shuffle=False).history


@pytest.mark.parametrize("jit_compile", ["off", "on"])
def test_a_bad_batch_is_skipped_inside_an_execution(jit_compile):
    model, history = trained(jit_compile)
    assert all(np.isfinite(value).all() for value in state(model))
    assert (int(model.step), int(model.training_step.skipped)) == (STEPS, 3)  # critic, encoder, decoder
    step, term = model.training_step.fault.numpy()
    assert (step, model.training_step.train_terms[term]) == (FAULTY, "log_q_x/loss")  # the critic moves first
    assert all(np.isfinite(values).all() for values in history.values())
    assert history["skipped_updates"] == [pytest.approx(3 / STEPS)]


def test_the_means_are_over_the_steps_that_were_finite():
    _, history = trained()
    model = tiny.build("extended_helmholtz")
    steps = [model.train_step(x)["wake/loss"].numpy() for x in batches()]
    assert [np.isnan(value) for value in steps] == [step == FAULTY for step in range(STEPS)]
    np.testing.assert_allclose(history["wake/loss"], np.nanmean(steps), rtol=1e-5)


def test_the_bad_step_leaves_everything_as_it_was_and_the_next_goes_on():
    normalized = tiny.network("mlp", normalization="batch")
    model = tiny.build("extended_helmholtz", encoder=normalized, decoder=normalized)
    for step, x in enumerate(batches()):
        before = state(model)
        model.train_step(x)
        moved = [not np.array_equal(a, b) for a, b in zip(before, state(model), strict=True)]
        assert any(moved) == (step != FAULTY)


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_statistic_goes_back_whole_wherever_in_it_the_fault_is(place):
    normalized = tiny.network("mlp", normalization="batch")
    model = tiny.build("vae", encoder=normalized, decoder=normalized)
    whole, faulty = (v for v in model.encoder.non_trainable_variables if v.shape == (5,))
    updates = Updates(model.training_step)
    was = faulty.numpy()
    faulty.assign(np.where(np.arange(5) == place, np.nan, 7.0))
    whole.assign(np.full(5, 7.0))
    updates.close()
    np.testing.assert_array_equal(faulty, was)
    np.testing.assert_array_equal(whole, np.full(5, 7.0))


def test_only_the_network_that_is_not_finite_stands_still():
    model = tiny.build("vae")
    variables = {name: model.networks().get(name, []) for name in ("encoder", "decoder")}
    before = {name: [v.numpy() for v in group] for name, group in variables.items()}
    updates = Updates(model.training_step)
    for name, bad in (("encoder", np.inf), ("decoder", 1.0)):
        updates.move(name, [tf.fill(v.shape, np.float32(bad)) for v in variables[name]], {"wake/loss": tf.constant(1.0)})
    assert float(updates.close()["skipped_updates"]) == 1
    for name, stands in (("encoder", True), ("decoder", False)):
        assert all(np.array_equal(a, b.numpy()) == stands for a, b in zip(before[name], variables[name], strict=True))
    assert model.training_step.train_terms[model.training_step.fault.numpy()[1]] == "gradient_norm/encoder"


@pytest.mark.parametrize("section", OPTIMIZERS, ids=lambda section: section["name"])
def test_every_optimizer_can_be_refused_an_update(section):
    """Refused, nothing changes but the count; accepted, it is Keras' own update, bit for bit.

    Adam's but for rounding: in Keras 0.999 is rounded to float32 in one place and not in the other. Its values: below.
    """
    start = noise.normal([3, 4], (0, 1)).numpy()
    arguments = {"learning_rate": 0.1} | section
    ours, variable = optimizer(arguments), keras.Variable(start)
    ours.build([variable])
    plain = getattr(keras.optimizers, section["name"]).from_config(ours.get_config())
    theirs = keras.Variable(start)
    plain.build([theirs])
    for accepted in (True, False, True):
        before = [v.numpy() for v in (variable, *ours.variables) if v is not ours.iterations]
        gradient = noise.normal([3, 4], (0, 2)) if accepted else tf.fill([3, 4], np.nan)
        ours.apply_if(tf.constant(accepted), [gradient], [variable])
        after = [v.numpy() for v in (variable, *ours.variables) if v is not ours.iterations]
        if accepted:
            plain.apply([gradient], [theirs])
            moved, wanted = variable.numpy() - before[0], theirs.numpy() - before[0]
            np.testing.assert_allclose(moved, wanted, rtol=3e-5 if isinstance(ours, Fused) else 0)
        else:
            plain.iterations.assign_add(1)
            for a, b in zip(before, after, strict=True):
                np.testing.assert_array_equal(a, b)


def test_adam_is_the_papers():
    """Kingma and Ba (2015), algorithm 1 in the order of section 2, in float64; the second of four steps is refused."""
    generator = np.random.default_rng(0)
    decays, rate, epsilon = (0.8, 0.999), 0.125, 2**-20
    x = generator.normal(size=(3, 4))
    variable = keras.Variable(x, dtype="float64")
    ours = optimizer({"name": "Adam", "learning_rate": rate, "beta_1": decays[0], "beta_2": decays[1], "epsilon": epsilon})
    ours.build([variable])
    m = v = np.zeros_like(x)
    for step, accepted in enumerate((True, False, True, True), 1):
        gradient = generator.normal(size=x.shape)
        ours.apply_if(tf.constant(accepted), [tf.constant(gradient if accepted else np.nan * gradient)], [variable])
        if accepted:
            m = decays[0] * m + (1 - decays[0]) * gradient
            v = decays[1] * v + (1 - decays[1]) * gradient**2
            x = x - rate * np.sqrt(1 - decays[1] ** step) / (1 - decays[0] ** step) * m / (np.sqrt(v) + epsilon)
        np.testing.assert_allclose(variable.numpy(), x, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", [(3,), (LARGE // 8, 8), (LARGE + 1,), (LARGE + 8,), (7, 5000)], ids=str)
@pytest.mark.parametrize("compiled", [False, True])
def test_a_sum_of_squares_is_one_in_both_ways(shape, compiled):
    values = np.random.default_rng(0).normal(size=shape)
    found = tf.function(sum_of_squares, jit_compile=compiled, autograph=False)(tf.constant(values), compiled)
    np.testing.assert_allclose(found, np.sum(values**2), rtol=1e-12)
