"""What zoo.load gives, and what it says about what is no model, a damaged one, or one that changes under its hands."""

import json
import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.export import families
from zoo.export import UnsafeModelError, handles, manifest

X = np.random.default_rng(0).uniform(size=(3, *families.SHAPE)).astype(np.float32)


@pytest.fixture
def copy(exported, tmp_path):
    """An exported model that may be changed."""
    return shutil.copytree(exported.path("ehm"), tmp_path / "model")


def test_a_model_is_loaded_from_a_string_too(exported):
    loaded = zoo.load(str(exported.path("gan")))
    assert loaded.sample(2).shape == (2, *families.SHAPE)


def test_an_endpoint_keeps_its_model_alive(exported):
    """tf.saved_model.load's do not: their weights are gone once nobody holds the root."""
    encoded = zoo.load(exported.path("ehm")).encode(X)
    np.testing.assert_array_equal(zoo.load(exported.path("ehm")).encoder(X), encoded["loc"])
    signature = zoo.load(exported.path("ehm")).signatures["critic"]
    np.testing.assert_array_equal(signature(x=tf.constant(X))["output_0"], zoo.load(exported.path("ehm")).critic(X))
    with pytest.raises(AssertionError, match="variables which have been deleted"):
        tf.saved_model.load(str(exported.path("ehm"))).encode(X)


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        zoo.load(tmp_path / "model")


def test_a_file(exported):
    with pytest.raises(ValueError, match="is a file; give the folder"):
        zoo.load(exported.path("ehm") / "saved_model.pb")


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.pkl", "model.PICKLE", "weights.pt", "model.joblib"])
def test_formats_that_are_programs(tmp_path, name):
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(ValueError, match="files are not loaded: reading one can run any program"):
        zoo.load(tmp_path / name, allow_untrusted=True)


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(ValueError, match=r"holds no saved_model\.pb; give a folder that"):
        zoo.load(tmp_path)


def test_a_training_run(exported, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"it is a training run: python -m tools.export --workdir"):
        zoo.load(tmp_path)
    shutil.copytree(exported.path("ehm"), tmp_path / "saved_model")
    with pytest.raises(ValueError, match=f"whose model is {tmp_path / 'saved_model'}"):
        zoo.load(tmp_path)


def _garble(path):
    path.write_bytes(b"\xff" * 100)


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-10])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


FILES = [
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "README.md",
    "fingerprint.pb",
]


@pytest.mark.parametrize("allow_untrusted", [False, True])
@pytest.mark.parametrize("damage", [_garble, _truncate, _flip, os.unlink])
@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_not_the_manifests(copy, file, damage, allow_untrusted):
    """Also of a model that is trusted: it is damaged."""
    damage(copy / file)
    with pytest.raises(ValueError, match=r"is a damaged model: |is no SavedModel") as caught:
        zoo.load(copy, allow_untrusted=allow_untrusted)
    assert file in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_the_manifest_does_not_list(copy):
    (copy / "variables" / "more").write_text("")
    with pytest.raises(ValueError, match=r"variables/more is not in manifest\.json"):
        zoo.load(copy)


def test_a_link_or_a_pipe_is_no_file_of_a_model(copy, tmp_path):
    (copy / "samples.png").rename(tmp_path / "elsewhere.png")
    (copy / "samples.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(ValueError, match=r"samples.png is a link"):
        zoo.load(copy)
    (copy / "samples.png").unlink()
    os.mkfifo(copy / "samples.png")
    with pytest.raises(ValueError, match=r"samples.png is no plain file"):
        zoo.load(copy)


def test_a_link_to_a_folder_is_no_part_of_a_model_but_may_lead_to_one(copy, tmp_path):
    (tmp_path / "link").symlink_to(copy)
    np.testing.assert_array_equal(zoo.load(tmp_path / "link").encoder(X), zoo.load(copy).encoder(X))
    (tmp_path / "elsewhere").mkdir()
    (copy / "more").symlink_to(tmp_path / "elsewhere")
    assert "more" in manifest.files(copy)
    with pytest.raises(ValueError, match=r"more is a link; a model consists of plain files"):
        zoo.load(copy)


@pytest.mark.parametrize("other", ["saved_model.pbtxt", "saved_model.cpb"])
def test_a_second_program(copy, other):
    """Listed in the manifest, so that nothing else speaks against it."""
    (copy / other).write_text("anything")
    manifest.write(copy)
    with pytest.raises(UnsafeModelError, match="a second program"):
        zoo.load(copy)


def test_without_a_manifest_only_on_request(copy):
    (copy / manifest.NAME).unlink()
    with pytest.raises(UnsafeModelError, match="allow_untrusted=True loads it all the same"):
        zoo.load(copy)
    assert zoo.load(copy, allow_untrusted=True).sample(2).shape == (2, *families.SHAPE)


def test_damage_that_tensorflow_finds(copy):
    """A manifest of damaged files: whoever made the model did so."""
    _flip(copy / "variables" / "variables.index")
    manifest.write(copy)
    with pytest.raises(ValueError, match=r"is a damaged SavedModel: .") as caught:
        zoo.load(copy)
    assert "\n" not in str(caught.value)


def test_what_was_checked_is_what_is_loaded(copy, monkeypatch):
    """The files are exchanged as soon as they were checked; what is loaded are those from before."""
    real = tf.saved_model.load

    def exchange_and_load(folder):
        for name in FILES:
            _garble(copy / name)
        assert not str(folder).startswith(str(copy))
        assert os.stat(folder).st_mode & 0o077 == 0
        return real(folder)

    monkeypatch.setattr(tf.saved_model, "load", exchange_and_load)
    assert zoo.load(copy).sample(2).shape == (2, *families.SHAPE)


def test_the_private_copy_is_removed(exported, monkeypatch, tmp_path):
    monkeypatch.setattr(handles.tempfile, "tempdir", str(tmp_path))
    loaded = zoo.load(exported.path("ehm"))
    assert list(tmp_path.iterdir()) == []
    assert loaded.encode(X)["loc"].shape == (3, families.LATENT)


def test_the_manifest_lists_every_file(exported):
    folder = exported.path("ehm")
    listed = json.loads((folder / manifest.NAME).read_text())["files"]
    assert set(listed) == set(manifest.files(folder)) - {manifest.NAME} >= set(FILES) | {"samples.png"}
    assert manifest.files(folder)
