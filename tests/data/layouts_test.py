"""Which split a picture of a folder belongs to; each real file is read once, and what is left out is said."""

import errno
import os
import socket

import pytest
from PIL import Image

import zoo.config
from zoo.data import image_folder


def folder(path, *names):
    """A folder of pictures of one pixel."""
    for name in names:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (1, 1)).save(file, "PNG")
    return path


def pictures(top, count):
    return [f"{top}/{number}.png" for number in range(count)]


def splits(path):
    """{split: names of its files}."""
    return {name: [file.name for file in files] for name, files in image_folder._files_of_splits(path).items()}


def every(found):
    """All names, sorted."""
    return sorted(name for names in found.values() for name in names)


@pytest.mark.parametrize(
    "layout",
    [
        {"train": "train", "validation": "val"},
        {"train": "Train", "test": "Test"},
        {"train": "TRAINING", "validation": "Valid", "test": "testing"},
        {"train": "train", "validation": "dev", "test": "eval"},
        {"train": "train", "validation": "validation", "test": "evaluation"},
        {"train": "train"},
    ],
)
def test_the_usual_names_of_splits_are_known(layout, tmp_path, caplog):
    names = {split: pictures(top, count) for count, (split, top) in enumerate(layout.items(), 3)}
    assert splits(folder(tmp_path, *(name for listed in names.values() for name in listed))) == names
    assert not caplog.records


@pytest.mark.parametrize("tops", [("car", "train"), ("bus", "car", "test"), ("val", "zebra"), ("cat", "dog")])
def test_class_folders_lose_nothing_whatever_they_are_called(tops, tmp_path, caplog):
    names = [name for top in tops for name in pictures(top, 20)]
    found = splits(folder(tmp_path, *names))
    assert every(found) == sorted(names)
    assert found.keys() == {"train", "test"}
    told = [record.message for record in caplog.records]
    assert len(told) == ({"car", "train", "test", "val"} & {*tops} != set())
    assert all("and not as a split" in line for line in told)


def test_what_lies_beside_the_splits_is_left_out_and_named(tmp_path, caplog):
    kept = pictures("train/cat", 3) + pictures("test", 2)
    found = splits(folder(tmp_path, *kept, "cover.png", *pictures("extra", 4)))
    assert every(found) == sorted(kept)
    (record,) = caplog.records
    assert "5 left out, beside the splits' folders: cover.png, extra/0.png, extra/1.png, ..." in record.message


@pytest.mark.parametrize("names", [("test/0.png",), ("test/0.png", "0.png"), ("val/0.png", "dev/0.png", "train/0.png")])
def test_a_layout_that_cannot_be_meant_is_refused(names, tmp_path):
    with pytest.raises(zoo.config.ConfigError, match=r"^config\.data\.folder: .*(none called train|both called)") as refused:
        splits(folder(tmp_path, *names))
    assert "\n" not in str(refused.value)


THREE = ("0.png", "1.png", "2.png")


@pytest.mark.parametrize("links", [("self",), ("self", "other"), ("sub/up",)])
def test_links_back_to_the_folder_add_nothing_and_end(links, tmp_path, caplog):
    folder(tmp_path, *THREE)
    for link in links:
        (tmp_path / link).parent.mkdir(exist_ok=True)
        (tmp_path / link).symlink_to(tmp_path)
    assert every(splits(tmp_path)) == list(THREE)
    (record,) = caplog.records
    assert f"{len(links)} left out, second names of a folder: {', '.join(sorted(links))}" in record.message


