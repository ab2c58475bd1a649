"""The averaged weights are what their formula says, are used where a model is judged, and leave the training alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny

DECAY, STEPS = 0.8, 4


def batches():
    x = np.random.default_rng(0).normal(size=(STEPS * 8, *tiny.VECTOR)).astype("float32")
    return tf.data.Dataset.from_tensor_slices(x).batch(8)


def build(ema=DECAY, **training):
    return tiny.build("extended_helmholtz", training={"ema": ema, "seed": 2} | training)


def weights(model):
    return [v.numpy() for name in model.networks() for v in model.networks().get(name, [])]


def test_the_average_is_its_closed_form():
    model = build()
    seen = [weights(model)]
    for x in batches():
        model.train_step(x)
        seen.append(weights(model))
    factors = [DECAY**STEPS, *((1 - DECAY) * DECAY ** (STEPS - t) for t in range(1, STEPS + 1))]
    assert sum(factors) == pytest.approx(1)
    for position, value in enumerate(model.training_step.averages.values):
        expected = sum(factor * w[position].astype(np.float64) for factor, w in zip(factors, seen, strict=True))
        np.testing.assert_allclose(value.numpy(), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("jit_compile", ["off", pytest.param("on", marks=pytest.mark.slow)])
def test_training_goes_on_from_the_weights_themselves(jit_compile):
    models = [build(ema, jit_compile=jit_compile, steps_per_execution=2) for ema in (0.0, DECAY)]
    for model in models:
        model.fit(batches(), steps_per_epoch=STEPS, verbose=0, shuffle=False)
        with model.averaged():
            model.evaluate(batches(), verbose=0)
    for plain, averaged in zip(*map(weights, models), strict=True):
        np.testing.assert_array_equal(plain, averaged)


def test_an_evaluation_is_of_the_averaged_weights():
    model = build()
    model.fit(batches(), steps_per_epoch=STEPS, verbose=0, shuffle=False)
    raw = weights(model)
    found = model.evaluate(batches(), verbose=0, return_dict=True)
    for a, b in zip(raw, weights(model), strict=True):
        np.testing.assert_array_equal(a, b)
    model.training_step.averages.put()
    plain = build(0.0)
    for variable, value in zip(plain.variables, model.variables, strict=True):
        variable.assign(value)
    assert plain.evaluate(batches(), verbose=0, return_dict=True) == found
    assert any(not np.array_equal(a, b) for a, b in zip(raw, weights(model), strict=True))


def test_one_batch_is_evaluated_and_predicted_by_them_too():
    model = build()
    model.fit(batches(), steps_per_epoch=STEPS, verbose=0, shuffle=False)
    x = next(iter(batches())).numpy()
    with model.averaged():
        averaged = model.reconstruct(x)
    # Rounded otherwise than the compiled function; the live weights are off by 0.01 at least.
    np.testing.assert_allclose(model.predict_on_batch(x), averaged, rtol=1e-3, atol=1e-5)
    one = model.test_on_batch(x, return_dict=True)
    assert one == model.evaluate(tf.data.Dataset.from_tensors(x), verbose=0, return_dict=True)
    assert abs(model.reconstruct(x) - averaged).numpy().max() > 0.01


def test_they_begin_anew_at_weights_that_are_set():
    model, other = build(), tiny.build("extended_helmholtz", training={"ema": DECAY, "seed": 3})
    model.fit(batches(), steps_per_epoch=STEPS, verbose=0, shuffle=False)
    model.set_weights(other.get_weights())
    for value, weight in zip(model.training_step.averages.values, weights(other), strict=True):
        np.testing.assert_array_equal(value.numpy(), weight)


def test_weights_that_were_best_are_not_restored_in_place_of_averages():
    stop = keras.callbacks.EarlyStopping("val_negative_elbo", restore_best_weights=True)
    with pytest.raises(ValueError, match=r"restore_best_weights .* keep a ModelCheckpoint"):
        build().fit(batches(), validation_data=batches(), verbose=0, callbacks=[stop])


def test_a_distributed_data_set_is_fitted():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = build(steps_per_execution=2)
    model.fit(strategy.experimental_distribute_dataset(batches()), verbose=0)
    assert int(model.step.numpy()) == STEPS


def test_the_constant_of_a_density_is_theirs_from_the_first_step():
    """It starts where the first batch says, which no step of a learning rate comes near."""
    model = tiny.build("symmetric_vae", approximators={"log_q_x": "noise_contrastive"}, training={"ema": 0.999})
    x = 9 * next(iter(batches()))
    model.train_step(x)
    live = model.model.log_densities(x, None).log_q_x
    with model.averaged():
        averaged = model.model.log_densities(x, None).log_q_x
    assert abs(model.model.approximators["log_q_x"].start.numpy()) > 20
    np.testing.assert_allclose(averaged, live, atol=0.5)
