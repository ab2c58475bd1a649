"""The tables of docs/keras.md: each method and callback of Keras works, or is refused in one line, as its row says."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.interface.faces import FACES, X, config, equal
from tests.repository import ROOT

ROWS = re.findall(r"^\| `(.+?)` \| (works|refused) \|", (ROOT / "docs/keras.md").read_text(), re.MULTILINE)
BATCHES = tf.data.Dataset.from_tensor_slices(X).batch(3, drop_remainder=True)
UNTESTED = {"Callback", "CallbackList", "OrbaxCheckpoint"}  # two that are none by themselves, and one of a package of its own
CALLBACKS = {
    "BackupAndRestore": lambda path: keras.callbacks.BackupAndRestore(path),
    "CSVLogger": lambda path: keras.callbacks.CSVLogger(path / "log.csv"),
    "EarlyStopping": lambda path: keras.callbacks.EarlyStopping("val_negative_elbo"),
    "History": lambda path: keras.callbacks.History(),
    "LambdaCallback": lambda path: keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None),
    "LearningRateScheduler": lambda path: keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
    "ModelCheckpoint": lambda path: keras.callbacks.ModelCheckpoint(path / "m.keras"),
    "ProgbarLogger": lambda path: keras.callbacks.ProgbarLogger(),
    "ReduceLROnPlateau": lambda path: keras.callbacks.ReduceLROnPlateau("val_negative_elbo"),
    "RemoteMonitor": lambda path: keras.callbacks.RemoteMonitor("http://127.0.0.1:9"),  # nobody listens: a warning
    "SwapEMAWeights": lambda path: keras.callbacks.SwapEMAWeights(),
    "TensorBoard": lambda path: keras.callbacks.TensorBoard(path),
    "TerminateOnNaN": lambda path: keras.callbacks.TerminateOnNaN(),
}


@pytest.fixture
def model():
    return zoo.build(config(), data=FACES)


def _loaded(model, path):
    model.save(path / "m.keras")
    assert equal(keras.models.load_model(path / "m.keras").variables, model.variables)


def _weights(model, path):
    model.save_weights(path / "m.weights.h5")
    copy = keras.models.clone_model(model)
    copy.load_weights(path / "m.weights.h5")
    assert equal(copy.variables, model.variables)


def _set_weights(model, path):
    model.set_weights([0 * weight + 1 for weight in model.get_weights()])
    assert all(np.all(weight == 1) for weight in model.get_weights())


def _frozen(model, path):
    before = [variable.numpy() for variable in model.encoder.variables]
    model.encoder.trainable = False
    model.fit(BATCHES, verbose=0)
    assert equal([tf.Variable(value) for value in before], model.encoder.variables)


def _json(model, path):
    assert keras.models.model_from_json(model.to_json()).config.to_dict() == model.config.to_dict()


def _summary(model, path):
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    assert all(name in "".join(lines) for name in ("encoder", "decoder", "prior"))


def _export(model, path):
    model.export(path / "m")
    assert (path / "m" / "saved_model.pb").is_file()


METHODS = {
    "fit": lambda model, path: model.fit(X, verbose=0),
    "fit(sample_weight=)": lambda model, path: model.fit(X, sample_weight=np.ones(len(X)), verbose=0),
    "fit(class_weight=)": lambda model, path: model.fit(X, X, class_weight={0: 1.0}, verbose=0),
    "fit(validation_split=)": lambda model, path: model.fit(X, validation_split=0.5, verbose=0).history["val_negative_elbo"],
    "evaluate": lambda model, path: model.evaluate(X, verbose=0, return_dict=True)["negative_elbo"],
    "predict": lambda model, path: np.testing.assert_array_equal(model.predict(X, verbose=0).shape, X.shape),
    "train_on_batch": lambda model, path: model.train_on_batch(X[:3], return_dict=True)["wake/loss"],
    "test_on_batch": lambda model, path: model.test_on_batch(X[:3], return_dict=True)["negative_elbo"],
    "predict_on_batch": lambda model, path: np.testing.assert_array_equal(model.predict_on_batch(X[:3]).shape, X[:3].shape),
    "compile(optimizer)": lambda model, path: model.compile("sgd"),
    "compile(loss=)": lambda model, path: model.compile(loss="mse"),
    "compile(metrics=)": lambda model, path: model.compile(metrics=["mse"]),
    "compute_loss": lambda model, path: model.compute_loss(X, X, X),
    "save": _loaded,
    'save("m.h5")': lambda model, path: model.save(path / "m.h5"),
    "keras.models.load_model": _loaded,
    "keras.models.clone_model": lambda model, path: keras.models.clone_model(model),
    "to_json": _json,
    "save_weights": _weights,
    "load_weights": _weights,
    "get_weights": _set_weights,
    "set_weights": _set_weights,
    "export": _export,
    'export(format="onnx")': lambda model, path: model.export(path / "m", format="onnx"),
    "quantize": lambda model, path: model.quantize("int8"),
    "summary": _summary,
    "get_layer": lambda model, path: model.get_layer("encoder").name,
    "count_params": lambda model, path: model.count_params(),
    "trainable": _frozen,
}


def test_every_callback_and_every_method_that_is_tested_has_a_row():
    callbacks = {name for name in dir(keras.callbacks) if name[0].isupper()} - UNTESTED
    assert {name for name, _ in ROWS} == callbacks | METHODS.keys()
    assert CALLBACKS.keys() == callbacks


@pytest.mark.parametrize(("name", "verdict"), ROWS)
def test_a_row_says_what_happens(name, verdict, model, tmp_path):
    def act():
        if name in METHODS:
            return METHODS[name](model, tmp_path)
        callback = CALLBACKS[name](tmp_path)
        return model.fit(BATCHES, validation_data=BATCHES, epochs=2, verbose=0, callbacks=[callback])

    if verdict == "works":
        act()
        return
    with pytest.raises(ValueError, match=r"\w") as refused:
        act()
    assert "\n" not in str(refused.value)
    assert int(model.step) == 0
