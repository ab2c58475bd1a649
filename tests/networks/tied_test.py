"""Tied kernels: one weight with two uses, owned and trained by the encoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo.config import ConfigError
from zoo.export import export
from zoo.networks import dcgan

SHAPE = (16, 16, 1)
DCGAN = {"name": "dcgan", "width": 3}
TIED = DCGAN | {"tied": True}
X = np.random.default_rng(0).normal(size=(4, *SHAPE)).astype("float32")
Z = tf.constant(np.random.default_rng(1).normal(size=(4, tiny.LATENT)).astype("float32"))


def build(encoder=DCGAN, decoder=TIED, objective="vae", **options):
    return tiny.build(objective, event_shape=SHAPE, encoder=encoder, decoder=decoder, **options)


def kernels(network):
    return [variable for variable in network.trainable_variables if len(variable.shape) == 4]


def test_the_kernels_are_counted_once_as_the_encoders():
    model, free = build(), build(decoder=DCGAN)
    assert len(kernels(model.encoder)) == 2
    assert not kernels(model.decoder)
    shared = sum(np.prod(kernel.shape) for kernel in kernels(model.encoder))
    assert free.count_params() - model.count_params() == shared
    assert {v.path for v in model.networks().get("decoder", [])} == {
        v.path for v in model.decoder.trainable_variables + model.likelihood_family.trainable_variables
    }


def test_it_is_the_transposed_convolution_with_the_encoders_kernels():
    """The same network with its own kernels, set to those of the encoder, puts out the same."""
    model = build()
    free = dcgan.build((tiny.LATENT,), SHAPE, width=3)
    own = {4: iter(kernels(model.encoder)[::-1])}
    rest = iter(model.decoder.trainable_variables)
    for variable in free.trainable_variables:
        variable.assign(next(own[4] if len(variable.shape) == 4 else rest))
    np.testing.assert_allclose(model.decoder(Z), free(Z), rtol=1e-5, atol=1e-6)
    assert np.abs(free(Z)).max() > 1e-3


def test_each_transposed_layer_is_the_transpose_of_its_convolution():
    """<conv(x), y> = <x, conv transposed(y)>, without the biases."""
    model = build()
    convolution = next(layer for layer in model.encoder.layers if isinstance(layer, keras.layers.Conv2D))
    transposed = model.decoder.layers[-1]
    y = np.random.default_rng(2).normal(size=(4, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(tf.reduce_sum(convolution(X) * y), tf.reduce_sum(X * transposed(y)), rtol=1e-4)


def test_the_decoder_changes_with_the_encoders_kernels():
    model = build()
    before = model.generate(Z)
    for kernel in kernels(model.encoder):
        kernel.assign(2 * kernel)
    assert np.abs(model.generate(Z) - before).max() > 1e-3


def test_the_gradient_reaches_the_kernels_from_both_uses():
    """Of the wake loss it is the sum of the two: with the encoder's use held fixed, and with the decoder's."""
    model = build()
    variables = [kernel.value for kernel in kernels(model.encoder)]

    def gradients(encoder, decoder):
        with tf.GradientTape() as tape:
            loc, _ = tf.split(model.encoder(X), 2, axis=-1)
            code = loc if encoder else tf.stop_gradient(loc)
            outputs = model.decoder(code)
            if not decoder:  # the decoder as a function of its input alone
                with tape.stop_recording(), tf.GradientTape() as inner:
                    inner.watch(code)
                    outputs = model.decoder(code)
                    loss = tf.reduce_sum(tf.square(outputs))
                    slope = inner.gradient(loss, code)
                loss = tf.reduce_sum(slope * code)
            else:
                loss = tf.reduce_sum(tf.square(outputs))
        return tape.gradient(loss, variables)

    both, by_encoder, by_decoder = gradients(True, True), gradients(True, False), gradients(False, True)
    for total, one, other in zip(both, by_encoder, by_decoder, strict=True):
        np.testing.assert_allclose(total, one + other, rtol=1e-3, atol=1e-4)
        assert min(np.abs(one).max(), np.abs(other).max()) > 1e-3


@pytest.mark.parametrize("normalization", ["batch", "layer", "none"])
def test_a_step_trains_it(normalization):
    """With normalizations in the decoder, and a weight-normalized encoder, whose normalized kernels are shared."""
    encoder = DCGAN | {"normalization": "weight"}
    model = build(encoder, TIED | {"normalization": normalization}, "symmetric_vae", optimizers=tiny.sgd())
    variables = model.networks().get("encoder", []) + model.networks().get("decoder", [])
    before = [variable.numpy() for variable in variables]
    model.train_step(tf.constant(X))
    assert all(np.abs(variable - old).max() > 0 for variable, old in zip(variables, before, strict=True))


def test_an_export_has_the_kernels_once(tmp_path):
    model = build()
    export(model, tmp_path / "model")
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    np.testing.assert_allclose(loaded.generate(Z), model.generate(Z), rtol=1e-5, atol=1e-6)
    shapes = [tuple(variable.shape) for variable in loaded.trainable_variables]
    assert sorted(shapes) == sorted(tuple(variable.shape) for variable in model.trainable_variables)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"encoder": DCGAN | {"width": 4}}, "a tied decoder mirrors its encoder: it needs one with kernels"),
        ({"encoder": tiny.MLP}, r"found \[\]; give the encoder the network dcgan"),
        ({"likelihood": {"name": "normal", "scale": "per_dimension"}}, "a scale that is fixed or global"),
        ({"encoder": TIED}, "found a network that goes down from an image"),
        ({"decoder": TIED | {"normalization": "spectral"}}, "found normalization spectral"),
    ],
    ids=str,
)
def test_refused(parts, message):
    with pytest.raises(ConfigError, match=message):
        build(**parts)


def test_a_model_without_encoder_has_no_kernels_to_tie():
    with pytest.raises(ConfigError, match="this model has none; set tied to False"):
        tiny.build("gan", event_shape=SHAPE, decoder=TIED)


def test_on_its_own_a_tied_decoder_has_no_kernels():
    with pytest.raises(ValueError, match="works only inside a model"):
        dcgan.build((3,), SHAPE, width=3, tied=True)(Z)
