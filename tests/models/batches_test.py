"""What a batch is to a model: its split goes with it, labels change nothing, and a mask has a name of its own."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo.data import Dataset, Preprocessing, Split

BATCH = 4
SHAPE = (2, 3, 1)
SIZES = {"train": 12, "validation": 7, "test": 9}


def build(resident):
    """A VAE of a data set whose splits are far apart in value."""
    splits = {}
    for number, (name, size) in enumerate(SIZES.items()):
        array = np.random.RandomState(number).randint(80, size=(size, *SHAPE)).astype(np.uint8) + np.uint8(80 * number)
        labels = np.arange(size)
        splits[name] = Split(array, labels) if resident else Split(labels=labels, read=array.__getitem__, size=size)
    return zoo.build(tiny.experiment("vae"), data=Dataset("three", splits, Preprocessing(SHAPE, 256)))


@pytest.fixture(scope="module", params=[True, False], ids=["resident", "streamed"])
def model(request):
    """One that is only looked at."""
    return build(request.param)


def evaluated(model, batches):
    return model.evaluate(batches, verbose=0, return_dict=True)


def examples(model, split):
    """x of a whole split, in batches of the size and with the mask that an ordered pass has."""
    data, size = model.data, SIZES[split]
    rows = np.minimum(np.arange(-(-size // BATCH) * BATCH), size - 1)
    x = data.preprocessing(data.splits[split].read_batch(rows), (0, 0))
    return x, (np.arange(len(rows)) < size).astype(np.float32)


@pytest.mark.parametrize("split", SIZES)
def test_each_split_is_measured_on_its_own_examples(model, split):
    x, mask = examples(model, split)
    by_hand = evaluated(model, tf.data.Dataset.from_tensor_slices({"x": x, "mask": mask}).batch(BATCH))
    for labels in (False, True):
        found = evaluated(model, model.data.ordered_batches(split, BATCH, labels=labels))
        assert found == pytest.approx(by_hand, rel=1e-6)  # a graph divides by 255 as it likes
    for other in SIZES.keys() - {split}:
        assert evaluated(model, model.data.ordered_batches(other, BATCH)) != pytest.approx(by_hand, rel=1e-2)


def test_labels_are_neither_a_mask_nor_trained_on(model):
    x = examples(model, "train")[0]
    alone, beside = (tf.data.Dataset.from_tensor_slices(data).batch(BATCH) for data in (x, (x, np.zeros(len(x)))))
    assert evaluated(model, alone) == evaluated(model, beside)


@pytest.mark.parametrize("resident", [True, False])
def test_a_step_on_a_split_is_a_step_on_its_examples(resident):
    one, other = build(resident), build(resident)
    (batch,) = one.data.batches("validation", BATCH, seed=1, steps=1, labels=True)
    shown, by_hand = one.train_step(batch), other.train_step(one.data.decode(batch, (0, 0)))
    assert shown == by_hand
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
