"""What others load an exported model with: TensorFlow, its command line, TF Hub for Keras 2, Keras 3, tf.distribute."""

import contextlib
import io
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl.testing import flagsaver

import zoo
from tests.export import families
from zoo.export import load

GENERATOR = np.random.default_rng(0)
X = GENERATOR.uniform(size=(6, *families.SHAPE)).astype(np.float32)
Z = GENERATOR.normal(size=(6, families.LATENT)).astype(np.float32)
Y = X.mean((1, 2, 3))


def test_tensorflow(exported):
    loaded = tf.saved_model.load(str(exported.path("ehm")))
    np.testing.assert_array_equal(loaded.encode(X, seed=3)["sample"], exported.loaded("ehm").encode(X, seed=3)["sample"])


@pytest.fixture(scope="module")
def hub():
    return pytest.importorskip("tensorflow_hub", reason="needs tensorflow-hub and setuptools<82")


def test_tensorflow_hub(exported, hub):
    for handle in (str(exported.path("ehm")), exported.path("ehm").as_uri()):
        loaded = hub.load(handle)
        np.testing.assert_array_equal(loaded.generate(Z), exported.loaded("ehm").generate(Z))


def test_hubs_layer_for_keras_2(exported, hub):
    """Trained with Adam; the root is the decoder, which takes `training`."""
    tf_keras = pytest.importorskip("tf_keras")
    layer = hub.KerasLayer(str(exported.path("ehm")), trainable=True)
    assert len(layer.trainable_weights) == len(exported.model("ehm").trainable_variables)
    np.testing.assert_allclose(layer(Z), exported.loaded("ehm")(Z), rtol=1e-6, atol=1e-6)
    model = tf_keras.Sequential([layer, tf_keras.layers.Flatten(), tf_keras.layers.Dense(1)])
    model.compile("adam", "mse")
    before = [weight.numpy() for weight in layer.trainable_weights]
    model.fit(Z, Y, epochs=1, verbose=0)
    assert any(np.abs(weight - old).max() > 0 for weight, old in zip(layer.trainable_weights, before, strict=True))


def test_hubs_layer_of_a_sub_object_and_of_a_signature(exported, hub):
    loaded = hub.load(str(exported.path("ehm")))
    layer = hub.KerasLayer(loaded.encoder, trainable=True)
    assert len(layer.trainable_weights) == 4
    np.testing.assert_allclose(layer(X, training=True), exported.loaded("ehm").encoder(X), rtol=1e-6, atol=1e-6)
    signature = hub.KerasLayer(str(exported.path("ehm")), signature="critic", signature_outputs_as_dict=True)
    np.testing.assert_allclose(signature({"x": X})["output_0"], loaded.critic(X), rtol=1e-6)


def through_keras_3(exported, optimizer):
    """A regression through the encoder as a TFSMLayer, trained."""
    layer = keras.layers.TFSMLayer(str(exported.path("ehm")), call_endpoint="encode")
    inputs = keras.Input(families.SHAPE)
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)["loc"]))
    model.compile(optimizer, "mse", jit_compile=False)
    before = [variable.numpy() for variable in layer.trainable_variables]
    first = model.evaluate(X, Y, verbose=0)
    model.fit(X, Y, epochs=5, verbose=0)
    assert model.evaluate(X, Y, verbose=0) < first
    return layer, before


def test_keras_3_trains_it_with_plain_gradient_descent(exported):
    layer, before = through_keras_3(exported, keras.optimizers.SGD(0.05))
    assert any(np.abs(variable - old).max() > 0 for variable, old in zip(layer.trainable_variables, before, strict=True))


@pytest.mark.parametrize("optimizer", [keras.optimizers.Adam, lambda rate: keras.optimizers.SGD(rate, momentum=0.9)])
def test_keras_3_with_state_in_the_optimizer_needs_as_layer(exported, optimizer):
    """The limit of TFSMLayer that zoo.as_layer is there for; when this fails, TFSMLayer has become enough."""
    with pytest.raises(Exception, match="name"):
        through_keras_3(exported, optimizer(0.01))


def test_under_a_strategy(exported):
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        loaded = load(exported.path("ehm"))
    found = strategy.run(lambda: loaded.critic(tf.constant(X)))
    np.testing.assert_allclose(found, exported.loaded("ehm").critic(X), rtol=1e-6, atol=1e-6)


REPLICAS = """
import sys
import numpy as np
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
import zoo
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    loaded = zoo.load(sys.argv[1])
assert len(loaded.encoder.variables[0].values) == 2, loaded.encoder.variables[0]
x = np.load(sys.argv[2])
parts = strategy.run(lambda: loaded.encoder(tf.constant(x)))
for part in strategy.experimental_local_results(parts):
    np.testing.assert_allclose(part, np.load(sys.argv[3]), rtol=1e-6, atol=1e-6)
"""


@pytest.mark.slow  # a process of its own, for two logical devices
def test_under_two_replicas(exported, tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "codes.npy", exported.loaded("ehm").encoder(X))
    arguments = [str(exported.path("ehm")), str(tmp_path / "x.npy"), str(tmp_path / "codes.npy")]
    subprocess.run([sys.executable, "-c", REPLICAS, *arguments], check=True)


def saved_model_cli(*arguments):
    """What the command line that comes with TensorFlow prints, run in this process."""
    from tensorflow.python.tools import saved_model_cli as program

    printed = io.StringIO()
    with flagsaver.flagsaver(), contextlib.redirect_stdout(printed):
        program.create_parser().parse_args(list(arguments)).func()
    return printed.getvalue()


@pytest.mark.parametrize("family", ["ehm", pytest.param("as_vae", marks=pytest.mark.slow)])
def test_the_command_line_runs_every_signature(exported, family, tmp_path):
    """TF Serving's conventions: the tag `serve`, named tensors, serving_default."""
    path, loaded = str(exported.path(family)), exported.loaded(family)
    shown = saved_model_cli("show", "--dir", path, "--tag_set", "serve")
    inputs = {"x": X, "z": Z, "num_samples": np.int32(6), "seed": np.int32(3)}
    np.savez(tmp_path / "inputs.npz", **inputs)
    for name, signature in loaded.signatures.items():
        assert f'SignatureDef key: "{name}"' in shown
        given = {key: tf.constant(inputs[key]) for key in signature.structured_input_signature[1]}
        named = ";".join(f"{key}={tmp_path / 'inputs.npz'}[{key}]" for key in given)
        out = tmp_path / name
        run = ("run", "--dir", path, "--tag_set", "serve", "--signature_def", name, "--inputs", named)
        saved_model_cli(*run, "--outdir", str(out), "--overwrite")
        for output, value in signature(**given).items():
            np.testing.assert_allclose(np.load(out / f"{output}.npy"), value, rtol=1e-5, atol=1e-5)


def test_zoo(exported):
    assert set(zoo.load(exported.path("ehm")).signatures) == families.ENDPOINTS["ehm"] | {"serving_default"}
