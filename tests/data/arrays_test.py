"""One's own arrays: what their values mean, in memory and from a file; what is refused, and by which line."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
import zoo.data
from zoo.config import ConfigError
from zoo.data import given

RANDOM = np.random.RandomState(0)
FACES = RANDOM.randint(256, size=(40, 28, 20)).astype(np.uint8)
LABELS = np.arange(40) % 4


def raw(data):
    """All raw examples of a data set, with their labels, in one order."""
    splits = [data.splits[name] for name in sorted(data.splits)]
    return np.concatenate([split.array for split in splits]), [split.labels for split in splits]


def section(**data):
    return zoo.experiment(data={"name": "arrays"} | data, model={}, training={}).data


def config(**data):
    mlp = {"name": "mlp", "hidden_sizes": (4,)}
    parts = {"encoder": mlp, "posterior": "normal", "decoder": mlp, "likelihood": "normal", "latent_size": 2}
    return zoo.experiment(data={"batch_size": 4} | data, model=parts, training={})


MEANT = {
    "grey levels": (FACES, FACES[..., None], 256),
    "int64": (FACES.astype(np.int64), FACES[..., None], 256),
    "colour": (np.stack([FACES] * 3, -1), np.stack([FACES] * 3, -1), 256),
    "255ths": ((FACES / 255).astype(np.float32), FACES[..., None], 256),
    "255ths of float64": (FACES / 255, FACES[..., None], 256),
    "booleans": (FACES > 99, (FACES > 99)[..., None], 2),
    "0 and 1": ((FACES > 99).astype(np.uint8), (FACES > 99)[..., None], 2),
    "0.0 and 1.0": ((FACES > 99).astype(np.float32), (FACES > 99)[..., None], 2),
    "real images": ((FACES / 300).astype(np.float32), (FACES / 300).astype(np.float32)[..., None], 0),
    "real vectors": (FACES[:, 0] - 100.5, FACES[:, 0] - 100.5, 0),
    "whole vectors": (FACES[:, 0], FACES[:, 0], 256),
}


@pytest.mark.parametrize("what", MEANT)
def test_values_mean(what):
    array, examples, levels = MEANT[what]
    data = zoo.data.from_arrays(array)
    assert (data.preprocessing.levels, data.event_shape) == (levels, examples.shape[1:])
    found, _ = raw(data)
    assert sorted(map(np.ndarray.tolist, found)) == sorted(map(np.ndarray.tolist, examples.astype(found.dtype)))
    assert {name: data.size(name) for name in data.splits} == {"train": 32, "validation": 4, "test": 4}


def test_levels_may_be_given():
    assert zoo.data.from_arrays(FACES.astype(np.uint16) * 16, levels=4096).preprocessing.levels == 4096
    with pytest.raises(ConfigError, match=r"has values from .* but its 16 grey levels"):
        zoo.data.from_arrays(FACES, levels=16)


def test_labels_stay_with_their_examples():
    marked = np.broadcast_to(LABELS[:, None, None].astype(np.uint8) + 2, FACES.shape)
    data = zoo.data.from_arrays(marked, labels=LABELS)
    for split in data.splits.values():
        np.testing.assert_array_equal(split.array[:, 0, 0, 0], split.labels + 2)


def test_words_are_numbered_by_their_order_in_all_splits():
    data = zoo.data.from_arrays(
        FACES, FACES[:2], labels=np.array(["pear", "fig"] * 20), test_labels=["fig", "apple"], validation_fraction=0
    )
    assert data.labels("train").tolist() == [2, 1] * 20
    assert data.labels("test").tolist() == [1, 0]


REFUSED = {
    "labels of another length": ((FACES,), {"labels": LABELS[:-1]}, "the train split has 40 examples, but 39 labels"),
    "fractions as labels": ((FACES,), {"labels": LABELS / 2}, "labels must be whole numbers or words"),
    "one-hot labels": ((FACES,), {"labels": np.eye(40)}, "labels must be whole numbers or words"),
    "labels below 0": ((FACES,), {"labels": LABELS - 1}, "whole numbers from 0 on, found -1"),
    "labels of no examples": ((FACES,), {"test_labels": LABELS}, "labels go with examples"),
    "NaN": ((np.full((9, 4), np.nan),), {}, "values that are not finite"),
    "NaN in images": ((np.full((9, 4, 4), np.nan),), {}, "values that are not finite"),
    "objects": ((np.array([[None, 1]] * 9),), {}, "has values of type object"),
    "rows of different lengths": (([[1], [1, 2]] * 9,), {}, "its rows have different shapes"),
    "whole numbers below 0": ((-FACES.astype(int),), {}, "its 256 grey levels are 0 ... 255"),
    "one axis": ((np.zeros(9),), {}, r"has shape \(9,\); expected \[n, d\]"),
    "channels first": ((np.zeros((9, 3, 32, 32)),), {}, "channels come last"),
    "floats to 255": ((FACES.astype(np.float32),), {}, r"must be in \[0, 1\], found values from 0 to 255"),
    "another shape to test": ((FACES, FACES[:, 1:]), {}, r"has examples of shape \(27, 20, 1\), expected \(28, 20, 1\)"),
    "another type to test": ((FACES, FACES / 300), {}, "values of type float64, expected whole numbers"),
    "nothing": ((FACES[:0],), {}, "too few training examples"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_in_one_line_is_refused(what):
    arguments, options, reason = REFUSED[what]
    with pytest.raises(ConfigError, match=reason) as refused:
        zoo.data.from_arrays(*arguments, **options)
    assert "\n" not in str(refused.value)


FILES = {
    "the keys of Keras' mnist.npz": {"x_train": FACES, "y_train": LABELS, "x_test": FACES[:5], "y_test": LABELS[:5]},
    "plain keys": {"train": FACES, "train_labels": LABELS, "test": FACES[:5], "test_labels": LABELS[:5]},
    "val": {"train": FACES, "train_labels": LABELS, "val": FACES[:3], "Test": FACES[:5], "test_labels": LABELS[:5]},
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_of_splits(what, tmp_path):
    np.savez(tmp_path / "faces.npz", **FILES[what])
    data = zoo.data.load(section(file="faces.npz", validation_fraction=0.0), tmp_path)
    np.testing.assert_array_equal(data.splits["train"].array, FACES[..., None])
    np.testing.assert_array_equal(data.splits["test"].array, FACES[:5, ..., None])
    assert data.labels("train").tolist() == LABELS.tolist()
    assert data.labels("test").tolist() == LABELS[:5].tolist()
    assert ("validation" in data.splits) == (what == "val")


def test_a_file_and_memory_are_the_same_data(tmp_path):
    np.savez(tmp_path / "faces.npz", x=FACES, y=LABELS)
    np.save(tmp_path / "faces.npy", FACES)
    data = zoo.data.from_arrays(FACES, labels=LABELS)
    for name in ("faces.npz", "faces.npy"):
        from_file = zoo.data.load(section(file=str(tmp_path / name)))
        assert from_file.fingerprint == data.fingerprint
        for split in data.splits:
            np.testing.assert_array_equal(from_file.splits[split].array, data.splits[split].array)
    assert zoo.data.from_arrays(FACES[::-1]).fingerprint != data.fingerprint


BAD_FILES = {
    "objects": (lambda path: np.savez(path, train=np.array([None])), "cannot be read: Object arrays"),
    "no archive": (lambda path: path.write_text("no archive"), "cannot be read"),
    "odd keys": (lambda path: np.savez(path, faces=FACES), "holds 'faces' among faces; expected keys train"),
    "two of one": (lambda path: np.savez(path, train=FACES, x_train=FACES), "holds 'x_train' among"),
    "labels alone": (lambda path: np.savez(path, y=LABELS), "labels go with examples"),
    "nothing": (lambda path: None, "there is no .npy or .npz file"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_named(what, tmp_path):
    write, reason = BAD_FILES[what]
    write(tmp_path / "faces.npz")
    with pytest.raises(ConfigError, match=rf"^config\.data\.file: .*{reason}") as refused:
        zoo.data.load(section(file="faces.npz"), tmp_path)
    assert "\n" not in str(refused.value)


def test_what_was_given_in_memory_cannot_be_loaded_by_its_section():
    with pytest.raises(ConfigError, match=r"^config\.data\.file: these data were given in memory.*data="):
        zoo.data.load(zoo.data.from_arrays(FACES).section)


def test_a_given_array_takes_the_place_of_the_configs_data():
    chosen, data = given.of(config(name="mnist", image_size=28, value_range="symmetric", dequantization="uniform"), FACES)
    assert (chosen.data.name, chosen.data.batch_size) == ("arrays", 4)
    assert "image_size" not in chosen.data
    assert (data.preprocessing.value_range, data.preprocessing.dequantization) == ("symmetric", "uniform")
    data.check_section(chosen.data)


def test_a_given_data_set_stays_what_it_is():
    digits = zoo.data.load(zoo.experiment(data={"name": "digits"}, model={}, training={}).data)
    chosen, data = given.of(config(name="mnist", validation_fraction=0.3, value_range="symmetric"), digits)
    assert (chosen.data.name, chosen.data.validation_fraction) == ("digits", 0.1)
    assert data.splits is digits.splits
    assert (data.fingerprint, data.preprocessing.value_range) == (digits.fingerprint, "symmetric")


DATASETS = {
    "examples": lambda: tf.data.Dataset.from_tensor_slices(FACES[..., None]),
    "pairs": lambda: tf.data.Dataset.from_tensor_slices((FACES, LABELS)),
    "dictionaries": lambda: tf.data.Dataset.from_tensor_slices({"image": FACES, "label": LABELS}),
    "batches": lambda: tf.data.Dataset.from_tensor_slices({"image": FACES, "label": LABELS}).batch(7),
    "batches of examples": lambda: tf.data.Dataset.from_tensor_slices(FACES).batch(7),
}


@pytest.mark.parametrize("what", DATASETS)
def test_a_tf_data_set_is_read_whole(what):
    _, data = given.of(config(), DATASETS[what]())
    labelled = zoo.data.from_arrays(FACES, labels=LABELS)
    assert data.fingerprint == labelled.fingerprint
    with_labels = what in ("pairs", "dictionaries", "batches")
    assert (data.labels("test") is not None) == with_labels
    assert not with_labels or data.labels("test").tolist() == labelled.labels("test").tolist()


NO_DATA = {
    "endless": (lambda: tf.data.Dataset.from_tensor_slices(FACES).repeat(), r"no end; take\(n\)"),
    "empty": (lambda: tf.data.Dataset.from_tensor_slices(FACES).take(0), "no elements"),
    "a name": (lambda: {"picture": FACES}, 'expected a dictionary with "image"'),
    "three": (lambda: (FACES, LABELS, LABELS), "found a tuple of 3"),
}


@pytest.mark.parametrize("what", NO_DATA)
def test_what_is_no_data(what):
    make, reason = NO_DATA[what]
    with pytest.raises(ConfigError, match=reason):
        given.of(config(), make())
