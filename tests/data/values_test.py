"""Examples that are not what their data set says, and configs of other data, are refused in one line."""

import numpy as np
import pytest

import zoo
import zoo.data
from zoo.config import ConfigError
from zoo.data import Dataset, Preprocessing, Split

GREY = np.array([[0, 16], [3, 2]], np.uint8)
REAL = np.array([[-50.5, 0.0], [3.0, 2.0]], np.float32)


def make(array, levels, labels=None, resident=True, event_shape=(2,)):
    split = Split(array, labels) if resident else Split(read=array.__getitem__, size=len(array))
    return Dataset("made", {"test": split}, Preprocessing(event_shape, levels))


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.uint16, np.int32, np.int64])
def test_whole_numbers_of_any_type_are_grey_levels(dtype):
    array = np.array([[0, 1], [1, 1]]).astype(dtype)
    dataset = make(array, 2)
    dataset.place("test")
    (batch,) = dataset.ordered_batches("test", 2)
    np.testing.assert_array_equal(dataset.decode(batch, (0, 0)), array.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_real_numbers_of_any_type_are_vectors(dtype):
    dataset = make(REAL.astype(dtype), 0)
    dataset.place("test")
    (batch,) = dataset.ordered_batches("test", 2)
    np.testing.assert_array_equal(dataset.decode(batch, (0, 0)), REAL.astype(dtype))


WRONG = {
    "above": (GREY, 16, "has values from 0 to 16, but its 16 grey levels are 0 ... 15"),
    "below": (np.array([[0, -1]]), 256, "has values from -1 to 0, but its 256 grey levels are 0 ... 255"),
    "256 of uint16": (np.array([[0, 256]], np.uint16), 256, "has values from 0 to 256, but its 256"),
    "floats of 0 ... 255": (GREY.astype(np.float32), 256, "has values of type float32, expected whole numbers"),
    "nan": (np.array([[0, np.nan]]), 0, "has values that are not finite"),
    "infinite": (np.array([[0, -np.inf]], np.float32), 0, "has values that are not finite"),
    "complex": (np.array([[0j, 1j]]), 0, "has values of type complex128, expected real numbers"),
    "text": (np.array([["0", "1"]]), 0, "has values of type <U1, expected real numbers"),
    "objects": (np.array([[None, 1]]), 2, "has values of type object, expected whole numbers"),
    "another shape": (np.zeros((4, 3), np.uint8), 256, r"has examples of shape \(3,\), expected \(2,\)"),
    "numbers": (np.zeros(4, np.uint8), 256, r"has examples of shape \(\), expected \(2,\)"),
}


@pytest.mark.parametrize("what", WRONG)
def test_other_values_are_refused(what):
    array, levels, reason = WRONG[what]
    with pytest.raises(ConfigError, match=rf"^config\.data\.name: the test split of made {reason}") as refused:
        make(array, levels)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("what", sorted(WRONG.keys() - {"text", "objects"}))
def test_other_values_are_refused_when_they_are_read(what):
    array, levels, reason = WRONG[what]
    dataset = make(array, levels, resident=False)
    with pytest.raises(Exception, match="made"):
        list(dataset.ordered_batches("test", 1))
    assert isinstance(dataset.failure, ConfigError)
    with pytest.raises(ConfigError, match=reason):
        raise dataset.failure


def test_empty_splits_and_labels_of_others_are_refused():
    with pytest.raises(ConfigError, match="the test split of made has no examples"):
        make(GREY[:0], 17)
    with pytest.raises(ConfigError, match="the test split of made has 3 labels, but 2 examples"):
        make(GREY, 17, labels=np.arange(3))


@pytest.mark.parametrize("levels", [1, -1])
def test_one_grey_level_is_no_data(levels):
    with pytest.raises(ConfigError, match=f"2 and more, found {levels}"):
        make(GREY, levels)


def test_raw_examples_in_the_unit_range():
    np.testing.assert_array_equal(Preprocessing((2,), 17).unit(GREY), np.array([[0, 1], [3 / 16, 1 / 8]], np.float32))
    np.testing.assert_array_equal(Preprocessing((2,), 0).unit(REAL), REAL)
    np.testing.assert_array_equal(
        Preprocessing((2,), 17, "symmetric", "uniform").unit(GREY), Preprocessing((2,), 17).unit(GREY)
    )


def section(**data):
    return zoo.experiment(data={"name": "digits"} | data, model={}, training={}).data


@pytest.fixture(scope="module")
def digits():
    return zoo.data.load(section())


def test_a_config_of_the_same_data_passes(digits):
    digits.check_section(section(batch_size=7, max_unreadable=0.5))


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("name", {"name": "bars"}),
        ("value_range", {"value_range": "symmetric"}),
        ("dequantization", {"dequantization": "uniform"}),
        ("binarization", {"binarization": "dynamic"}),
        ("threshold", {"threshold": 0.3}),
        ("validation_fraction", {"validation_fraction": 0.2}),
        ("folder", {"name": "image_folder", "folder": "a", "image_size": 8}),
    ],
)
def test_a_config_of_other_data_is_refused(field, data, digits):
    own = digits
    if field == "folder":
        options = digits.section | {"name": "image_folder", "folder": "b", "image_size": 8, "channels": 3}
        own = Dataset("image_folder", digits.splits, digits.preprocessing, section=options)
    with pytest.raises(ConfigError, match=rf"^config\.data\.{field}: .* in the config, but .*; load the data by this config$"):
        own.check_section(section(**data))


def test_of_a_set_made_by_hand_the_preprocessing_is_compared():
    made = make(GREY, 17)
    made.check_section(section())
    with pytest.raises(ConfigError, match=r"^config\.data\.value_range: 'symmetric' in the config, but 'unit'"):
        made.check_section(section(value_range="symmetric"))