def test_folders_elsewhere_are_followed(tmp_path):
    """Also those that are the splits themselves, and a folder that two links lead to is held out."""
    store = folder(tmp_path / "store", "a/0.png", "b/1.png", "both/2.png")
    root = tmp_path / "mine"
    for split, part in (("train", "a"), ("test", "b")):
        (root / split).mkdir(parents=True)
        (root / split / part).symlink_to(store / part)
        (root / split / "both").symlink_to(store / "both")
    assert splits(root) == {"train": ["train/a/0.png"], "test": ["test/b/1.png", "test/both/2.png"]}
    direct = tmp_path / "direct"
    direct.mkdir()
    (direct / "val").symlink_to(store / "a")
    (direct / "train").symlink_to(store / "b")
    assert splits(direct) == {"train": ["train/1.png"], "validation": ["val/0.png"]}


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_file_of_two_splits_is_held_out(link, tmp_path, caplog):
    folder(tmp_path, *pictures("train", 3))
    (tmp_path / "test").mkdir()
    link(tmp_path / "train" / "1.png", tmp_path / "test" / "held.png")
    assert splits(tmp_path) == {"train": ["train/0.png", "train/2.png"], "test": ["test/held.png"]}
    assert "1 left out, second names of a file: train/1.png" in caplog.text


def test_the_test_split_is_not_the_training_split_by_a_link(tmp_path, caplog):
    folder(tmp_path, *pictures("train", 3))
    (tmp_path / "test").symlink_to("train")
    assert splits(tmp_path) == {"train": pictures("train", 3)}
    assert "second names of a folder: test" in caplog.text


def test_links_to_pictures_elsewhere_are_pictures(tmp_path):
    store = folder(tmp_path / "store", "0.png")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.png").symlink_to(store / "0.png")
    (tmp_path / "mine" / "b.png").symlink_to("a.png")
    assert every(splits(tmp_path / "mine")) == ["a.png"]


def test_what_is_no_file_is_not_waited_for(tmp_path, caplog):
    folder(tmp_path, *THREE)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "nowhere.png").symlink_to("gone.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.png"))
        assert every(splits(tmp_path)) == list(THREE)
    (record,) = caplog.records
    assert "4 left out, no file or folder that can be read: loop.png, nowhere.png, pipe.png, ..." in record.message


def test_a_folder_that_may_not_be_listed_is_named(tmp_path, monkeypatch, caplog):
    """The system's answer is made up: the superuser may list everything."""
    folder(tmp_path, *THREE, "closed/3.png")
    scandir = os.scandir

    def refusing(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert every(splits(tmp_path)) == list(THREE)
    assert "1 left out, no file or folder that can be read: closed" in caplog.text


def test_hidden_names_do_not_count(tmp_path, caplog):
    folder(tmp_path, *pictures("train", 2), ".thumbnails/0.png", "train/.cache/0.png", "train/._0.png")
    assert splits(tmp_path) == {"train": pictures("train", 2)}
    assert not caplog.records


ODD = ["with space.png", "[brackets]*?.png", "new\nline.png", "naïve 模型.png", os.fsdecode(b"latin-1 \xe9.png"), "-rf.png"]


@pytest.mark.parametrize("place", ["{}", "train/{}", "{}/0.png"])
@pytest.mark.parametrize("name", ODD)
def test_any_name_of_a_file_or_folder_is_read(name, place, tmp_path):
    path = folder(tmp_path / name, place.format(name), *(place.format(f"{number}.png") for number in range(2)))
    section = zoo.config.experiment(
        data={"name": "image_folder", "folder": str(path), "image_size": 1, "validation_fraction": 0.0}, model={}, training={}
    ).data
    dataset = zoo.data.load(section)
    assert sum(dataset.splits[split].read_batch(range(dataset.size(split))).size for split in dataset.splits) == 3 * 3


@pytest.mark.parametrize("name", ODD)
def test_a_damaged_file_of_any_name_is_named_in_one_line(name, tmp_path):
    (tmp_path / name).write_bytes(b"no picture")
    section = zoo.config.experiment(
        data={"name": "image_folder", "folder": str(tmp_path), "image_size": 1}, model={}, training={}
    ).data
    with pytest.raises(zoo.config.ConfigError) as refused:
        zoo.data.load(section)
    assert str(refused.value).isprintable()
    assert str(refused.value).encode()
