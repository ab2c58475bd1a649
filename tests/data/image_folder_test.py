"""Picture files of every kind become 8-bit pixels, and damaged or missing ones are named in one line."""

import io
import os
import pathlib
import struct
import zlib

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
    for size, shape in ((None, (12, 12)), ((5, 5), (5, 5)), ((20, 20), (20, 20)), ((7, 4), (7, 4))):
        pixels = pictures.decode(tmp_path / name, name, size)
        assert (pixels.shape, pixels.dtype) == ((*shape, 3), np.uint8)
        np.testing.assert_allclose(pixels, np.broadcast_to(colour, pixels.shape), atol=tolerance)


def test_one_channel_is_grey(tmp_path):
    plain().save(tmp_path / "a.png")
    pixels = pictures.decode(tmp_path / "a.png", "a.png", (6, 6), channels=1)
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
    pixels = pictures.decode(tmp_path / "stripes.png", "stripes", (10, 10))
    np.testing.assert_array_equal(pixels, np.broadcast_to((0, 255, 0), (10, 10, 3)))


# Orientation -> what is stored of a picture: 6 says that the first row is its right side, the first column its top.
STORED = {
    1: lambda seen: seen,
    2: lambda seen: seen[:, ::-1],
    3: lambda seen: seen[::-1, ::-1],
    4: lambda seen: seen[::-1],
    5: lambda seen: seen.swapaxes(0, 1),
    6: lambda seen: seen.swapaxes(0, 1)[::-1],
    7: lambda seen: seen.swapaxes(0, 1)[::-1, ::-1],
    8: lambda seen: seen.swapaxes(0, 1)[:, ::-1],
}


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("orientation", STORED)
def test_the_orientation_tag_of_a_camera_is_obeyed(orientation, dtype, suffix, tmp_path):
    seen = np.arange(6, dtype=dtype).reshape(2, 3) << (8 if dtype == np.uint16 else 0)
    tags = Image.Exif()
    tags[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(np.ascontiguousarray(STORED[orientation](seen))).save(path, exif=tags)
    np.testing.assert_array_equal(pictures.decode(path, "a", channels=1)[..., 0], np.arange(6).reshape(2, 3))


def test_a_large_jpeg_shrinks_to_the_mean_of_what_it_shows(tmp_path):
    """Detail is skipped on reading, but not aliased: a checkerboard of single pixels turns grey."""
    board = np.indices((256, 256)).sum(axis=0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "board.jpg", quality=100)
    pixels = pictures.decode(tmp_path / "board.jpg", "board", (16, 16), channels=1)
    np.testing.assert_allclose(pixels, 127.5, atol=3)


def tiff(pixels, bits, sample_format=1, photometric=1, width=None):
    """A TIFF of one row, grey, uncompressed: its tags are as the standard has them."""
    data = pixels.tobytes()
    start = 8 + 2 + 9 * 12 + 4  # of the pixels
    tags = {256: width or pixels.size, 257: 1, 258: bits, 259: 1, 262: photometric, 273: start, 277: 1, 279: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in (tags | {339: sample_format}).items())
    return b"II*\0" + struct.pack("<IH", 8, 9) + entries + bytes(4) + data


UNKNOWN = r"^cannot decode here: its pixels are signed, 32-bit or floating-point numbers of unknown range; make them .*$"


@pytest.mark.parametrize("size", [(256, 256), (600, 256), (256, 300)])
def test_a_jpeg_keeps_all_detail_that_resizing_to_half_its_side_needs(size, tmp_path):
    """As if it were read whole: Pillow's bicubic filter looks at every pixel."""
    noise = np.random.RandomState(0).randint(256, size=(*size[::-1], 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg", quality=95)
    whole = Image.open(tmp_path / "a.jpg")
    left, top = (whole.width - 256) // 2, (whole.height - 256) // 2
    wanted = whole.crop((left, top, left + 256, top + 256)).resize((128, 128), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(pictures.decode(tmp_path / "a.jpg", "a", (128, 128)), np.asarray(wanted))


@pytest.mark.parametrize(
    ("dtype", "sample_format"), [("<i1", 2), ("<i2", 2), ("<i4", 2), ("<u4", 1), ("<f4", 3)], ids=lambda value: str(value)
)
@pytest.mark.parametrize("values", [[-100, 0, 100], [0, 100, 120], [0, 0, 0]])
def test_pixels_of_unknown_range_are_refused(values, dtype, sample_format):
    """A scanner's -1024 is no white, and 255 of 2^31 no black: whatever the picture holds."""
    pixels = np.array(values).astype(dtype)
    with pytest.raises(pictures.UnreadablePicture, match=UNKNOWN):
        pictures.decode(io.BytesIO(tiff(pixels, 8 * pixels.itemsize, sample_format)), "here", channels=1)


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (tiff(np.array([0, 255, 256, 65535], "<u2"), 16), [0, 0, 1, 255]),
        (tiff(np.array([0, 255, 256, 65535], "<u2"), 16, photometric=0), [255, 255, 254, 0]),
        (tiff(np.array([0, 100, 255], "u1"), 8), [0, 100, 255]),
        (tiff(np.array([0, 100, 255], "u1"), 8, photometric=0), [255, 155, 0]),
        (tiff(np.array([0x00, 0x0F, 0xFF, 0x80, 0x00], "u1"), 12, width=3), [0, 255, 128]),  # 0, 4095, 2048
        (b"P5 3 1 1000\n" + np.array([0, 500, 1000], ">u2").tobytes(), [0, 128, 255]),
    ],
)
def test_unsigned_pixels_of_any_depth_keep_their_order_and_range(made, wanted):
    np.testing.assert_array_equal(pictures.decode(io.BytesIO(made), "here", channels=1).ravel(), wanted)


def png(pixels, colour, transparent):
    """A 16-bit PNG of one row, grey (colour 0) or RGB (2), one of whose values is transparent."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(pixels), 1, 16, colour, 0, 0, 0)
    row = zlib.compress(b"\0" + np.array(pixels, ">u2").tobytes())
    parts = (b"IHDR", header), (b"tRNS", np.array(transparent, ">u2").tobytes()), (b"IDAT", row), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def test_the_transparent_value_of_a_16_bit_png_is_white():
    grey = png([0, 1000, 1001, 65535], 0, 1000)
    np.testing.assert_array_equal(pictures.decode(io.BytesIO(grey), "", channels=1).ravel(), [0, 255, 3, 255])
    colour = png([[0, 65535, 0], [300, 400, 500], [512, 400, 500]], 2, [300, 400, 500])
    np.testing.assert_array_equal(pictures.decode(io.BytesIO(colour), "")[0], [[0, 255, 0], [255] * 3, [2, 1, 1]])


def exif(*entries):
    """A block of tags as cameras write it: (number, type, count, four bytes) each."""
    listed = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, len(entries)) + listed + bytes(4)


TURNED = (0x112, 3, 1, struct.pack("<I", 6))


@pytest.mark.parametrize(
    ("block", "turned"),
    [
        (exif(TURNED), True),
        (exif(TURNED, (0x11A, 2, 4, b"72\0\0")), True),  # a resolution that is text
        (exif(TURNED, (0x8769, 4, 1, struct.pack("<I", 10**9))), True),  # a section beyond the end
        (exif((0x112, 2, 4, b"six\0")), False),
        (exif((0x112, 3, 1, struct.pack("<I", 99))), False),
        (b"Exif\0\0II*\0\xff\xff", False),
    ],
)
def test_odd_tags_leave_a_picture_readable(block, turned):
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "red").save(file, "JPEG")
    plain = file.getvalue()
    made = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + plain[2:]
    pixels = pictures.decode(io.BytesIO(made), "a.jpg")
    assert pixels.shape == ((32, 24, 3) if turned else (24, 32, 3))
    np.testing.assert_allclose(pixels, np.broadcast_to((255, 0, 0), pixels.shape), atol=2)


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


@pytest.mark.parametrize("options", [{"image_size": 0}, {"channels": 2}, {"image_width": -1}])
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


def test_an_example_counts_as_read_only_once_it_is_there():
    """Whoever asks while another thread still reads it, or after reading it failed, must not get an empty page."""
    asked = []

    def read(index):
        asked.append(index)
        if len(asked) == 1:
            raise OSError("the disk is away for a moment")
        if len(asked) == 2:  # what another thread would see now
            np.testing.assert_array_equal(remembered(index), np.full((2, 2, 1), 7))
        return np.full((2, 2, 1), 7, np.uint8)

    remembered = memory.remembered(read, 3, (2, 2, 1))
    with pytest.raises(OSError, match="for a moment"):
        remembered(1)
    np.testing.assert_array_equal(remembered(1), np.full((2, 2, 1), 7))
    assert asked == [1, 1, 1]


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


@pytest.mark.parametrize(("size", "columns"), [((20, 40), [0, 1]), ((20, 20), [1]), ((10, 30), [0, 1, 2]), ((30, 10), [1])])
def test_the_largest_box_of_its_proportions_comes_from_the_centre(size, columns, tmp_path):
    """Of three stripes 20 wide and 20 high, red, green and blue: a box 40 wide begins 10 from the left."""
    stripes().save(tmp_path / "stripes.png")
    pixels = pictures.decode(tmp_path / "stripes.png", "stripes", size)
    assert pixels.shape == (*size, 3)
    middle = pixels[size[0] // 2].astype(int)
    # What is in the middle of each stripe that the box reaches.
    unit = min(60 / size[1], 20 / size[0])
    left = 30 - unit * size[1] / 2
    for stripe in columns:
        place = min(max(20 * stripe + 10, left + 1), 60 - left - 1)
        assert middle[int((place - left) / unit)].argmax() == stripe


def test_pictures_that_are_no_squares(tmp_path):
    save(tmp_path / "mine" / "train" / "a.png")
    save(tmp_path / "mine" / "test" / "b.png")
    dataset = zoo.data.load(section("mine", image_size=4, image_width=6, validation_fraction=0.0), tmp_path)
    assert dataset.event_shape == (4, 6, 3)
    assert dataset.splits["test"].read(0).shape == (4, 6, 3)


CLASSES = {
    "train/cat train/dog test/dog": {"train": [0, 1], "test": [1]},
    "train/cat train/dog": {"train": [0, 1]},
    "train/cat/old train/dog/new": {"train": [0, 1]},
    "train/cat train/dog test/cow": None,  # a class that is never trained on
    "train/cat train/cat": None,  # one class tells nothing
    "train train/dog": None,  # a picture of no class
}


@pytest.mark.parametrize("folders", CLASSES)
def test_class_folders_are_labels(folders, tmp_path):
    for number, name in enumerate(folders.split()):
        save(tmp_path / name / f"{number}.png")
    splits, _ = image_folder.load(tmp_path, folder="", image_size=4)
    wanted = CLASSES[folders] or {}
    assert {name: split.labels.tolist() for name, split in splits.items() if split.labels is not None} == wanted


def test_class_folders_are_labels_where_a_hash_tells_the_splits(tmp_path):
    for number in range(60):
        save(tmp_path / ("fig", "pear")[number % 2] / f"{number}.png", (100 * (number % 2), 0, 0))
    dataset = zoo.data.load(section(tmp_path))
    assert {*dataset.splits} == {"train", "validation", "test"}
    for split in dataset.splits.values():
        assert [split.read(i)[0, 0, 0] // 100 for i in range(split.size)] == split.labels.tolist()
