"""TensorFlow is handed paths in which no character is a pattern's."""

import os
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf

import zoo
from tests.export import families
from tests.repository import ROOT
from zoo import data, paths
from zoo.export import export
from zoo.training.workdir import Workdir


@pytest.mark.parametrize("name", ["plain", "lr=[0.1]", "a*b", "a?b", "back\\slash", "a{b,c} ~$'\""])
def test_the_other_name_is_of_the_same_folder_and_no_pattern(name, tmp_path):
    folder = tmp_path / name / "inside"
    folder.mkdir(parents=True)
    with paths.literal(folder) as other:
        assert not set("[]*?\\") & set(str(other))
        (other / "made").touch()
    assert [path.name for path in folder.iterdir()] == ["made"]
    assert (other == folder) == (not set("[]*?\\") & set(name))


def test_a_relative_path_may_have_a_parent_with_a_pattern(tmp_path, monkeypatch):
    (tmp_path / "[a]" / "inside").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "[a]")
    with paths.literal("inside") as other:
        assert not set("[]") & set(str(other.absolute()))


def test_no_folder_stays_open(tmp_path):
    (tmp_path / "[a]").mkdir()
    before = os.listdir(paths.OPENED)
    with pytest.raises(KeyboardInterrupt), paths.literal(tmp_path / "[a]"):
        raise KeyboardInterrupt
    assert os.listdir(paths.OPENED) == before


ODD = {"not UTF-8": os.fsdecode(b"a\xe9"), "a line break": "a\nb", "a line break at the end": "a\u2028"}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_a_path_that_is_no_text_of_one_line_is_refused_before_anything_is_written(name, tmp_path):
    model = families.build("vae")
    for use in (paths.named, zoo.load, Workdir, lambda path: export(model, path), lambda path: export(model, f"{path}.tar.gz")):
        with pytest.raises(ValueError, match="a path must be UTF-8, without line breaks; choose another") as refused:
            use(tmp_path / name / "inside")
        assert str(refused.value).isprintable()
    assert not list(tmp_path.iterdir())


def test_a_path_without_room_for_names_below_it_is_refused(tmp_path):
    longest = pathlib.Path("/", *["y" * 99] * (paths.LONGEST // 100))
    assert paths.named(longest) == longest
    with pytest.raises(
        ValueError, match=rf"^/y+\.\.\. has {paths.LONGEST + 1} bytes; choose a path of at most {paths.LONGEST}$"
    ):
        paths.named(f"{longest}/"[: paths.LONGEST - 1] + "zz")


def test_a_name_that_is_too_long_is_refused_before_the_folders_above_it_are_made(tmp_path):
    model, longest = families.build("vae"), "é" * 127
    assert paths.named(tmp_path / longest) == tmp_path / longest
    for use in (paths.named, Workdir, lambda path: export(model, path)):
        with pytest.raises(ValueError, match=r"has 256 bytes; choose names of at most 255$"):
            use(tmp_path / "above" / (longest + "xx"))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_utf_8_is_handed_to_tensorflow_by_another_name(tmp_path):
    folder = tmp_path / os.fsdecode(b"\xe9")
    folder.mkdir()
    with paths.literal(folder) as other:
        tf.io.write_file(f"{other}/made", "a")
    assert (folder / "made").read_bytes() == b"a"


@pytest.fixture
def homeless(monkeypatch):
    """Nobody knows this user's home folder: no HOME, no entry in the list of users."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda number: {}[number])


def test_a_home_folder_is_needed_by_what_lies_in_it_alone(homeless):
    assert paths.expanded("runs") == pathlib.Path("runs")
    with pytest.raises(ValueError, match=r"^~/runs: nobody knows where that home folder is; set HOME, or"):
        paths.expanded("~/runs")
    config = zoo.experiment(data={"name": "bars"}, model=families.VAE, training={})
    assert data.load(config.data).splits.keys() >= {"train", "test"}


@pytest.mark.parametrize("name", ["\n", os.fsdecode(b"\xe9")])
def test_the_home_folder_of_nobody_is_refused_in_one_line_of_text(name):
    with pytest.raises(ValueError, match="nobody knows where that home folder is") as refused:
        paths.expanded(f"~no-such-user/{name}")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ["a[b]", "a[b]\n", os.fsdecode(b"\xe9")])
def test_where_there_is_no_other_name_the_path_is_refused_in_one_line(name, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "OPENED", pathlib.Path(tmp_path, "none"))
    with (
        pytest.raises(ValueError, match="for a pattern, and nothing that is not UTF-8; choose a path without") as refused,
        paths.literal(name),
    ):
        pass
    assert str(refused.value).isprintable()
    with paths.literal(tmp_path) as plain:
        assert plain == tmp_path


def test_the_folder_of_the_data_is_the_given_one_or_the_users_or_the_homes(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", "~/sets")
    assert paths.of_data("~/mine") == tmp_path / "mine"
    assert paths.of_data(None) == tmp_path / "sets"
    monkeypatch.delenv("TFDS_DATA_DIR")
    assert paths.of_data(None) == tmp_path / "tensorflow_datasets"


def test_paths_are_had_without_tensorflow():
    """The PyTorch side of the benchmark asks for them in a process where TensorFlow's threads would be in its way."""
    code = "import sys; from zoo import paths; assert not {'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
