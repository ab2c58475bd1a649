"""Grids: where each image lands, and files that are whole."""

import numpy as np
import pytest
from PIL import Image

from zoo.evaluation.pictures import grid, save_png


def test_images_stand_row_by_row_with_white_between_and_after_them():
    images = np.stack([np.full((40, 50, 3), value) for value in (0.0, 0.2, 0.4, 0.6, 0.8)])
    pixels = grid(images)  # 5 images: 3 columns, 2 rows
    assert pixels.shape == (40 + 2 + 40, 50 + 2 + 50 + 2 + 50, 3)
    assert pixels.dtype == np.uint8
    starts = [(0, 0), (0, 52), (0, 104), (42, 0), (42, 52)]
    expected = np.full_like(pixels, 255)
    for (row, column), value in zip(starts, (0, 51, 102, 153, 204), strict=True):
        expected[row : row + 40, column : column + 50] = value
    np.testing.assert_array_equal(pixels, expected)


def test_columns_can_be_chosen():
    assert grid(np.zeros((6, 32, 32, 1)), columns=2).shape == (32 * 3 + 2 * 2, 32 * 2 + 2, 1)


def test_small_images_are_enlarged_by_a_whole_factor():
    image = np.array([[0.0, 1.0], [0.2, 0.4]])[None, :, :, None]
    np.testing.assert_array_equal(grid(image)[..., 0], np.kron([[0, 255], [51, 102]], np.ones((16, 16))))
    assert grid(np.zeros((1, 28, 28, 1))).shape == (28, 28, 1)


@pytest.mark.parametrize(("shape", "factor"), [((20, 4, 1), 3), ((4, 20, 1), 3), ((2, 1, 3), 32), ((65, 2, 1), 1)])
def test_the_longer_side_tells_by_how_much_an_image_is_enlarged(shape, factor):
    assert grid(np.zeros((1, *shape)), side=64).shape == (factor * shape[0], factor * shape[1], shape[2])


@pytest.mark.parametrize(
    ("shape", "smooth"), [((15, 4, 1), True), ((16, 4, 1), False), ((4, 16, 1), False), ((15, 15, 3), True)]
)
def test_an_image_is_enlarged_smoothly_if_both_sides_are_short(shape, smooth):
    stripes = np.zeros((1, *shape))
    stripes[:, :, ::2] = 1
    assert (len(np.unique(grid(stripes, side=64, smooth=True))) > 2) == smooth


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_few_pixels_are_enlarged_smoothly_and_others_by_whole_pixels(channels):
    edge = np.zeros([1, 6, 8, channels])
    edge[:, :, 4:] = 1
    assert set(np.unique(grid(edge, side=64))) == {0, 255}
    smooth = grid(edge, side=64, smooth=True)
    assert smooth.shape == (48, 64, channels)
    assert len(np.unique(smooth)) > 2
    # Far from the edge the values are the image's own.
    assert (smooth[:, :16] == 0).all()
    assert (smooth[:, -16:] == 255).all()
    large = np.repeat(np.repeat(edge, 4, 1), 4, 2)
    assert set(np.unique(grid(large, side=64, smooth=True))) == {0, 255}


def test_values_outside_are_clipped_and_what_is_no_number_is_black():
    image = np.repeat([[-1.0, 2.0, np.nan, 0.5]], 32, axis=1)[None, :, :, None]
    assert grid(image)[0, ::32, 0].tolist() == [0, 255, 0, 128]


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 8, 8, 2), (0, 8, 8, 1)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match="1 or 3"):
        grid(np.zeros(shape))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_holds_the_pixels_and_replaces_an_older_one(tmp_path, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, channels), dtype=np.uint8)
    path = tmp_path / "picture.png"
    path.write_text("older")
    save_png(pixels, path)
    np.testing.assert_array_equal(np.asarray(Image.open(path)).reshape(pixels.shape), pixels)
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    path.write_text("older")

    def fail(self, file, **_):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_png(np.zeros((2, 2, 1), np.uint8), path)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]
