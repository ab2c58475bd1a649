"""Classifiers on an exported encoder: frozen and fine-tuned on scikit-learn's digits."""

import numpy as np
import pytest

import zoo
from tests.export import families
from zoo import data as data_sets
from zoo.export import fine_tuning


@pytest.fixture(scope="module")
def digits():
    return data_sets.load(zoo.experiment(data={"name": "digits"}, model=families.VAE, training={}).data, None)


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


def test_too_many_labels_are_refused(digits):
    with pytest.raises(ValueError, match="2000 labels are more than the"):
        fine_tuning.examples(digits, 2_000, seed=0)


def test_fine_tuning_beats_a_frozen_encoder_that_knows_nothing(exported, digits):
    """An untrained encoder in both places: frozen, its four numbers say little; trained, it is a classifier."""
    path = exported.path("vae")
    found = fine_tuning.compare(path, path, digits, 200, seed=0, steps=300, learning_rate=1e-2)
    assert found.keys() == {"frozen", "fine_tuned", "from_scratch"}
    assert found["fine_tuned"] == pytest.approx(found["from_scratch"], abs=0.02)
    assert found["fine_tuned"] > 0.8
    assert 0.1 < found["frozen"] < found["fine_tuned"] - 0.1
