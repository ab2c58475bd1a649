"""bfloat16 inside the networks, float32 at their ends and in everything that is kept."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo.config import ConfigError

IMAGES = (16, 16, 1)
NETWORKS = {
    "mlp": (tiny.VECTOR, tiny.network("mlp", hidden_sizes=(8, 8))),
    "dcgan": (IMAGES, tiny.network("dcgan", normalization="batch")),
    "resnet": (IMAGES, tiny.network("resnet", normalization="layer")),
}


def build(network="mlp", objective="extended_helmholtz", **training):
    shape, section = NETWORKS[network]
    critic = {"name": "wasserstein", "network": section, "constraint": "clip"}
    parts = {"encoder": section, "decoder": section, "approximators": {"log_q_x": critic}, "event_shape": shape}
    return tiny.build(objective, training={"precision": "bfloat16"} | training, **parts)


def batches(model, count=4):
    x = np.random.default_rng(0).normal(size=(count * 8, *model.event_shape)).astype("float32")
    return tf.data.Dataset.from_tensor_slices(x).batch(8)


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_and_heads_are_float32_and_hidden_layers_bfloat16(network):
    model = build(network)
    held = [*model.variables, *(v for chosen in model.training_step.optimizers.values() for v in chosen.variables)]
    assert {variable.dtype for variable in held if "float" in variable.dtype} == {"float32"}
    for part in (model.encoder, model.decoder, model.approximators["log_q_x"].network):
        *hidden, head = [layer for layer in part.layers if layer.weights]
        assert {layer.compute_dtype for layer in hidden} == {"bfloat16"}
        assert head.compute_dtype == "float32"
        x = tf.zeros([2, *part.input_shape[1:]])
        assert part(x).dtype == tf.float32
        assert hidden[0](tf.cast(x, "float32") if len(x.shape) > 2 or network == "mlp" else x).dtype == tf.bfloat16


@pytest.mark.parametrize("jit_compile", ["off", pytest.param("on", marks=pytest.mark.slow)])
def test_it_trains_close_to_float32(jit_compile):
    """bfloat16 rounds to 2^-9: the losses of a few steps agree to a percent or so, and not to float32's last bits."""
    shown = {}
    for precision in ("bfloat16", "float32"):
        model = build(precision=precision, jit_compile=jit_compile, steps_per_execution=2)
        history = model.fit(batches(model), steps_per_epoch=4, verbose=0, shuffle=False).history
        shown[precision] = history["wake/loss"][0]
    assert shown["bfloat16"] == pytest.approx(shown["float32"], rel=0.03)
    assert shown["bfloat16"] != shown["float32"]


def test_kernels_that_are_divided_by_their_norm_are_refused():
    section = tiny.network("mlp", hidden_sizes=(8, 8), normalization="spectral")
    with pytest.raises(ConfigError, match="8 bits are too few for the norm of a kernel"):
        tiny.build("vae", training={"precision": "bfloat16"}, encoder=section)


def test_weights_of_another_type_are_refused(float64):
    with pytest.raises(ConfigError, match="goes with float32 weights, found float64"):
        build()
