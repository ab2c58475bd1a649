"""TensorFlow Datasets: no network unless asked for, one-line errors, and the same pixels in memory and on disk."""

import os
import pathlib
import shutil
import socket
import struct

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets

import zoo.config
import zoo.data
from zoo.data import tfds

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


class MadeUpFloatLabels(MadeUpPictures):
    """A set whose labels are no classes."""

    LABEL = tensorflow_datasets.features.Scalar(np.float32)

    def _info(self):
        features = {"image": tensorflow_datasets.features.Image(shape=self.IMAGE_SHAPE), "label": self.LABEL}
        return self.dataset_info_from_configs(features=tensorflow_datasets.features.FeaturesDict(features))


class MadeUpTextLabels(MadeUpFloatLabels):
    """The same with words."""

    LABEL = tensorflow_datasets.features.Text()

    def _generate_examples(self):
        for number, example in super()._generate_examples():
            yield number, example | {"label": str(number)}


class MadeUpTransparentPictures(MadeUpPictures):
    """Half-transparent images."""

    IMAGE_SHAPE = (6, 8, 4)


class MadeUpNames(MadeUpPictures):
    """Splits that are called otherwise."""

    def _split_generators(self, dl_manager):
        return {name: self._generate_examples() for name in ("training", "val", "Test", "unlabelled")}


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
def test_a_missing_set_fails_without_the_network_and_with_folder_and_remedy(name, tmp_path, no_network):
    with pytest.raises(zoo.config.ConfigError) as refused:
        zoo.data.load(section(name), tmp_path)
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
    assert "arrays, bars, digits, huggingface, image_folder, lsun, rings, toy4, toy4_20" in message
    assert "TensorFlow Datasets" in message
    assert "\n" not in message
    assert len(message) < 400
    assert ("did you mean mnist" in message) == (name == "minst")


def test_a_set_that_cannot_be_built_gives_one_line(tmp_path):
    with pytest.raises(zoo.config.ConfigError, match="could not build made_up_failure in ") as refused:
        zoo.data.load(section("made_up_failure", allow_download=True), tmp_path)
    assert "\n" not in str(refused.value)


def test_images_and_labels_belong_together(data_dir, no_network, caplog):
    dataset = zoo.data.load(section("made_up_pictures"), data_dir)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 16, "test": 2, "validation": 2}
    assert (dataset.event_shape, dataset.preprocessing.levels) == ((6, 8, 3), 256)
    for name, split in dataset.splits.items():
        assert split.resident
        for image, label in zip(split.array, dataset.labels(name), strict=True):
            np.testing.assert_array_equal(image, picture(label, (6, 8, 3)))
    assert not [record for record in caplog.records if "deprecated" in record.message]


def test_a_set_too_large_for_memory_gives_the_same_images_from_disk(data_dir, monkeypatch):
    in_memory = zoo.data.load(section("made_up_pictures"), data_dir).splits["train"]
    monkeypatch.setattr("zoo.data.tfds.RESIDENT_BYTES", 0)
    on_disk = zoo.data.load(section("made_up_pictures"), data_dir).splits["train"]
    assert (on_disk.array, on_disk.size) == (None, in_memory.size)
    np.testing.assert_array_equal(on_disk.labels, in_memory.labels)
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


@pytest.mark.parametrize("kind", ["float", "text"])
def test_labels_that_are_no_classes_are_left_out(kind, tmp_path):
    dataset = zoo.data.load(section(f"made_up_{kind}_labels", allow_download=True), tmp_path)
    assert (dataset.size("train"), dataset.labels("train")) == (16, None)


def test_the_usual_names_of_splits_are_known_and_others_named(tmp_path, caplog):
    dataset = zoo.data.load(section("made_up_names", allow_download=True), tmp_path)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": COUNT, "validation": COUNT, "test": COUNT}
    assert "made_up_names: unlabelled not used, only training, val, Test" in [record.message for record in caplog.records]


def test_transparent_images_are_laid_on_white_in_memory_too(tmp_path, monkeypatch):
    section_ = section("made_up_transparent_pictures", allow_download=True)
    train = zoo.data.load(section_, tmp_path).splits["train"]
    monkeypatch.setattr("zoo.data.tfds.RESIDENT_BYTES", 0)
    on_disk = zoo.data.load(section_, tmp_path).splits["train"]
    np.testing.assert_array_equal(on_disk.read_batch(np.arange(16)), train.array)
    for image, label in zip(train.array, train.labels, strict=True):
        *colour, alpha = np.moveaxis(picture(label, (6, 8, 4)).astype(float), -1, 0)
        on_white = [255 + (value - 255) * alpha / 255 for value in colour]
        np.testing.assert_allclose(image, np.stack(on_white, -1), atol=1)


