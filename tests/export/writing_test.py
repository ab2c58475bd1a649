"""Writing a SavedModel: whole or not at all, over nothing that is not meant."""

import os

import pytest
import tensorflow as tf

from tests.export import families
from zoo.export import export


@pytest.fixture(scope="module")
def model():
    return families.build("gan")


@pytest.fixture
def existing(tmp_path):
    """A folder that counts as a SavedModel."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_text("older")
    return tmp_path / "model"


def entries(folder):
    """Everything below a folder, hidden or not."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_new_folder_and_its_parents_are_made(model, tmp_path):
    export(model, tmp_path / "runs" / "first" / "model")
    assert entries(tmp_path / "runs")[:1] == ["first"]
    assert {"fingerprint.pb", "saved_model.pb", "variables"} <= set(os.listdir(tmp_path / "runs" / "first" / "model"))
    assert os.listdir(tmp_path / "runs" / "first") == ["model"]


def test_what_is_there_is_kept_unless_told_otherwise(model, existing):
    with pytest.raises(FileExistsError, match="exists already"):
        export(model, existing)
    assert entries(existing) == ["saved_model.pb"]
    (existing / "assets").mkdir()
    export(model, existing, overwrite=True)
    assert (existing / "saved_model.pb").stat().st_size > 1000
    assert os.listdir(existing.parent) == ["model"]


def test_overwriting_replaces_where_a_link_points_to(model, existing, tmp_path):
    (tmp_path / "link").symlink_to(existing)
    export(model, tmp_path / "link", overwrite=True)
    assert (existing / "saved_model.pb").stat().st_size > 1000
    assert sorted(os.listdir(tmp_path)) == ["link", "model"]


@pytest.mark.parametrize("kind", ["file", "foreign folder"])
def test_only_a_saved_model_is_ever_overwritten(model, tmp_path, kind):
    path = tmp_path / "model"
    if kind == "file":
        path.write_text("precious")
    else:
        path.mkdir()
        (path / "thesis.txt").write_text("precious")
    before = entries(tmp_path)
    with pytest.raises(FileExistsError, match="is no SavedModel"):
        export(model, path, overwrite=True)
    assert entries(tmp_path) == before


@pytest.fixture(params=["while saving", "while moving the new one into place"])
def failure(request, monkeypatch):
    """Something goes wrong half-way."""
    rename = os.rename

    def half_saved(root, path, **_):
        tf.io.gfile.makedirs(path)
        tf.io.gfile.GFile(f"{path}/saved_model.pb", "w").write("half")
        raise OSError("disk full")

    def refuse_new(source, target):
        if source.name == "new":
            raise OSError("disk full")
        rename(source, target)

    if request.param == "while saving":
        monkeypatch.setattr(tf.saved_model, "save", half_saved)
    else:
        monkeypatch.setattr(os, "rename", refuse_new)


@pytest.mark.usefixtures("failure")
def test_a_failure_leaves_what_was_there(model, existing):
    with pytest.raises(OSError, match="disk full"):
        export(model, existing, overwrite=True)
    assert entries(existing.parent) == ["model", "model/saved_model.pb"]
    assert (existing / "saved_model.pb").read_text() == "older"


@pytest.mark.usefixtures("failure")
def test_a_failure_leaves_nothing_where_nothing_was(model, tmp_path):
    with pytest.raises(OSError, match="disk full"):
        export(model, tmp_path / "model")
    assert entries(tmp_path) == []
