"""zoo.as_layer: an endpoint as a Keras layer that any optimizer trains, saved and loaded by Keras like any other."""

import shutil

import keras
import numpy as np
import pytest

import zoo
from tests.export import families
from zoo.export import UnsafeModelError, layers, manifest

GENERATOR = np.random.default_rng(0)
X = GENERATOR.uniform(size=(16, *families.SHAPE)).astype(np.float32)
Y = (X.mean((1, 2, 3)) > 0.5).astype(np.float32)


def classifier(layer, output):
    inputs = keras.Input(families.SHAPE)
    codes = layer(inputs)
    codes = codes[output] if output else codes
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(codes))
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", jit_compile=False)
    return model


def values(variables):
    return [variable.numpy() for variable in variables]


def moved(variables, before):
    return [not np.array_equal(variable, old) for variable, old in zip(variables, before, strict=True)]


@pytest.mark.parametrize(("endpoint", "output"), [("encode", "loc"), ("encoder", None)])
def test_adam_trains_it_or_not(exported, endpoint, output):
    layer = zoo.as_layer(exported.path("ehm"), endpoint, trainable=True)
    encoder = exported.model("ehm").encoder
    assert [tuple(variable.shape) for variable in layer.trainable_variables] == [tuple(v.shape) for v in encoder.variables]
    model, before = classifier(layer, output), values(layer.variables)
    first = model.evaluate(X, Y, verbose=0)
    model.fit(X, Y, epochs=8, verbose=0)
    assert all(moved(layer.variables, before))
    assert model.evaluate(X, Y, verbose=0) < first
    layer.trainable = False
    frozen, before = classifier(layer, output), values(layer.variables)
    frozen.fit(X, Y, epochs=2, verbose=0)
    assert not any(moved(layer.variables, before))


@pytest.mark.parametrize("endpoint", ["reconstruct", "critic"])
def test_it_gives_what_the_endpoint_gives(exported, endpoint):
    layer = zoo.as_layer(exported.path("ehm"), endpoint)
    np.testing.assert_allclose(layer(X), getattr(exported.loaded("ehm"), endpoint)(X), rtol=1e-6, atol=1e-6)
    assert not layer.trainable_variables
    assert not layers.ExportedLayer(exported.path("ehm"), endpoint).trainable
    assert len(layer.variables) == (4 if endpoint == "critic" else 8)


def test_in_training_it_uses_the_batch(exported):
    layer = zoo.as_layer(exported.path("batch_normalized"), "encoder", trainable=True)
    assert len(layer.non_trainable_variables) == 4  # two means and two variances
    before = values(layer.non_trainable_variables)
    layer(X)
    assert not any(moved(layer.non_trainable_variables, before))
    layer(X, training=True)
    assert all(moved(layer.non_trainable_variables, before))


def test_weights_are_named_and_each_its_own(exported):
    layer = zoo.as_layer(exported.path("ehm"), "encoder", trainable=True)
    paths = [variable.path for variable in layer.variables]
    assert len(set(paths)) == len(paths) == 4


def test_keras_saves_and_loads_it(exported, tmp_path):
    layer = zoo.as_layer(exported.path("ehm"), "encoder", trainable=True)
    model = classifier(layer, None)
    model.fit(X, Y, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6, atol=1e-6)
    assert any(moved(again.layers[1].variables, values(exported.loaded("ehm").encoder.variables)))


def test_an_endpoint_that_is_not_there(exported):
    with pytest.raises(
        ValueError, match="has no endpoint 'encode'; choose from critic, decoder, draw, generate, log_p_z, prior, sample"
    ):
        zoo.as_layer(exported.path("gan"), "encode")


def test_a_model_that_is_not_trusted_is_taken_on_request_alone(exported, tmp_path):
    path = shutil.copytree(exported.path("gan"), tmp_path / "model")
    (path / manifest.NAME).unlink()
    for make in (zoo.as_layer, layers.ExportedLayer):
        with pytest.raises(UnsafeModelError, match=r"has no manifest\.json"):
            make(path, "generate")
    assert zoo.as_layer(path, "generate", allow_untrusted=True)(np.zeros([2, families.LATENT], np.float32)).shape[0] == 2


def test_two_inputs(exported):
    z = GENERATOR.normal(size=(16, families.LATENT)).astype(np.float32)
    layer = zoo.as_layer(exported.path("as_vae"), "critic")
    found, expected = layer([X, z]), exported.loaded("as_vae").critic(X, z)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-6)


@pytest.fixture
def policy():
    """Sets the global policy; what was there comes back."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("name", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float64"])
def test_under_any_global_policy_it_computes_in_the_types_it_has(exported, policy, name):
    expected = exported.loaded("ehm").encoder(X)
    policy(name)
    layer = zoo.as_layer(exported.path("ehm"), "encoder", trainable=True)
    codes = layer(X)
    assert codes.dtype == "float32"
    assert {variable.dtype for variable in layer.variables} == {"float32"}
    np.testing.assert_allclose(codes, expected, rtol=1e-6, atol=1e-6)
    # Between layers of the policy's own.
    inputs = keras.Input(families.SHAPE)
    outputs = keras.layers.Dense(1, dtype="float32")(layer(keras.layers.Rescaling(0.5)(inputs)))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    before = values(layer.variables)
    model.fit(X, Y, epochs=1, verbose=0)
    assert all(moved(layer.trainable_variables, before))
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    np.testing.assert_allclose(again(X), expected, rtol=1e-6, atol=1e-6)
