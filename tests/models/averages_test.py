"""The averaged weights are what their formula says, are used where a model is judged, and leave the training alone."""

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
