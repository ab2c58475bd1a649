"""Keras citizenship: files, copies, callbacks and what `fit` takes; each works, or is refused in one line."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.interface.faces import FACES, X, config, equal

BATCHES = tf.data.Dataset.from_tensor_slices(X).batch(3, drop_remainder=True)


def slots(model):
    return model.optimizer.variables


@pytest.fixture(scope="module")
def model():
    """Trained for six steps, with averaged weights."""
    made = zoo.build(config(**{"training.ema": 0.9}), data=FACES)
    made.fit(BATCHES, epochs=3, verbose=0)
    return made


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("keras") / "faces.keras"
    model.save(path)
    return path


def test_a_keras_file_brings_back_weights_step_slots_and_averages(model, file):
    loaded = zoo.load_model(file)
    assert isinstance(loaded, zoo.Model)
    assert int(loaded.step) == int(model.step) == 6
    assert equal(loaded.variables, model.variables)
    assert equal(slots(loaded), slots(model))
    assert equal([*map(tf.Variable, loaded.training_step.averages.values)], model.training_step.averages.values)
    assert loaded.preprocessing == model.preprocessing
    assert loaded.config.to_dict() == model.config.to_dict()


def test_batches_are_fitted_without_a_warning(file):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        zoo.load_model(file).fit(BATCHES, verbose=0)


def test_training_goes_on_from_a_keras_file_as_if_nothing_had_been(model, file):
    first, second = zoo.load_model(file), zoo.load_model(file)
    for each in (first, second):
        each.fit(BATCHES, verbose=0)
    clone = keras.models.clone_model(model)
    clone.fit(BATCHES, epochs=4, verbose=0)
    assert int(first.step) == int(clone.step) == 8
    assert equal(first.variables, second.variables)
    assert equal(first.variables, clone.variables)  # noise is a function of seed and step


def test_weights_and_step_come_back_into_a_copy(model, tmp_path):
    path = tmp_path / "faces.weights.h5"
    model.save_weights(path)
    copy = keras.models.clone_model(model)
    assert int(copy.step) == 0
    copy.load_weights(path)
    assert int(copy.step) == 6
    assert equal(copy.variables, model.variables)
    assert equal(slots(copy), slots(model))


def test_the_files_of_other_models_are_one_line(model, tmp_path):
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    other.save(tmp_path / "other.keras")
    other.save_weights(tmp_path / "other.weights.h5")
    (tmp_path / "none.keras").write_text("nothing")
    smaller = zoo.build(config(**{"model.latent_size": 2}), data=FACES)
    smaller.save_weights(tmp_path / "smaller.weights.h5")
    refused = {
        "holds .*Sequential|holds a model": lambda: zoo.load_model(tmp_path / "other.keras"),
        "is no .keras file": lambda: zoo.load_model(tmp_path / "none.keras"),
        "other.weights.h5 does not hold the weights of this model": lambda: model.load_weights(tmp_path / "other.weights.h5"),
        "smaller.weights.h5 does not hold": lambda: model.load_weights(tmp_path / "smaller.weights.h5"),
    }
    for reason, attempt in refused.items():
        with pytest.raises(ValueError, match=reason) as error:
            attempt()
        assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError):
        zoo.load_model(tmp_path / "nowhere.keras")


def test_a_model_made_by_hand_cannot_be_saved(model, tmp_path):
    by_hand = zoo.Model(model.model, model.training_step)
    with pytest.raises(ValueError, match="put together by hand"):
        by_hand.get_config()


def rates(model):
    return [float(optimizer.learning_rate) for optimizer in model.optimizer.optimizers]


def test_compile_gives_every_network_an_optimizer_of_its_own(model):
    copy = keras.models.clone_model(model)
    copy.compile("sgd")
    assert [type(each).__name__ for each in copy.optimizer.optimizers] == ["SGD", "SGD"]
    before = [variable.numpy() for variable in copy.variables]
    copy.fit(BATCHES, verbose=0)
    assert not all(np.array_equal(a, b.numpy()) for a, b in zip(before, copy.variables, strict=True))
    copy.compile({"encoder": keras.optimizers.Adam(0.25)})
    assert rates(copy) == [0.25, pytest.approx(0.01)]
    with pytest.raises(ValueError, match="several learning rates"):
        _ = copy.optimizer.learning_rate
    copy.optimizer.learning_rate = 0.125
    assert rates(copy) == [0.125, 0.125]
    assert copy.optimizer.learning_rate == 0.125
    assert rates(keras.models.clone_model(model)) == [pytest.approx(1e-3)] * 2


def test_an_update_by_compiled_sgd_is_rate_times_gradient():
    """Of two steps of plain descent from the same weights, the one of twice the rate goes twice as far."""
    moved = []
    for rate in (1e-3, 2e-3):
        model = zoo.build(config(), data=FACES)
        model.compile(keras.optimizers.SGD(rate))
        before = [variable.numpy() for variable in model.decoder.variables]
        model.fit(BATCHES.take(1), verbose=0)
        moved.append(np.concatenate([(b.numpy() - a).ravel() for a, b in zip(before, model.decoder.variables, strict=True)]))
    np.testing.assert_allclose(moved[1], 2 * moved[0], rtol=1e-2, atol=1e-6)
    assert np.abs(moved[0]).max() > 1e-4


def test_other_optimizers_survive_a_keras_file(model, tmp_path):
    copy = keras.models.clone_model(model)
    copy.compile({"encoder": keras.optimizers.SGD(0.5, momentum=0.25), "decoder": "rmsprop"})
    copy.fit(BATCHES, verbose=0)
    copy.save(tmp_path / "copy.keras")
    loaded = zoo.load_model(tmp_path / "copy.keras")
    assert [type(each).__name__ for each in loaded.optimizer.optimizers] == ["SGD", "RMSprop"]
    assert loaded.training_step.optimizers["encoder"].momentum == 0.25
    assert equal(slots(loaded), slots(copy))


WRONG_COMPILES = {
    "loss": (lambda: {"loss": "mse"}, "compile takes no loss: loss and metrics are the objective's"),
    "metrics": (lambda: {"metrics": ["accuracy"]}, "compile takes no metrics"),
    "no network": (lambda: {"optimizer": {"critic": "adam"}}, "no network 'critic'; choose from encoder, decoder"),
    "averages": (lambda: {"optimizer": keras.optimizers.Adam(use_ema=True)}, "use_ema has no place here; config.training.ema"),
    "several batches": (
        lambda: {"optimizer": keras.optimizers.Adam(gradient_accumulation_steps=2)},
        "gradient_accumulation_steps has no place here; config.training.micro_batches",
    ),
    "a scaled loss": (
        lambda: {"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())},
        "losses need no scaling",
    ),
    "no optimizer": (lambda: {"optimizer": "adamant"}, "compile: .*adamant"),
}


@pytest.mark.parametrize("what", WRONG_COMPILES)
def test_what_compile_does_not_take(what, model):
    options, reason = WRONG_COMPILES[what]
    with pytest.raises(ValueError, match=reason) as refused:
        model.compile(**options())
    assert "\n" not in str(refused.value)


def test_learning_rates_follow_schedules_and_plateaus_for_every_network(model):
    copy = keras.models.clone_model(model)
    copy.compile({"encoder": keras.optimizers.SGD(0.5), "decoder": keras.optimizers.SGD(0.25)})
    copy.fit(BATCHES, epochs=2, verbose=0, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)])
    assert rates(copy) == [0.125, 0.0625]
    copy.optimizer.learning_rate = 0.0
    copy.optimizer.learning_rate = 2.0**-20
    plateau = keras.callbacks.ReduceLROnPlateau("val_negative_elbo", factor=0.5, patience=0, min_delta=1e9)
    copy.fit(BATCHES, validation_data=BATCHES, epochs=3, verbose=0, callbacks=[plateau])
    assert rates(copy) == [2.0**-22] * 2  # the first epoch is the best there is, two are no better


def test_early_stopping_knows_that_less_is_better(model):
    copy = keras.models.clone_model(model)
    stop = keras.callbacks.EarlyStopping("val_negative_elbo", patience=1)
    history = copy.fit(BATCHES, validation_data=BATCHES, epochs=4, verbose=0, callbacks=[stop])
    costs = history.history["val_negative_elbo"]
    assert costs == sorted(costs, reverse=True)  # which falls, so that nothing stops it
    assert len(costs) == 4
    stop = keras.callbacks.EarlyStopping("val_negative_elbo", patience=1, min_delta=1e9)
    assert len(copy.fit(BATCHES, validation_data=BATCHES, epochs=4, verbose=0, callbacks=[stop]).epoch) == 2


WORKING = {
    "ModelCheckpoint": lambda path: keras.callbacks.ModelCheckpoint(path / "faces.keras"),
    "ModelCheckpoint of the best": lambda path: keras.callbacks.ModelCheckpoint(
        path / "faces.weights.h5", "val_negative_elbo", save_best_only=True, save_weights_only=True
    ),
    "BackupAndRestore": lambda path: keras.callbacks.BackupAndRestore(path),
    "CSVLogger": lambda path: keras.callbacks.CSVLogger(path / "log.csv"),
    "TensorBoard": lambda path: keras.callbacks.TensorBoard(path, histogram_freq=1),
    "LambdaCallback": lambda path: keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: (path / "called").write_text("")),
}


@pytest.mark.parametrize("what", WORKING)
def test_callbacks_that_work_leave_something(what, model, tmp_path):
    copy = keras.models.clone_model(model)
    copy.fit(BATCHES, validation_data=BATCHES, epochs=2, verbose=0, callbacks=[WORKING[what](tmp_path)])
    assert int(copy.step) == 4
    if what == "ModelCheckpoint":
        assert equal(zoo.load_model(tmp_path / "faces.keras").variables, copy.variables)
    elif what != "BackupAndRestore":  # which removes what it kept once training has ended
        assert list(tmp_path.iterdir())


REFUSED = {
    "SwapEMAWeights": (keras.callbacks.SwapEMAWeights, "has no place here: averaged weights are kept by config.training.ema"),
    "TerminateOnNaN": (keras.callbacks.TerminateOnNaN, "has no place here: an update that is not finite is skipped"),
    "val_loss": (keras.callbacks.EarlyStopping, "nothing shown is called 'val_loss'.*choose monitor= from .*val_negative_elbo"),
    "neither": (lambda: keras.callbacks.EarlyStopping("val_rate"), "neither better high nor low .* say mode="),
}


@pytest.mark.parametrize("what", REFUSED)
def test_callbacks_that_have_no_place_are_refused(what, model):
    make, reason = REFUSED[what]
    with pytest.raises(ValueError, match=reason):
        model.fit(BATCHES, validation_data=BATCHES, verbose=0, callbacks=[make()])
    assert int(model.step) == 6


def test_what_is_watched_in_a_validation_needs_one(model):
    with pytest.raises(ValueError, match="fit has no validation_data"):
        model.fit(BATCHES, verbose=0, callbacks=[keras.callbacks.EarlyStopping("val_negative_elbo")])


@pytest.mark.parametrize("network", ["encoder", "decoder"])
def test_a_network_is_frozen_and_thawed_at_any_time(network, model):
    copy = keras.models.clone_model(model)
    other = {"encoder": "decoder", "decoder": "encoder"}[network]
    moved = []
    for trainable in (True, False, True):
        getattr(copy, network).trainable = trainable
        before = {name: [v.numpy() for v in getattr(copy, name).variables] for name in (network, other)}
        shown = copy.fit(BATCHES, verbose=0).history[f"gradient_norm/{network}"]
        now = {name: getattr(copy, name).variables for name in (network, other)}
        moved.append({n: not all(np.array_equal(a, b) for a, b in zip(before[n], now[n], strict=True)) for n in now})
        assert (shown[0] > 0) == trainable
    assert moved == [{network: True, other: True}, {network: False, other: True}, {network: True, other: True}]


def test_a_single_layer_is_frozen(model):
    copy = keras.models.clone_model(model)
    first, last = [layer for layer in copy.encoder.layers if layer.weights]
    first.trainable = False
    before, after = first.kernel.numpy(), last.kernel.numpy()
    copy.fit(BATCHES, verbose=0)
    np.testing.assert_array_equal(before, first.kernel)
    assert not np.array_equal(after, last.kernel)


GIVEN = {
    "numpy": lambda: X,
    "float64": lambda: X.astype("float64"),
    "grey levels": lambda: FACES[:7],
    "a dictionary with image": lambda: {"image": X, "label": np.arange(7)},
    "batches of it": lambda: tf.data.Dataset.from_tensor_slices({"image": FACES[:7], "label": np.arange(7)}).batch(7),
}


@pytest.mark.parametrize("what", GIVEN)
def test_what_is_given_gives_the_same(what, model):
    given, options = GIVEN[what](), {} if "batches" in what else {"batch_size": 7}
    wanted = model.evaluate(X, batch_size=7, verbose=0, return_dict=True)
    assert model.evaluate(given, **options, verbose=0, return_dict=True) == pytest.approx(wanted, rel=1e-4)
    np.testing.assert_allclose(model.predict(given, **options, verbose=0), model.predict(X, verbose=0), atol=1e-5)


def test_reconstructions_of_ordered_batches_have_no_padding(model):
    x = model.data.splits["test"].array
    found = model.predict(model.data.ordered_batches("test", 4), verbose=0)
    assert len(x) % 4
    np.testing.assert_allclose(found, model.predict(x, verbose=0), atol=1e-5)
    some = model.predict(model.data.ordered_batches("test", 4), steps=1, verbose=0)
    np.testing.assert_allclose(some, found[:4], atol=1e-5)


def test_data_without_end_need_a_number_of_steps(model):
    endless = BATCHES.repeat()
    for use, name in ((model.fit, "steps_per_epoch"), (model.evaluate, "steps"), (model.predict, "steps")):
        with pytest.raises(ValueError, match=f"the data have no end: say by {name}="):
            use(endless, verbose=0)
    with pytest.raises(ValueError, match="say by validation_steps="):
        model.fit(BATCHES, validation_data=endless, verbose=0)
    copy = keras.models.clone_model(model)
    copy.fit(endless, steps_per_epoch=3, validation_data=endless, validation_steps=1, verbose=0)
    assert int(copy.step) == 3


def test_data_without_an_example_are_refused(model):
    none, before = np.zeros([0, *model.event_shape], np.float32), int(model.step)
    for empty in (none, BATCHES.take(0), tf.data.Dataset.from_tensor_slices(none).batch(4)):
        for use in (model.fit, model.evaluate, model.predict, lambda x, verbose: model.fit(BATCHES, validation_data=x)):
            with pytest.raises(ValueError, match=r"^the data are empty: give one example at least$"):
                use(empty, verbose=0)
    assert int(model.step) == before


def test_layers_have_names_that_say_what_they_are(model):
    assert [layer.name for layer in model.layers] == ["encoder", "posterior", "decoder", "likelihood", "prior"]
    assert model.get_layer("decoder") is model.decoder
    lines = []
    model.summary(print_fn=lines.append)
    assert all(name in "\n".join(lines) for name in ("encoder", "posterior", "decoder", "likelihood", "prior"))
