"""Hugging Face datasets on disk: pictures and arrays with labels by split, and one line for what cannot be."""

import sys

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo import data as data_sets
from zoo.config import ConfigError

datasets = pytest.importorskip("datasets", reason="needs datasets")
PIXELS = np.random.default_rng(0).integers(0, 256, (6, 4, 6), np.uint8)
LABELS = [0, 1, 2, 0, 1, 2]


def saved(folder, columns, features=None, **splits):
    """A folder of `save_to_disk`: of one dataset, or of `splits` (name -> rows)."""
    whole = datasets.Dataset.from_dict(columns, features=features)
    made = datasets.DatasetDict({name: whole.select(rows) for name, rows in splits.items()}) if splits else whole
    made.save_to_disk(str(folder))


def load(folder, **options):
    section = zoo.experiment(data={"name": "huggingface", "folder": str(folder)} | options, model={}, training={}).data
    return data_sets.load(section)


def pictures(mode="L"):
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(num_classes=3)})
    return {"image": [Image.fromarray(pixels).convert(mode) for pixels in PIXELS], "label": LABELS}, features


def test_pictures_and_labels_come_by_split(tmp_path):
    saved(tmp_path / "d", *pictures(), train=range(4), test=range(4, 6))
    data = load(tmp_path / "d", validation_fraction=0.0)
    assert {name: split.size for name, split in data.splits.items()} == {"train": 4, "test": 2}
    np.testing.assert_array_equal(data.splits["train"].read_batch(np.arange(4))[..., 0], PIXELS[:4])
    np.testing.assert_array_equal(data.splits["test"].labels, LABELS[4:])
    assert data.preprocessing.levels == 256
    assert data.fingerprint


def test_one_dataset_is_the_training_split_and_colours_have_three_channels(tmp_path):
    saved(tmp_path / "d", *pictures("RGB"))
    data = load(tmp_path / "d")
    assert data.event_shape == (4, 6, 3)
    assert sum(split.size for split in data.splits.values()) == 6


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        (lambda pixels: Image.fromarray(pixels.astype(np.uint16) * 257), PIXELS),
        (lambda pixels: Image.fromarray(pixels > 127), np.where(PIXELS > 127, 255, 0)),
    ],
    ids=["16 bits", "1 bit"],
)
def test_grey_pictures_of_other_depths_keep_their_light(made, kept, tmp_path):
    columns = {"image": [made(pixels) for pixels in PIXELS]}
    saved(tmp_path / "d", columns, datasets.Features({"image": datasets.Image()}), train=range(6), test=range(1))
    read = load(tmp_path / "d", validation_fraction=0.0).splits["train"].read_batch(np.arange(6))
    np.testing.assert_array_equal(read[..., 0], kept)


def test_words_are_labels_by_their_order(tmp_path):
    columns = pictures()[0] | {"label": ["b", "a", "c", "b", "a", "c"]}
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("string")})
    saved(tmp_path / "d", columns, features, train=range(3), test=range(3, 6))
    assert load(tmp_path / "d", validation_fraction=0.0).labels("test").tolist() == [1, 0, 2]


def test_a_picture_that_is_none_is_replaced_and_the_first_is_named(tmp_path):
    columns, features = pictures()
    columns["image"][3] = None
    saved(tmp_path / "d", columns, features, train=range(6), test=range(1))
    read = load(tmp_path / "d", validation_fraction=0.0, max_unreadable=0.5).splits["train"].read_batch(np.arange(6))
    np.testing.assert_array_equal(read[3], read[0])  # the next of its class
    saved(tmp_path / "e", columns, features, train=range(3, 6))
    with pytest.raises(ConfigError, match=r"config.data.image: the first picture.*: there is none$"):
        load(tmp_path / "e")


@pytest.mark.parametrize("label", [[0.5] * 6, [None, 1, 2, 0, 1, 2], [[1, 2]] * 6])
def test_labels_that_are_none_are_refused(label, tmp_path):
    saved(tmp_path / "d", {"image": PIXELS.tolist(), "label": label})
    with pytest.raises(ConfigError, match="labels must be whole numbers or words, one an example, found"):
        load(tmp_path / "d")


def test_arrays_of_other_names_are_named_by_options(tmp_path):
    x = np.random.default_rng(0).normal(size=(20, 5))
    saved(tmp_path / "d", {"values": x.tolist(), "kind": (np.arange(20) % 2).tolist()})
    data = load(tmp_path / "d", image="values", label="kind", validation_fraction=0.0)
    found = np.concatenate([data.splits[name].array for name in ("train", "test")])
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(x, axis=0), rtol=1e-6)
    assert data.labels("train") is not None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"image": "pixels"}, "there is no column 'pixels'; choose from image, label"),
        ({"label": "kind"}, "there is no column 'kind'"),
        ({"folder": "/nowhere"}, "there is no folder /nowhere"),
    ],
)
def test_what_is_not_there_is_one_line(tmp_path, options, told):
    saved(tmp_path / "d", *pictures())
    with pytest.raises(ConfigError, match=told) as failed:
        load(**({"folder": tmp_path / "d"} | options))
    assert "\n" not in str(failed.value)


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"config.data.folder: .* is no dataset of save_to_disk"):
        load(tmp_path)


def test_pictures_of_two_sizes_are_refused(tmp_path):
    columns, features = pictures()
    columns["image"][3] = Image.fromarray(PIXELS[3][:2])
    saved(tmp_path / "d", columns, features)
    with pytest.raises((ValueError, OSError), match="all must have one size"):
        [split.read_batch(np.arange(split.size)) for split in load(tmp_path / "d", max_unreadable=0.0).splits.values()]


def test_without_the_library_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ConfigError, match="pip install"):
        load(tmp_path)
