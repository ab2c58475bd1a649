"""What an export may take the place of: with a model that is one small file, so that every case is tried."""

import pathlib
import tarfile
import types

import pytest

from zoo.export import saved_model

MODEL = types.SimpleNamespace(energy=None)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    def write(model, folder, about):
        folder.mkdir()
        (folder / "saved_model.pb").write_text("newer")

    monkeypatch.setattr(saved_model, "_write", write)
    monkeypatch.setattr(saved_model.card, "about_model", lambda name, model: None)
    monkeypatch.setattr(saved_model.endpoints, "names", lambda model: ("sample",))


def make(path, kind):
    """Something at a path."""
    if kind in ("model", "foreign folder", "empty folder"):
        path.mkdir()
    if kind == "model":
        (path / "saved_model.pb").write_text("older")
    elif kind == "foreign folder":
        (path / "thesis.txt").write_text("precious")
    elif kind == "file":
        path.write_text("precious")


def content(path):
    """What is in a model's folder or archive."""
    if path.is_dir():
        return {file.name: file.read_text() for file in path.iterdir()}
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read().decode() for member in archive.getmembers()}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("model", "nothing"),
        ("model", "model"),
        ("model", "empty folder"),
        ("model.tar.gz", "nothing"),
        ("model.tar.gz", "file"),
    ],
)
def test_the_new_model_takes_the_place_of_what_it_may_replace(name, kind, tmp_path):
    path = tmp_path / name
    make(path, kind)
    if kind != "nothing":
        with pytest.raises(FileExistsError, match="exists already; choose another path, or allow to overwrite it"):
            saved_model.export(MODEL, path)
    assert saved_model.export(MODEL, path, overwrite=True) == ("sample",)
    assert content(path) == {"saved_model.pb": "newer"}
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "kind"), [("model", "file"), ("model", "foreign folder"), ("model.tar.gz", "foreign folder")])
def test_nothing_else_is_replaced(name, kind, tmp_path):
    path = tmp_path / name
    make(path, kind)
    with pytest.raises(FileExistsError, match="is no SavedModel, so it is not overwritten"):
        saved_model.export(MODEL, path, overwrite=True)
    kept = path if path.is_file() else path / "thesis.txt"
    assert kept.read_text() == "precious"
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_was_there_comes_back_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    make(tmp_path / "model", "model")
    rename = saved_model.os.rename

    def refused(source, target):
        if pathlib.Path(source).name == "new":
            raise OSError("disk full")
        rename(source, target)

    monkeypatch.setattr(saved_model.os, "rename", refused)
    for name, left in (("model", {"saved_model.pb": "older"}), ("other", None)):
        with pytest.raises(OSError, match="disk full"):
            saved_model.export(MODEL, tmp_path / name, overwrite=True)
        assert (tmp_path / name).exists() == (left is not None)
        assert left is None or content(tmp_path / name) == left