@pytest.mark.parametrize("limit", [2**30, 0], ids=["in memory", "on disk"])
def test_array_records_are_read(limit, tmp_path, no_network, monkeypatch):
    MadeUpPictures(data_dir=tmp_path, file_format="array_record").download_and_prepare()
    monkeypatch.setattr("zoo.data.tfds.RESIDENT_BYTES", limit)
    dataset = zoo.data.load(section("made_up_pictures"), tmp_path)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 16, "test": 2, "validation": 2}
    images = {split.read(i).tobytes() for split in dataset.splits.values() for i in range(split.size)}
    assert images == {picture(number, (6, 8, 3)).tobytes() for number in range(COUNT)}
    if limit:
        for image, label in zip(dataset.splits["train"].array, dataset.labels("train"), strict=True):
            np.testing.assert_array_equal(image, picture(label, (6, 8, 3)))


@pytest.mark.parametrize("name", ["lr=[0.1]", "a*b?", "a\\b", "~ #%"])
@pytest.mark.parametrize("file_format", ["tfrecord", "array_record"])
def test_a_set_in_any_folder_is_read(name, file_format, tmp_path, no_network):
    MadeUpPictures(data_dir=tmp_path / "plain", file_format=file_format).download_and_prepare()
    plain = zoo.data.load(section("made_up_pictures"), tmp_path / "plain")
    odd = zoo.data.load(section("made_up_pictures"), (tmp_path / "plain").rename(tmp_path / name))
    np.testing.assert_array_equal(odd.splits["train"].array, plain.splits["train"].array)


@pytest.mark.parametrize("name", ["a\nb", os.fsdecode(b"a\xe9")], ids=ascii)
def test_a_folder_that_is_no_text_of_one_line_is_refused_and_its_sets_are_not_called_damaged(name, tmp_path):
    (tmp_path / name / "made_up_pictures").mkdir(parents=True)
    with pytest.raises(
        zoo.config.ConfigError, match=r"made_up_pictures is looked for in --data_dir .*: a path must be UTF-8"
    ) as told:
        zoo.data.load(section("made_up_pictures"), tmp_path / name)
    assert str(told.value).isprintable()


def test_a_format_that_cannot_be_read_is_named(tmp_path):
    MadeUpPictures(data_dir=tmp_path, file_format="parquet").download_and_prepare()
    with pytest.raises(zoo.config.ConfigError, match=r"^config\.data\.name: .* stored as parquet.*tfrecord'$"):
        zoo.data.load(section("made_up_pictures"), tmp_path)


@pytest.mark.parametrize("file_format", ["tfrecord", "array_record"])
@pytest.mark.parametrize("image_size", [0, 4])
@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 99], ids=["empty", "short", "long"])
def test_a_file_of_anything_is_named(file_format, image_size, content, tmp_path):
    MadeUpPictures(data_dir=tmp_path, file_format=file_format).download_and_prepare()
    (file,) = (path for path in tmp_path.rglob("*record*") if path.is_file())
    file.write_bytes(content)
    with pytest.raises(zoo.config.ConfigError, match="made_up_pictures is damaged, delete it and build it again") as refused:
        zoo.data.load(section("made_up_pictures", image_size=image_size), tmp_path)
    assert "\n" not in str(refused.value)


def example(**features):
    """A serialized tf.train.Example of bytes."""
    made = {name: tf.train.Feature(bytes_list=tf.train.BytesList(value=values)) for name, values in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()


RECORDS = {
    "garbage": b"\xff\xff\xff garbage",
    "empty": b"",
    "another Example": example(sound=[b"moo"]),
    "two images": example(image=[b"", b""]),
    "no picture": example(image=[b"no picture"]),
    "no bytes": tf.train.Example(
        features=tf.train.Features(feature={"image": tf.train.Feature(float_list=tf.train.FloatList(value=[1.0]))})
    ).SerializeToString(),
}


@pytest.mark.parametrize("what", RECORDS)
def test_records_that_are_no_example_with_an_image_are_named(what, tmp_path, monkeypatch):
    zoo.data.load(section("made_up_pictures", allow_download=True), tmp_path)
    (file,) = tmp_path.rglob("*.tfrecord*")
    with tf.io.TFRecordWriter(str(file)) as writer:
        for _ in range(COUNT):
            writer.write(RECORDS[what])
    with pytest.raises(zoo.config.ConfigError, match=r"is damaged, delete it and build it again: .") as refused:
        zoo.data.load(section("made_up_pictures"), tmp_path)
    assert "\n" not in str(refused.value)
    with pytest.raises(zoo.config.ConfigError, match=r"max_unreadable: 20 of 20 pictures checked cannot be decoded") as refused:
        zoo.data.load(section("made_up_pictures", image_size=4), tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["dataset_info.json", "features.json", "*.tfrecord*", "extra"])
def test_a_pipe_is_not_waited_for(name, tmp_path):
    zoo.data.load(section("made_up_pictures", allow_download=True), tmp_path)
    (folder,) = (path.parent for path in tmp_path.rglob("dataset_info.json"))
    path = next(folder.glob(name), folder / name)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(zoo.config.ConfigError, match=rf"^config\.data\.name: {path} is no file; remove it$"):
        zoo.data.load(section("made_up_pictures"), tmp_path)


@pytest.mark.parametrize("name", ["[a]", "a*b?", "naïve space"])
def test_any_data_dir_is_read(name, data_dir, tmp_path):
    path = tmp_path / name
    shutil.copytree(data_dir, path)
    dataset = zoo.data.load(section("made_up_pictures"), path)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 16, "test": 2, "validation": 2}
    assert zoo.data.load(section("made_up_pictures", image_size=4), path).size("train") == 16


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


