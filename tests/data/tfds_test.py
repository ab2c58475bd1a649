"""TensorFlow Datasets: no network unless asked for, one-line errors, and the same pixels in memory and on disk."""

import os
import pathlib
import socket
import struct
import time

import numpy as np
import pytest
import tensorflow_datasets

import zoo.config
import zoo.data

COUNT = 20


class MadeUpPictures(tensorflow_datasets.core.GeneratorBasedBuilder):
    """A set that TFDS knows, because defining the class registers its name, and that needs no network."""

    VERSION = tensorflow_datasets.core.Version("1.0.0")
    IMAGE_SHAPE = (6, 8, 3)

    def _info(self):
        features = {
            "image": tensorflow_datasets.features.Image(shape=self.IMAGE_SHAPE),
            "label": tensorflow_datasets.features.ClassLabel(num_classes=COUNT),
        }
        return self.dataset_info_from_configs(features=tensorflow_datasets.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number in range(COUNT):
            yield number, {"image": picture(number, self.IMAGE_SHAPE), "label": number}


class MadeUpPicturesOfManySizes(MadeUpPictures):
    """Images that differ in size."""

    IMAGE_SHAPE = (None, None, 3)


class MadeUpFailure(MadeUpPictures):
    """A set whose building fails."""

    def _generate_examples(self):
        raise RuntimeError("the server is gone\nand this line says why at length")


def picture(number, shape):
    """The label can be read off every pixel."""
    noise = np.random.RandomState(number).randint(16, size=[side or 5 + number for side in shape])
    return (noise + 10 * number).astype(np.uint8)


def section(name, **options):
    return zoo.config.experiment(data={"name": name, **options}, model={}, training={}).data


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    for name in ("made_up_pictures", "made_up_pictures_of_many_sizes"):
        zoo.data.load(section(name, allow_download=True, image_size=4), folder)
    return folder


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("name", ["cifar10", "celeb_a", "celeb_a_hq/128"])
def test_a_missing_set_fails_at_once_with_folder_and_remedy(name, tmp_path, no_network):
    begin = time.monotonic()
    with pytest.raises(zoo.config.ConfigError) as refused:
        zoo.data.load(section(name), tmp_path)
    assert time.monotonic() - begin < 2
    message = str(refused.value)
    assert message.startswith("config.data.name: ")
    assert "\n" not in message
    assert str(tmp_path / name) in message
    assert "--config.data.allow_download=true" in message
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["minst", "no_such_set", "not a name!", "tfds"])
def test_an_unknown_name_is_said_to_be_unknown_to_both(name, tmp_path, no_network):
    with pytest.raises(zoo.config.ConfigError) as refused:
        zoo.data.load(section(name, allow_download=True), tmp_path)
    message = str(refused.value)
    assert "bars, digits, image_folder, lsun, rings, toy4, toy4_20" in message
    assert "TensorFlow Datasets" in message
    assert "\n" not in message
    assert len(message) < 400
    assert ("did you mean mnist" in message) == (name == "minst")


def test_a_set_that_cannot_be_built_gives_one_line(tmp_path):
    with pytest.raises(zoo.config.ConfigError, match="could not build made_up_failure in ") as refused:
        zoo.data.load(section("made_up_failure", allow_download=True), tmp_path)
    assert "\n" not in str(refused.value)


def test_images_and_labels_belong_together(data_dir, no_network):
    dataset = zoo.data.load(section("made_up_pictures"), data_dir)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 16, "test": 2, "validation": 2}
    assert (dataset.event_shape, dataset.preprocessing.levels) == ((6, 8, 3), 256)
    for name, split in dataset.splits.items():
        assert split.resident
        for image, label in zip(split.array, dataset.labels(name), strict=True):
            np.testing.assert_array_equal(image, picture(label, (6, 8, 3)))


def test_a_set_too_large_for_memory_gives_the_same_images_from_disk(data_dir, monkeypatch):
    in_memory = zoo.data.load(section("made_up_pictures"), data_dir).splits["train"]
    monkeypatch.setattr("zoo.data.tfds.RESIDENT_BYTES", 0)
    on_disk = zoo.data.load(section("made_up_pictures"), data_dir).splits["train"]
    assert (on_disk.array, on_disk.labels, on_disk.size) == (None, None, in_memory.size)
    np.testing.assert_array_equal(on_disk.read_batch(np.arange(16)), in_memory.array)


def test_images_of_many_sizes_need_one(data_dir):
    with pytest.raises(zoo.config.ConfigError, match=r"^config\.data\.image_size: the images of .* differ in size"):
        zoo.data.load(section("made_up_pictures_of_many_sizes"), data_dir)
    dataset = zoo.data.load(section("made_up_pictures_of_many_sizes", image_size=4), data_dir)
    assert next(iter(dataset.batches("train", 5, seed=0)))[dataset.key("train")].shape == (5, 4, 4, 3)


def spoil(file, damage):
    content = file.read_bytes()
    (length,) = struct.unpack_from("<Q", content)  # of the first record, which 16 more bytes frame
    kept = {"cut off": content[:-30], "cut between records": content[: length + 16], "empty": b"", "gone": b""}
    file.write_bytes(kept[damage])
    if damage == "gone":
        file.unlink()


@pytest.mark.parametrize("image_size", [0, 4])
@pytest.mark.parametrize("damage", ["cut off", "cut between records", "empty", "gone"])
def test_a_damaged_set_is_named(data_dir, tmp_path, damage, image_size):
    zoo.data.load(section("made_up_pictures", allow_download=True), tmp_path)
    (file,) = tmp_path.rglob("*.tfrecord*")
    spoil(file, damage)
    wanted = r"^config\.data\.name: made_up_pictures is damaged, delete it and build it again: "
    with pytest.raises(zoo.config.ConfigError, match=wanted) as refused:
        zoo.data.load(section("made_up_pictures", image_size=image_size), tmp_path)
    assert "\n" not in str(refused.value)


@pytest.fixture
def real_data():
    if "ZOO_TEST_DATA" not in os.environ:
        pytest.skip("set ZOO_TEST_DATA to a TFDS data_dir with real data")
    return pathlib.Path(os.environ["ZOO_TEST_DATA"])


def test_mnist_is_mnist(real_data, no_network):
    dataset = zoo.data.load(section("mnist", validation_fraction=0.1), real_data)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 54_000, "validation": 6000, "test": 10_000}
    assert dataset.event_shape == (28, 28, 1)
    train = [dataset.splits[name] for name in ("train", "validation")]
    # Counts of the ten digits and the mean grey level in [0, 1], as widely published.
    counts = np.bincount(np.concatenate([split.labels for split in train]))
    np.testing.assert_array_equal(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    np.testing.assert_array_equal(np.bincount(dataset.labels("test")), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    assert sum(split.array.sum(dtype=np.int64) for split in train) / (60_000 * 784 * 255) == pytest.approx(0.1307, abs=5e-5)


def test_binarized_mnist_is_binary(real_data, no_network):
    dataset = zoo.data.load(section("binarized_mnist", binarization="static"), real_data)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 50_000, "validation": 10_000, "test": 10_000}
    assert set(np.unique(dataset.splits["train"].array)) == {0, 1}
    assert dataset.preprocessing.levels == 2
