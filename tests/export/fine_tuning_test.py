"""Classifiers on an exported encoder: frozen and fine-tuned on scikit-learn's digits."""

import numpy as np
import pytest

import zoo
from tests.export import families
from tests.export.tools_test import assert_refused, run
from zoo import data as data_sets
from zoo.data.dataset import Dataset, Split
from zoo.evaluation import classifier
from zoo.export import fine_tuning
from zoo.training.workdir import Workdir


def load(name):
    return data_sets.load(zoo.experiment(data={"name": name}, model=families.VAE, training={}).data, None)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def test_examples_are_images_in_the_unit_range_with_their_labels(digits):
    (images, labels), (test_images, test_labels) = fine_tuning.examples(digits, 20, seed=1)
    assert images.shape == (20, 8, 8, 1)
    assert images.dtype == np.float32
    assert images.min() == 0
    assert images.max() == 1
    assert len(test_images) == len(test_labels) == 297
    split = digits.splits["train"]
    for image, label in zip(images, labels, strict=True):
        (row,) = np.flatnonzero((np.abs(split.array / 16 - image) < 1e-6).all((1, 2, 3)))
        assert split.labels[row] == label
    other, _ = fine_tuning.examples(digits, 20, seed=2)
    assert not np.array_equal(other[0], images)


@pytest.mark.parametrize("count", [2_000, 0, -1, -1_000])
def test_numbers_of_labels_that_cannot_be(digits, count):
    with pytest.raises(ValueError, match=f"must be from 1 to 1350, the training examples of digits; found {count}"):
        fine_tuning.examples(digits, count, seed=0)


def test_vectors_are_given_as_they_are():
    toy = load("toy4")
    rows = np.arange(7)
    np.testing.assert_array_equal(fine_tuning.unit_images(toy, "test", rows), toy.splits["test"].array[rows])
    (images, labels), _ = fine_tuning.examples(toy, 11, seed=0)
    found = [np.flatnonzero((toy.splits["train"].array == image).all(1)) for image in images]
    np.testing.assert_array_equal([toy.splits["train"].labels[row] for (row,) in found], labels)


def test_data_without_labels(digits):
    bare = Dataset("bare", {name: Split(split.array) for name, split in digits.splits.items()}, digits.preprocessing)
    with pytest.raises(ValueError, match="data set bare has no labels to classify by"):
        fine_tuning.check(bare, [10])


def labelled(train, test):
    x = np.zeros((max(len(train), len(test)), 2, 2, 1), np.uint8)
    splits = {"train": Split(x[: len(train)], np.array(train)), "test": Split(x[: len(test)], np.array(test))}
    return Dataset("mine", splits, data_sets.Preprocessing((2, 2, 1), 256))


CLASSES = {
    "one example": ([0, 0, 1], [0], "has one training example of class 1; a class needs two"),
    "one class": ([3, 3, 3], [3], "has 1 class to train on"),
    "unseen": ([0, 0, 1, 1], [0, 2], "has no training example of class 2, which is tested"),
}


@pytest.mark.parametrize("what", CLASSES)
def test_classes_that_no_classifier_can_learn(what):
    train, test, reason = CLASSES[what]
    data = labelled(train, test)
    with pytest.raises(ValueError, match=f"data set mine {reason}"):
        fine_tuning.check(data, [1])
    with pytest.raises(ValueError, match=f"--data mine {reason}"):
        classifier.train(data)


def test_the_tool_says_what_cannot_be_before_a_model_is_loaded(tmp_path, digits):
    """There is no checkpoint, which would be said next."""
    workdir = Workdir(tmp_path)
    workdir.write(zoo.experiment(data={"name": "digits"}, training={}, model=families.VAE), digits.preprocessing)
    process = run("fine_tune", "--workdir", tmp_path, "--num_labels=10,-1000")
    assert_refused(process, "must be from 1 to 1350, the training examples of digits; found -1000")


def test_fine_tuning_beats_a_frozen_encoder_that_knows_nothing(exported, digits):
    """An untrained encoder in both places: frozen, its four numbers say little; trained, it is a classifier."""
    path = exported.path("vae")
    found = fine_tuning.compare(path, path, digits, 200, seed=0, steps=300, learning_rate=1e-2)
    assert found.keys() == {"frozen", "fine_tuned", "from_scratch"}
    assert found["fine_tuned"] == pytest.approx(found["from_scratch"], abs=0.02)
    assert found["fine_tuned"] > 0.8
    assert 0.1 < found["frozen"] < found["fine_tuned"] - 0.1
