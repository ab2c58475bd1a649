"""What an export may take the place of, and what it is made of: with a model that is one small file, so that all is tried."""

import pathlib
import tarfile
import types

import pytest
import tensorflow as tf

from zoo.export import saved_model

MODEL = types.SimpleNamespace(energy=None)
WRITE = saved_model._write


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
    if not path.name.endswith(".tar.gz"):
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


def test_a_machine_is_normalized_before_it_is_written_below_folders_that_are_made(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(saved_model.partition, "store", lambda machine: told.append(machine))
    for number in range(2):
        machine = types.SimpleNamespace(energy=types.SimpleNamespace(machine=number))
        saved_model.export(machine, tmp_path / "runs" / "first" / str(number))
    assert told == [0, 1]


def test_the_card_is_about_what_is_said_or_else_about_the_model_of_that_name(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(saved_model, "_write", lambda model, folder, about: told.append(about) or folder.mkdir())
    monkeypatch.setattr(saved_model.card, "about_model", lambda name, model: (name, model))
    saved_model.export(MODEL, tmp_path / "mine.tar.gz")
    saved_model.export(MODEL, tmp_path / "other", about="this")
    assert told == [("mine", MODEL), "this"]


@pytest.fixture
def told(monkeypatch):
    """What is asked of the parts of an export."""
    asked = []

    def save(root, folder, signatures):
        asked.append((root, signatures))
        tf.io.gfile.makedirs(folder)
        with tf.io.gfile.GFile(f"{folder}/saved_model.pb", "wb") as file:
            file.write(b"program")

    monkeypatch.setattr(tf.saved_model, "save", save)
    monkeypatch.setattr(saved_model.reusable, "root", lambda model: ("root", "signatures"))
    monkeypatch.setattr(saved_model.inspection, "check", asked.append)
    for name in ("facts", "card", "manifest"):
        monkeypatch.setattr(getattr(saved_model, name), "write", lambda *given, name=name: asked.append((name, *given)))
    return asked


def test_a_program_is_written_and_read_and_the_rest_beside_it_the_manifest_last(told, tmp_path):
    folder = tmp_path / "model"
    WRITE(MODEL, folder, "about")
    assert told[:2] == [("root", "signatures"), b"program"]
    assert told[2:] == [("facts", MODEL, folder), ("card", MODEL, folder, "about"), ("manifest", folder)]


def test_before_training_the_program_is_read_in_memory_and_nothing_is_left(told, monkeypatch):
    folders, save = [], saved_model._save
    monkeypatch.setattr(saved_model, "_save", lambda model, folder: folders.append(folder) or save(model, folder))
    saved_model.check_exportable(MODEL)
    assert told == [("root", "signatures"), b"program"]
    assert folders[0].startswith("ram://")
    assert not tf.io.gfile.exists(folders[0])

    def refused(model, folder):
        raise OSError("no memory")

    monkeypatch.setattr(saved_model, "_save", refused)
    with pytest.raises(OSError, match="no memory"):
        saved_model.check_exportable(MODEL)
