"""zoo.train, zoo.restore and warm starts, on arrays that are given in memory."""

import json

import numpy as np
import pytest

import zoo
from tests.interface.faces import FACES, X, config, critic, equal
from tools import _subject
from zoo.config import ConfigError
from zoo.interface import running
from zoo.training.workdir import WorkdirError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run on the faces."""
    path = tmp_path_factory.mktemp("runs") / "faces"
    zoo.train(config(), path, data=FACES)
    return path


@pytest.fixture(scope="module")
def trained(folder):
    return zoo.train(config(), folder, data=FACES)


def test_a_trained_model_comes_back_with_its_data(trained, folder):
    assert (int(trained.step), trained.event_shape) == (20, (8, 6, 1))
    restored = zoo.restore(folder, data=FACES)
    assert restored.data.fingerprint == trained.data.fingerprint
    assert equal(restored.variables, trained.variables)
    slots = [
        [slot for optimizer in model.optimizer.optimizers for slot in optimizer.variables] for model in (restored, trained)
    ]
    assert equal(*slots)
    assert restored.evaluate(X, verbose=0) == trained.evaluate(X, verbose=0)


def test_a_run_on_data_in_memory_goes_on_with_the_same_data_only(folder, tmp_path):
    assert int(zoo.train(config(**{"training.steps": 10}), tmp_path, data=FACES).step) == 10
    with pytest.raises(WorkdirError, match="the data set arrays has changed since this run began"):
        zoo.train(config(), tmp_path, data=FACES[::-1])
    assert int(zoo.train(config(), tmp_path, data=FACES).step) == 20
    assert equal(zoo.restore(tmp_path).variables, zoo.restore(folder).variables)
    for other in (FACES[::-1], FACES[:, ::-1]):
        with pytest.raises(WorkdirError, match="was trained on other data than these"):
            zoo.restore(tmp_path, data=other)


def test_a_run_that_is_told_labels_knows_them(tmp_path):
    labels = np.arange(len(FACES)) % 3
    told = config(**{"model.condition": "label", "model.num_classes": 3, "training.steps": 10})
    zoo.train(told, tmp_path, data=(FACES, labels))
    with pytest.raises(WorkdirError, match="was trained on other data than these"):
        zoo.restore(tmp_path, data=(FACES, labels[::-1]))
    told.training.steps = 20
    with pytest.raises(WorkdirError, match="the data set arrays has changed since this run began"):
        zoo.train(told, tmp_path, data=(FACES, labels[::-1]))
    assert zoo.restore(tmp_path, data=(FACES, labels)).data.labels("train") is not None


def test_without_its_data_a_model_comes_back_all_the_same(folder, caplog):
    model = zoo.restore(folder)
    assert model.data is None
    assert "the model has no data: config.data.file: these data were given in memory" in caplog.text
    assert model.predict(X, verbose=0).shape == X.shape


@pytest.mark.slow
def test_data_that_a_config_names_come_back_by_themselves(tmp_path):
    np.save(tmp_path / "faces.npy", FACES)
    chosen = config(**{"data.name": "arrays", "data.file": str(tmp_path / "faces.npy")})
    model = zoo.train(chosen, tmp_path / "run")
    assert zoo.restore(tmp_path / "run").data.fingerprint == model.data.fingerprint == zoo.data.from_arrays(FACES).fingerprint


def test_data_that_have_changed_are_measured_by_no_run(tmp_path, caplog):
    """Another tenth of them would be held out, and most of it was trained on."""
    np.save(tmp_path / "faces.npy", FACES)
    zoo.train(config(**{"data.name": "arrays", "data.file": str(tmp_path / "faces.npy")}), tmp_path / "run")
    np.save(tmp_path / "faces.npy", np.concatenate([FACES, FACES]))
    with pytest.raises(WorkdirError, match=r"the data set arrays has changed since the run was trained"):
        _subject.load(str(tmp_path / "run"), None, None, None)
    assert zoo.restore(tmp_path / "run").data is None
    assert "the model has no data: " in caplog.text


def test_the_card_names_the_data_as_given(folder, trained):
    told = f"arrays (given in memory, fingerprint {trained.data.fingerprint}): 256 grey levels"
    assert told in (folder / "saved_model" / "README.md").read_text()


def test_data_are_refused_before_anything_is_written(tmp_path):
    for data in (np.full((9, 4), np.nan), np.array([[None]] * 9), FACES[:0]):
        with pytest.raises(ConfigError):
            zoo.train(config(), tmp_path / "run", data=data)
    with pytest.raises(ConfigError, match=r"dcgan takes images whose sides halve evenly.*found 9x6; .* would do"):
        zoo.train(config(**{"model.encoder": "dcgan"}), tmp_path / "run", data=np.zeros((40, 9, 6), np.uint8))
    assert not (tmp_path / "run").exists()


def test_a_run_that_starts_from_another_has_its_weights_and_new_slots(folder, trained, tmp_path):
    chosen = config(**{"training.start_from": str(folder), "training.steps": 1, "training.log_every": 1})
    chosen.training.steps_per_execution = 1
    for network in ("encoder", "decoder"):
        chosen.optimizers[network] = {"name": "SGD", "learning_rate": 1e-12}
    model = zoo.train(chosen, tmp_path / "next", data=FACES)
    for before, after in zip(trained.variables, model.variables, strict=True):
        np.testing.assert_allclose(before, after, atol=1e-6)
    assert int(model.step) == 1


@pytest.fixture(scope="module")
def sources(folder, trained, tmp_path_factory):
    """The same weights as a run, a .keras file, an export and an archive."""
    path = tmp_path_factory.mktemp("sources")
    trained.save(path / "faces.keras")
    zoo.export(trained, path / "faces")
    zoo.export(trained, path / "faces.tar.gz")
    return {"run": folder, "keras": path / "faces.keras", "export": path / "faces", "archive": path / "faces.tar.gz"}


@pytest.mark.parametrize("kind", ["run", "keras", "export", "archive"])
@pytest.mark.parametrize("networks", [(), ("decoder",)])
def test_weights_come_by_network(kind, networks, sources, trained):
    from zoo.interface import warm_start

    model = zoo.build(config(**{"training.seed": 3}), data=FACES)
    fresh = zoo.build(config(**{"training.seed": 3}), data=FACES)
    model.config.training.start_from, model.config.training.start_networks = str(sources[kind]), networks
    warm_start.start(model, model.config.training)
    assert equal(model.decoder.variables, trained.decoder.variables)
    assert equal(model.encoder.variables, (fresh if networks else trained).encoder.variables)


def test_averages_begin_at_the_weights_that_a_run_starts_from(folder, trained):
    from zoo.interface import warm_start

    model = zoo.build(config(**{"training.ema": 0.9, "training.start_from": str(folder)}), data=FACES)
    warm_start.start(model, model.config.training)
    with model.averaged():
        assert equal(model.decoder.variables, trained.decoder.variables)


def test_a_keras_file_gives_its_averages(tmp_path):
    from zoo.interface import warm_start

    source = zoo.build(config(**{"training.ema": 0.9}), data=FACES)
    source.fit(X, verbose=0)
    source.save(tmp_path / "faces.keras")
    model = zoo.build(config(**{"training.start_from": str(tmp_path / "faces.keras")}), data=FACES)
    warm_start.start(model, model.config.training)
    with source.averaged():
        assert equal(model.decoder.variables, source.decoder.variables)
    assert not equal(model.decoder.variables, source.decoder.variables)


WRONG_STARTS = {
    "nothing": ({"training.start_from": "nowhere"}, "start_from: .*nowhere"),
    "no network": ({"training.start_networks": ("critic",)}, "start_networks: 'critic' is not in both.*encoder, decoder"),
    "other shapes": ({"model.latent_size": 4}, "start_from: the network encoder of .* has other weights"),
}


@pytest.mark.parametrize("what", WRONG_STARTS)
def test_a_wrong_start_is_named_before_anything_is_written(what, folder, tmp_path):
    changes, reason = WRONG_STARTS[what]
    with pytest.raises(ConfigError, match=rf"^config\.training\.{reason}") as refused:
        zoo.train(config(**{"training.start_from": str(folder)} | changes), tmp_path / "run", data=FACES)
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_dry_run_looks_at_the_weights_that_the_run_would_start_from(tmp_path):
    digits = zoo.start_from("ehm_digits", {"training.steps": 1, "training.validate_every": 0})
    zoo.train(digits, tmp_path)
    assert "parameters of encoder" in running.described(zoo.start_from("ehm_digits", {"training.start_from": str(tmp_path)}))
    others = zoo.start_from("ehm_digits", {"training.start_from": str(tmp_path), "model.latent_size": 4})
    with pytest.raises(ConfigError, match=r"start_from: the network encoder of .* has other weights"):
        running.described(others)


def test_an_ehm_starts_from_the_networks_of_a_vae(folder, trained):
    from zoo.interface import warm_start

    model = zoo.build(config("ehm_digits", **critic(), **{"training.start_from": str(folder)}), data=FACES)
    critics = [variable.numpy() for variable in model.approximators["log_q_x"].variables]
    warm_start.start(model, model.config.training)
    assert equal(model.encoder.variables, trained.encoder.variables)
    for before, after in zip(critics, model.approximators["log_q_x"].variables, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.slow
def test_a_run_that_goes_on_does_not_start_again(folder, tmp_path):
    chosen = config(**{"training.start_from": str(folder), "training.steps": 10})
    zoo.train(chosen, tmp_path, data=FACES)
    whole = zoo.train(config(**{"training.start_from": str(folder)}), tmp_path / "whole", data=FACES)
    longer = zoo.train(config(**{"training.start_from": str(folder)}), tmp_path, data=FACES)
    assert equal(longer.variables, whole.variables)
    assert json.loads((tmp_path / "finished.json").read_text())["step"] == 20
