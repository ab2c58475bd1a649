"""Picture files of every kind become 8-bit pixels, and damaged or missing ones are named in one line."""

import os
import pathlib

import numpy as np
import pytest
from PIL import Image

import zoo.config
import zoo.data
from zoo.data import image_folder, memory, pictures

ORANGE = (200, 120, 40)
GREY = 135  # of ORANGE: 0.299 R + 0.587 G + 0.114 B (ITU-R 601, which Pillow states for mode L) is 134.8


def plain(mode="RGB", color=ORANGE, size=(12, 12)):
    return Image.new(mode, size, color)


def animation():
    return {"save_all": True, "append_images": [plain(color=(0, 0, 255))], "duration": 10}


# name -> (image, options of save, expected colour, tolerance: JPEG and GIF's palette are not exact)
KINDS = {
    "a.jpg": (plain(), {"quality": 95}, ORANGE, 2),
    "a.jpeg": (plain("L", 77), {}, (77, 77, 77), 1),
    "a.png": (plain(), {}, ORANGE, 0),
    "upper.PNG": (plain(), {}, ORANGE, 0),
    "a.bmp": (plain(), {}, ORANGE, 0),
    "a.webp": (plain(), {"lossless": True}, ORANGE, 0),
    "bits.png": (plain("1", 1), {}, (255, 255, 255), 0),
    "opaque.png": (plain("RGBA", (*ORANGE, 255)), {}, ORANGE, 0),
    "clear.png": (plain("RGBA", (*ORANGE, 0)), {}, (255, 255, 255), 0),
    "half.png": (plain("RGBA", (0, 0, 0, 128)), {}, (127, 127, 127), 1),
    "grey_alpha.png": (plain("LA", (90, 255)), {}, (90, 90, 90), 0),
    "cmyk.jpg": (plain("CMYK", (255, 0, 0, 0)), {"quality": 95}, (0, 255, 255), 3),
    "sixteen.png": (Image.fromarray(np.full((12, 12), 0x80F0, np.uint16)), {}, (128, 128, 128), 0),
    "palette.png": (plain().convert("P", palette=Image.Palette.ADAPTIVE), {}, ORANGE, 0),
    "animated.gif": (plain(), animation(), ORANGE, 3),
    "animated.webp": (plain(), animation() | {"lossless": True}, ORANGE, 1),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_becomes_8_bit_colour(name, tmp_path):
    image, options, colour, tolerance = KINDS[name]
    image.save(tmp_path / name, **options)
    for image_size, side in ((0, 12), (5, 5), (20, 20)):
        pixels = pictures.decode(tmp_path / name, name, image_size)
        assert (pixels.shape, pixels.dtype) == ((side, side, 3), np.uint8)
        np.testing.assert_allclose(pixels, np.broadcast_to(colour, pixels.shape), atol=tolerance)


def test_one_channel_is_grey(tmp_path):
    plain().save(tmp_path / "a.png")
    pixels = pictures.decode(tmp_path / "a.png", "a.png", 6, channels=1)
    np.testing.assert_array_equal(pixels, np.full((6, 6, 1), GREY))


def stripes():
    """Three 20x20 squares side by side: red, green, blue."""
    image = Image.new("RGB", (60, 20))
    for place, colour in enumerate(("red", "lime", "blue")):
        image.paste(colour, (20 * place, 0, 20 * place + 20, 20))
    return image


@pytest.mark.parametrize("turned", [False, True])
def test_the_square_comes_from_the_centre(turned, tmp_path):
    image = stripes().transpose(Image.Transpose.ROTATE_90) if turned else stripes()
    image.save(tmp_path / "stripes.png")
    pixels = pictures.decode(tmp_path / "stripes.png", "stripes", 10)
    np.testing.assert_array_equal(pixels, np.broadcast_to((0, 255, 0), (10, 10, 3)))


def test_the_orientation_tag_of_a_camera_is_obeyed(tmp_path):
    upright = Image.new("RGB", (20, 40), "red")
    upright.paste("blue", (0, 20, 20, 40))
    orientation = Image.Exif()
    orientation[0x0112] = 6  # stored turned by 90 degrees to the left, to be turned back
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.png", exif=orientation)
    np.testing.assert_array_equal(pictures.decode(tmp_path / "a.png", "a.png"), np.asarray(upright))


def test_a_large_jpeg_shrinks_to_the_mean_of_what_it_shows(tmp_path):
    """Detail is skipped on reading, but not aliased: a checkerboard of single pixels turns grey."""
    board = np.indices((256, 256)).sum(axis=0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "board.jpg", quality=100)
    pixels = pictures.decode(tmp_path / "board.jpg", "board", 16, channels=1)
    np.testing.assert_allclose(pixels, 127.5, atol=3)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pixels_of_unknown_range_are_refused(mode, tmp_path):
    Image.new(mode, (4, 4), 70000).save(tmp_path / "a.tif")
    with pytest.raises(pictures.UnreadablePicture, match=r"^cannot decode here: its pixels are .* of unknown range$"):
        pictures.decode(tmp_path / "a.tif", "here")


def save(path, colour=ORANGE):
    path.parent.mkdir(parents=True, exist_ok=True)
    plain(color=colour).save(path)


def section(folder, **options):
    data = {"name": "image_folder", "folder": str(folder), "image_size": 4} | options
    return zoo.config.experiment(data=data, model={}, training={}).data


def test_the_folders_name_the_splits(tmp_path):
    for split, count in (("train", 5), ("validation", 2), ("test", 3)):
        for number in range(count):
            save(tmp_path / "mine" / split / f"class{number % 2}" / f"{number}.png", (number, 0, 0))
    (tmp_path / "mine" / "train" / "notes.txt").write_text("no picture")
    (tmp_path / "mine" / "train" / "._0.png").write_text("the leavings of a file manager")
    dataset = zoo.data.load(section("mine"), tmp_path)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 5, "validation": 2, "test": 3}
    assert (dataset.event_shape, dataset.preprocessing.levels) == ((4, 4, 3), 256)
    batch = next(iter(dataset.ordered_batches("train", 5)))
    raw = batch[dataset.key("train")]
    # Sorted by path: class0 holds 0, 2, 4 and class1 holds 1, 3.
    np.testing.assert_array_equal(raw[:, 0, 0, 0], [0, 2, 4, 1, 3])
    np.testing.assert_allclose(dataset.decode(batch, [0, 0])[:, 0, 0, 0], np.array([0, 2, 4, 1, 3]) / 255, rtol=1e-6)


