"""The networks of an exported model: their own weights, in training or not; and the golden list of the contract."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests.export import families

GOLDEN = pathlib.Path(__file__).with_name("contract.json")
GENERATOR = np.random.default_rng(0)
X = GENERATOR.uniform(size=(5, *families.SHAPE)).astype(np.float32)
Z = GENERATOR.normal(size=(5, families.LATENT)).astype(np.float32)
# What each family's critic is a function of.
CRITIC_INPUTS = {"as_vae": (X, Z), "adversarial_autoencoder": (Z,)}
NETWORKS = [
    (family, network)
    for family in families.MODELS
    for network, endpoint in {"encoder": "encode", "decoder": "generate", "critic": "critic"}.items()
    if endpoint in families.ENDPOINTS[family]
]


def inputs(family, network):
    return {"encoder": (X,), "decoder": (Z,), "critic": CRITIC_INPUTS.get(family, (X,))}[network]


def owned(model, network):
    """The parts of a model that make up a network."""
    parts = {
        "encoder": (model.encoder, model.posterior_family),
        "decoder": (model.decoder, model.likelihood_family),
        "critic": tuple(model.approximators.values()),
    }
    return parts[network]


def spec(tensor):
    return [tensor.dtype.name, tensor.shape.as_list()]


def contract(loaded):
    """Names, shapes and dtypes of everything that a loaded model offers."""
    signatures = {
        name: {
            "inputs": {key: spec(value) for key, value in signature.structured_input_signature[1].items()},
            "outputs": {key: spec(value) for key, value in signature.structured_outputs.items()},
        }
        for name, signature in loaded.signatures.items()
    }
    networks = {
        name: [spec(variable) for variable in getattr(loaded, name).variables]
        for name in ("encoder", "decoder", "critic")
        if hasattr(loaded, name)
    }
    return {"signatures": signatures, "variables": [spec(variable) for variable in loaded.variables], "networks": networks}


@pytest.mark.parametrize("family", families.MODELS)
def test_names_shapes_and_dtypes_are_the_golden_ones(exported, family):
    """After a change of the contract that is meant: python -m tests.export.write_contract."""
    assert contract(exported.loaded(family)) == json.loads(GOLDEN.read_text())[family]


@pytest.mark.parametrize(("family", "network"), NETWORKS)
def test_a_network_has_its_own_weights(exported, family, network):
    model, found = exported.model(family), getattr(exported.loaded(family), network)
    for name in ("variables", "trainable_variables"):
        own = [variable for part in owned(model, network) for variable in getattr(part, name)]
        for one, other in zip(getattr(found, name), own, strict=True):
            np.testing.assert_array_equal(one, other)
    # They are those of the root, not copies.
    of_the_root = {id(variable) for variable in exported.loaded(family).variables}
    assert {id(variable) for variable in found.variables} <= of_the_root


@pytest.mark.parametrize(("family", "network"), NETWORKS)
def test_a_network_gives_what_its_endpoint_does(exported, family, network):
    loaded, given = exported.loaded(family), inputs(family, network)
    found = getattr(loaded, network)(*given)
    if network == "encoder":
        encoded = loaded.encode(*given)
        np.testing.assert_allclose(found, encoded.get("loc", encoded.get("probs", found)), rtol=1e-6, atol=1e-6)
    elif network == "decoder":
        np.testing.assert_allclose(found, loaded.generate(*given), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(loaded(*given), found, rtol=1e-6, atol=1e-6)
    else:
        named = {"x": X, "z": Z}
        signature = loaded.signatures["critic"]
        signed = signature(**{key: tf.constant(named[key]) for key in signature.structured_input_signature[1]})
        found = found if isinstance(found, dict) else {"output_0": found}
        assert found.keys() == signed.keys()
        for name, value in found.items():
            np.testing.assert_allclose(value, signed[name], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("network", ["encoder", "decoder", "critic"])
def test_in_training_batch_normalization_uses_the_batch_and_remembers_it(exported, network):
    loaded = exported.loaded("batch_normalized")
    found, given = getattr(loaded, network), inputs("batch_normalized", network)
    kept = [(variable, variable.numpy()) for variable in loaded.variables]
    statistics = {id(v) for v in found.variables} - {id(v) for v in found.trainable_variables}
    inference = found(*given)
    training = found(*given, training=True)
    assert np.abs(training - inference).max() > 1e-3
    moved = {id(variable) for variable, before in kept if not np.array_equal(variable, before)}
    assert moved == statistics
    assert moved
    for variable, before in kept:
        variable.assign(before)


@pytest.mark.parametrize(("family", "network"), [case for case in NETWORKS if case[0] in ("ehm", "as_vae", "batch_normalized")])
def test_a_network_can_be_trained_on(exported, family, network):
    found = getattr(exported.loaded(family), network)
    kept = [(variable, variable.numpy()) for variable in found.variables]
    with tf.GradientTape() as tape:
        values = tf.nest.flatten(found(*inputs(family, network), training=True))
        loss = tf.add_n([tf.reduce_mean(tf.square(value)) for value in values])
    gradients = tape.gradient(loss, list(found.trainable_variables))
    # A normal's scale is no part of its mean.
    reached = [(variable, g) for variable, g in zip(found.trainable_variables, gradients, strict=True) if g is not None]
    assert len(reached) >= len(gradients) - 1
    # A step along each gradient lowers the loss by its squared norm, to first order: the gradients are those of the function.
    squares = sum(float(tf.reduce_sum(g**2)) for _, g in reached)
    rate = 1e-4 * float(loss) / squares
    for variable, g in reached:
        variable.assign_sub(rate * g)
    after = [tf.reduce_mean(tf.square(v)) for v in tf.nest.flatten(found(*inputs(family, network), training=True))]
    assert float(loss - tf.add_n(after)) == pytest.approx(rate * squares, rel=0.1)
    for variable, before in kept:
        variable.assign(before)
