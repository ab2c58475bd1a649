"""Values, ranges and means of what the model sees of raw grey levels."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from zoo.config import ConfigError
from zoo.data import Preprocessing

SEED = tf.constant([11, 12])


def every_level(levels, times):
    """Each grey level `times` times, shape [times, levels]."""
    return np.tile(np.arange(levels, dtype=np.uint8), (times, 1))


@pytest.mark.parametrize(
    ("levels", "value_range", "raw", "wanted"),
    [
        (256, "unit", [0, 51, 255], [0, 0.2, 1]),
        (256, "symmetric", [0, 51, 255], [-1, -0.6, 1]),
        (17, "unit", [0, 4, 16], [0, 0.25, 1]),
        (2, "unit", [0, 1, 1], [0, 1, 1]),
    ],
)
def test_values_without_dequantization(levels, value_range, raw, wanted):
    x = Preprocessing((3,), levels, value_range)(np.array([raw], np.uint8), SEED, tf.float64)
    np.testing.assert_allclose(x[0], wanted, atol=1e-15)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_dequantized_values_fall_back_to_their_level_and_fill_it_evenly(levels):
    raw = every_level(levels, 2000)
    x = Preprocessing((levels,), levels, dequantization="uniform")(raw, SEED, tf.float64).numpy()
    noise = x * levels - raw
    assert noise.min() >= -1e-12  # rounding of x * levels
    assert noise.max() < 1
    # U[0, 1) has mean 1/2 and variance 1/12; its square has mean 1/3 and variance 4/45.
    assert abs(noise.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / noise.size)
    assert abs((noise**2).mean() - 1 / 3) < 5 * np.sqrt(4 / 45 / noise.size)


@pytest.mark.parametrize(("value_range", "low"), [("unit", 0), ("symmetric", -1)])
def test_dequantized_white_stays_below_one(value_range, low):
    """In float32, 255 + U rounds to 256 for one draw in 131,072; here are a million."""
    raw = np.full((1000, 1000), 255, np.uint8)
    x = Preprocessing((1000,), 256, value_range, "uniform")(raw, SEED).numpy()
    assert x.dtype == np.float32
    assert low <= x.min()
    assert x.max() < 1


def test_dynamic_binarization_has_the_grey_level_as_its_mean():
    draws = 20_000
    preprocessing = Preprocessing((17,), 17, binarization="dynamic")
    x = preprocessing(every_level(17, draws), SEED).numpy()
    assert set(np.unique(x)) == {0, 1}
    p = np.arange(17) / 16
    assert (abs(x.mean(axis=0) - p) <= 5 * np.sqrt(p * (1 - p) / draws)).all()  # levels 0 and 16 are exact


def test_dynamic_binarization_never_lights_a_black_pixel():
    """In float16 one U in 1,024 is 0."""
    raw = np.zeros((100, 1000), np.uint8)
    assert not Preprocessing((1000,), 256, binarization="dynamic")(raw, SEED, tf.float16).numpy().any()


@pytest.mark.parametrize("choice", [{"dequantization": "uniform"}, {"binarization": "dynamic"}])
def test_noise_is_a_function_of_the_seed(choice):
    preprocessing = Preprocessing((17,), 17, **choice)
    raw = every_level(17, 10)
    np.testing.assert_array_equal(preprocessing(raw, [1, 2]), preprocessing(raw, [1, 2]))
    assert (preprocessing(raw, [1, 2]) != preprocessing(raw, [1, 3])).numpy().any()


def test_the_threshold_itself_is_black():
    x = Preprocessing((5,), 5, binarization="threshold", threshold=0.5)(np.arange(5)[None], SEED)
    np.testing.assert_array_equal(x, [[0, 0, 0, 1, 1]])


def test_static_binarization_passes_zeros_and_ones():
    x = Preprocessing((2,), 2, binarization="static")(np.array([[0, 1]], np.uint8), SEED)
    np.testing.assert_array_equal(x, [[0, 1]])


def test_real_vectors_are_untouched():
    raw = np.array([[-50.5, 3.25]], np.float32)
    preprocessing = Preprocessing((2,), 0)
    np.testing.assert_array_equal(preprocessing(raw, SEED), raw)
    np.testing.assert_array_equal(preprocessing.to_unit(raw), raw)
    np.testing.assert_array_equal(preprocessing.from_unit(raw), raw)


def test_the_result_has_keras_float_type(float64):
    assert Preprocessing((2,), 256)(np.array([[0, 1]], np.uint8), SEED).dtype == tf.float64


@pytest.mark.parametrize("choice", [{}, {"dequantization": "uniform"}, {"binarization": "dynamic"}])
@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float32, tf.float64])
def test_every_float_type_stays_in_range(choice, dtype):
    x = Preprocessing((256,), 256, **choice)(every_level(256, 20), SEED, dtype)
    assert x.dtype == dtype
    x = tf.cast(x, tf.float64).numpy()
    assert x.min() >= 0
    assert x.max() < 1 if choice == {"dequantization": "uniform"} else x.max() == 1


@pytest.mark.parametrize("choice", [{}, {"dequantization": "uniform"}, {"binarization": "dynamic"}])
def test_static_shapes_survive_a_function(choice):
    @tf.function(input_signature=[tf.TensorSpec([4, 2, 3], tf.uint8)])
    def shape(raw):
        x = Preprocessing((2, 3), 256, **choice)(raw, SEED)
        assert x.shape == (4, 2, 3)
        return x

    shape(np.zeros((4, 2, 3), np.uint8))


@pytest.mark.parametrize(
    ("field", "levels", "choices"),
    [
        ("dequantization", 256, {"dequantization": "uniform", "binarization": "dynamic"}),
        ("dequantization", 2, {"dequantization": "uniform", "binarization": "static"}),
        ("value_range", 256, {"value_range": "symmetric", "binarization": "threshold"}),
        ("binarization", 256, {"binarization": "static"}),
        ("dequantization", 0, {"dequantization": "uniform"}),
        ("binarization", 0, {"binarization": "dynamic"}),
        ("value_range", 0, {"value_range": "symmetric"}),
        ("value_range", 256, {"value_range": "[-1, 1]"}),
    ],
)
def test_contradictory_choices_are_refused_in_one_line(field, levels, choices):
    with pytest.raises(ConfigError, match=rf"^config\.data\.{field}: .+$") as refused:
        Preprocessing((4,), levels, **choices)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value_range", ["unit", "symmetric"])
def test_to_unit_undoes_the_range(value_range):
    images = np.linspace(0, 1, 9)
    preprocessing = Preprocessing((9,), 256, value_range)
    np.testing.assert_allclose(preprocessing.to_unit(preprocessing.from_unit(images)), images, atol=1e-15)
    ends = {"unit": (0, 1), "symmetric": (-1, 1)}[value_range]
    assert (float(preprocessing.from_unit(images)[0]), float(preprocessing.from_unit(images)[-1])) == ends


def test_from_unit_applies_a_threshold_and_leaves_the_mean_of_other_binary_pixels():
    images = np.array([0, 0.3, 0.31, 1])
    threshold = Preprocessing((4,), 256, binarization="threshold", threshold=0.3)
    np.testing.assert_array_equal(threshold.from_unit(images), [0, 0, 1, 1])
    np.testing.assert_array_equal(Preprocessing((4,), 256, binarization="dynamic").from_unit(images), images)
    np.testing.assert_array_equal(Preprocessing((4,), 2, binarization="static").from_unit(images), images)


def test_json_brings_it_back():
    preprocessing = Preprocessing((8, 8, 1), 17, "symmetric", "uniform")
    assert Preprocessing(**json.loads(json.dumps(dataclasses.asdict(preprocessing)))) == preprocessing