def test_one_folder_is_split_by_the_names_of_its_files(tmp_path):
    count = 500
    for number in range(count):
        (tmp_path / f"{number}.ppm").write_bytes(b"P6 1 1 255\n" + bytes([number % 256, number // 256, 0]))
    options = {"folder": "", "image_size": 1}
    splits, _ = image_folder.load(tmp_path, **options)
    examples = {name: {split.read(i).tobytes() for i in range(split.size)} for name, split in splits.items()}
    assert len(examples["train"] | examples["test"]) == count
    share = 26 / 256
    assert abs(len(examples["test"]) - share * count) < 5 * np.sqrt(count * share * (1 - share))
    # Another file moves none of the old ones.
    (tmp_path / "another.ppm").write_bytes(b"P6 1 1 255\n" + bytes([9, 9, 9]))
    again, _ = image_folder.load(tmp_path, **options)
    test = {again["test"].read(i).tobytes() for i in range(again["test"].size)}
    assert examples["test"] <= test <= examples["test"] | {bytes([9, 9, 9])}


@pytest.mark.parametrize("layout", ["missing", "empty", "empty_train"])
def test_a_folder_without_images_is_named(layout, tmp_path):
    folder = tmp_path / "mine"
    {"missing": lambda: None, "empty": folder.mkdir, "empty_train": lambda: os.makedirs(folder / "train")}[layout]()
    with pytest.raises(zoo.config.ConfigError, match=r"^config\.data\.folder: .*mine.*") as refused:
        zoo.data.load(section("mine"), tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("options", [{"image_size": 0}, {"channels": 2}])
def test_options_out_of_range_are_refused(options, tmp_path):
    with pytest.raises(zoo.config.ConfigError, match=rf"^config\.data\.{next(iter(options))}: must be .*found"):
        zoo.data.load(section(tmp_path, **options))


def test_an_example_is_read_once_if_all_fit_into_memory(monkeypatch):
    reads = []

    def read(index):
        reads.append(index)
        return np.full((2, 2, 1), index, np.uint8)

    def twice(remembered):
        for index in (0, 2, 0, 2):
            np.testing.assert_array_equal(remembered(index), np.full((2, 2, 1), index))

    twice(memory.remembered(read, 3, (2, 2, 1)))
    assert reads == [0, 2]
    monkeypatch.setattr(memory, "RESIDENT_BYTES", 11)
    twice(memory.remembered(read, 3, (2, 2, 1)))
    assert reads == [0, 2, 0, 2, 0, 2]


def test_real_photographs():
    data_dir = os.environ.get("ZOO_TEST_DATA")
    if not data_dir:
        pytest.skip("set ZOO_TEST_DATA to a TFDS data_dir with real data")
    dataset = zoo.data.load(section("bedrooms", image_size=64), pathlib.Path(data_dir))
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 4500, "validation": 500, "test": 100}
    raw = next(iter(dataset.batches("train", 16, seed=0)))[dataset.key("train")]
    assert raw.shape == (16, 64, 64, 3)
    # Photographs: neither black, white nor noise. Neighbouring pixels are alike.
    raw = raw.numpy().astype(float)
    assert 50 < raw.mean() < 200
    assert np.corrcoef(raw[:, 1:].ravel(), raw[:, :-1].ravel())[0, 1] > 0.9