SLICES = {
    "shares": ({"train": "train[:25%]", "test": "train[75%:]"}, {"train": range(5), "test": range(15, 20)}),
    "numbers": ({"train": "train[4:]", "validation": "train[:4]"}, {"train": range(4, 20), "validation": range(4)}),
    "from the end": ({"train": "train[:-2]", "test": "train[-2:]"}, {"train": range(18), "test": range(18, 20)}),
    "a sum": ({"train": "train[:2]+train[6:8]", "test": "train[8:]"}, {"train": (0, 1, 6, 7), "test": range(8, 20)}),
}


@pytest.mark.parametrize("image_size", [0, 4])
@pytest.mark.parametrize("what", SLICES)
def test_slices_are_splits(what, image_size, data_dir, no_network):
    """The examples of this set are in an order of TFDS's own, which the labels of the whole split show."""
    given, wanted = SLICES[what]
    whole, _ = tfds.load(data_dir, "made_up_pictures")
    order = whole["train"].labels
    splits, _ = tfds.load(data_dir, "made_up_pictures", image_size=image_size, **given)
    for name, rows in wanted.items():
        assert splits[name].labels.tolist() == order[list(rows)].tolist()
        assert [int(splits[name].read(i).min()) // 10 for i in range(splits[name].size)] == order[list(rows)].tolist()


WRONG_SLICES = {
    "overlap": ({"train": "train[:75%]", "test": "train[50%:]"}, "test: train.50%:. shares 5 examples with train.:75%."),
    "no slice": ({"train": "train[:a]"}, "train: 'train.:a.' is no slice of made_up_pictures, whose splits are train"),
    "no split": ({"test": "unseen[:50%]"}, "test: 'unseen.:50%.' is no slice of .*Unknown split"),
    "no rows": ({"test": "train[3:3]"}, "test: 'train.3:3.' holds no examples"),
}


@pytest.mark.parametrize("what", WRONG_SLICES)
def test_wrong_slices_are_named(what, data_dir, no_network):
    given, reason = WRONG_SLICES[what]
    with pytest.raises(zoo.config.ConfigError, match=rf"^config\.data\.{reason}") as refused:
        zoo.data.load(section("made_up_pictures", **given), data_dir)
    assert "\n" not in str(refused.value)


class MadeUpAttributes(MadeUpPictures):
    """Labels within another feature."""

    def _info(self):
        attributes = {"odd": tensorflow_datasets.features.Scalar(np.bool_), "name": tensorflow_datasets.features.Text()}
        features = {"image": tensorflow_datasets.features.Image(shape=self.IMAGE_SHAPE), "attributes": attributes}
        return self.dataset_info_from_configs(features=tensorflow_datasets.features.FeaturesDict(features))

    def _generate_examples(self):
        for number in range(COUNT):
            attributes = {"odd": bool(number % 2), "name": str(number)}
            yield number, {"image": picture(number, self.IMAGE_SHAPE), "attributes": attributes}


@pytest.mark.parametrize("image_size", [0, 4])
def test_a_feature_within_another_may_be_the_label(image_size, tmp_path):
    options = {"image_size": image_size, "allow_download": True}
    splits, _ = tfds.load(tmp_path, "made_up_attributes", label="attributes/odd", **options)
    numbers = [int(splits["train"].read(i).min()) // 10 for i in range(COUNT)]
    assert splits["train"].labels.tolist() == [number % 2 for number in numbers]
    assert tfds.load(tmp_path, "made_up_attributes", **options)[0]["train"].labels is None
    for other in ("attributes/name", "attributes/even", "odd", "attributes"):
        with pytest.raises(zoo.config.ConfigError, match=r"^config\.data\.label: made_up_attributes has no whole number"):
            tfds.load(tmp_path, "made_up_attributes", label=other, **options)
