"""What zoo.load says about what is no model."""

import shutil

import pytest

import zoo
from tests.export import families
from zoo.export import export


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "model"
    export(families.build("gan"), path)
    return path


def test_a_model_is_loaded_from_a_string_too(exported):
    loaded = zoo.load(str(exported))
    assert loaded.sample(2).shape == (2, *families.SHAPE)


def test_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        zoo.load(tmp_path / "model")


def test_a_file(exported):
    with pytest.raises(ValueError, match="is a file; give the folder"):
        zoo.load(exported / "saved_model.pb")


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(ValueError, match=r"holds no saved_model\.pb; give a folder that"):
        zoo.load(tmp_path)


def test_a_training_run(exported, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"it is a training run: python -m tools.export --workdir"):
        zoo.load(tmp_path)
    shutil.copytree(exported, tmp_path / "saved_model")
    with pytest.raises(ValueError, match=f"whose model is {tmp_path / 'saved_model'}"):
        zoo.load(tmp_path)


def _garble(path):
    path.write_bytes(b"\xff" * 100)


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("saved_model.pb", _garble),
        ("saved_model.pb", _truncate),
        ("variables/variables.index", _garble),
        ("variables/variables.index", lambda path: path.unlink()),
        ("variables/variables.data-00000-of-00001", _truncate),
        ("variables/variables.data-00000-of-00001", _flip),
    ],
)
def test_a_damaged_model(exported, tmp_path, file, damage):
    copy = tmp_path / "model"
    shutil.copytree(exported, copy)
    damage(copy / file)
    with pytest.raises(ValueError, match=r"is a damaged SavedModel: .") as caught:
        zoo.load(copy)
    assert "\n" not in str(caught.value)
