"""Batches are a pure function of (seed, step), each epoch is a permutation, and index vectors decode to raw batches."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import noise
from zoo.config import ConfigError
from zoo.data import Dataset, Preprocessing, Split, order

SHAPE = (2, 3, 1)
SEED = tf.constant([3, 4])


def make(size=10, resident=True, **preprocessing):
    array = np.random.RandomState(0).randint(256, size=(size, *SHAPE)).astype(np.uint8)
    split = Split(array) if resident else Split(read=array.__getitem__, size=size)
    return Dataset("made", {"train": split}, Preprocessing(SHAPE, 256, **preprocessing))


KEY = "train (10) of made"


def indices(dataset, batch_size, **options):
    key = dataset.key("train")
    return np.array([batch[key] for batch in dataset.batches("train", batch_size, **options).as_numpy_iterator()])


@pytest.mark.parametrize(("size", "batch_size"), [(10, 3), (10, 10), (7, 4), (1, 1), (5, 1)])
def test_every_epoch_is_a_permutation_also_where_batches_cross_it(size, batch_size):
    seen = indices(make(size), batch_size, seed=1, steps=4 * size).ravel()
    epochs = seen[: 4 * size].reshape(4, size)
    np.testing.assert_array_equal(np.sort(epochs), np.tile(np.arange(size), (4, 1)))


def test_several_batches_at_once_are_those_one_after_the_other():
    several = order.shuffled_batches(5, 4, 3, 10, seed=2)
    np.testing.assert_array_equal(several, [order.shuffled_batch(5 + i, 3, 10, seed=2) for i in range(4)])


def test_position_p_holds_element_p_of_its_epochs_permutation():
    """By its definition, one index at a time; another order would make a resumed run another run."""
    size, batch_size, seed = 7, 3, 5
    words = tf.unstack(noise.seed_for(seed, 0, "shuffle"))
    for position, found in enumerate(np.ravel([order.shuffled_batch(step, batch_size, size, seed) for step in range(7)])):
        epoch, element = divmod(position, size)
        wanted = tf.raw_ops.RandomIndexShuffle(index=element, seed=[*words, epoch], max_index=size - 1, rounds=order.ROUNDS)
        assert found == wanted


def test_epochs_are_in_different_orders():
    epochs = indices(make(10), 10, seed=1, steps=4)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_the_order_keeps_no_trace_of_the_last_epoch_or_of_the_last_position():
    """Correlations within 5 standard errors of 0 (the true value is -1 / 54,000); with 4 rounds they are 0.79 and -0.24."""
    epochs, positions, size = 20, 2000, 54_000
    drawn = [order.shuffled_batch(epoch * size // positions, positions, size, seed=0) for epoch in range(epochs)]
    drawn = np.array(drawn, np.float64) / size
    standard_error = 1 / np.sqrt(epochs * positions)
    assert abs(correlation(drawn[:-1], drawn[1:])) < 5 * standard_error
    for lag in (1, 2, 4, 8):
        assert abs(correlation(drawn[:, :-lag], drawn[:, lag:])) < 5 * standard_error


def correlation(a, b):
    return np.mean([np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)])


def test_batches_are_a_function_of_seed_and_step():
    whole = indices(make(), 3, seed=5, steps=20)
    np.testing.assert_array_equal(indices(make(), 3, seed=5, steps=20), whole)
    np.testing.assert_array_equal(indices(make(), 3, seed=5, start_step=7, steps=13), whole[7:])
    assert (indices(make(), 3, seed=6, steps=20) != whole).any()


def test_a_late_step_is_reached_at_once():
    """At 10^10 positions, beyond int32."""
    late = indices(make(1000), 1000, seed=0, start_step=10**7, steps=1)
    np.testing.assert_array_equal(np.sort(late[0]), np.arange(1000))


def test_cardinality_and_shapes_are_known():
    dataset = make()
    assert dataset.batches("train", 3, seed=0).cardinality() == tf.data.INFINITE_CARDINALITY
    assert dataset.batches("train", 3, seed=0, start_step=9, steps=4).cardinality() == 4
    assert dataset.batches("train", 3, seed=0).element_spec == {KEY: tf.TensorSpec([3], tf.int32)}
    streamed = make(resident=False).batches("train", 3, seed=0)
    assert streamed.element_spec == {KEY: tf.TensorSpec([3, *SHAPE], tf.uint8)}


@pytest.mark.parametrize("resident", [True, False])
def test_a_batch_larger_than_the_split_is_refused(resident):
    with pytest.raises(ConfigError, match=r"config\.data\.batch_size: must be at most 10, found 11"):
        make(resident=resident).batches("train", 11, seed=0)


def test_a_missing_split_is_named():
    with pytest.raises(ConfigError, match="no split 'validation'; choose from train"):
        make().size("validation")


def test_resident_and_streamed_splits_give_the_same_x():
    resident, streamed = make(dequantization="uniform"), make(resident=False, dequantization="uniform")
    resident.place("train")
    pairs = zip(resident.batches("train", 4, seed=2, steps=6), streamed.batches("train", 4, seed=2, steps=6), strict=True)
    for step, (index, raw) in enumerate(pairs):
        seed = [7, step]
        np.testing.assert_array_equal(resident.decode(index, seed), streamed.decode(raw, seed))


def test_an_array_above_the_limit_is_streamed(monkeypatch):
    monkeypatch.setattr("zoo.data.dataset.RESIDENT_BYTES", 10 * 6 - 1)
    dataset = make()
    raw = next(dataset.batches("train", 4, seed=2).as_numpy_iterator())[KEY]
    index = order.shuffled_batch(0, 4, 10, 2)
    np.testing.assert_array_equal(raw, dataset.splits["train"].array[index])


@pytest.mark.parametrize(("size", "batch_size", "batches"), [(10, 4, 3), (8, 4, 2), (3, 4, 1)])
def test_one_pass_in_order_pads_the_last_batch_with_the_last_example(size, batch_size, batches):
    ordered = make(size).ordered_batches("train", batch_size)
    assert ordered.cardinality() == batches
    key = make(size).key("train")
    index, mask = (np.concatenate([batch[name] for batch in ordered.as_numpy_iterator()]) for name in (key, "mask"))
    np.testing.assert_array_equal(index, np.minimum(np.arange(batches * batch_size), size - 1))
    np.testing.assert_array_equal(mask, np.arange(batches * batch_size) < size)


def test_one_pass_over_a_streamed_split_gives_the_same_examples():
    resident, streamed = make(), make(resident=False)
    assert streamed.ordered_batches("train", 4).cardinality() == 3
    pairs = zip(resident.ordered_batches("train", 4), streamed.ordered_batches("train", 4), strict=True)
    for index, raw in pairs:
        np.testing.assert_array_equal(raw[KEY], resident.splits["train"].array[index[KEY]])
        np.testing.assert_array_equal(index["mask"], raw["mask"])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_decode_works_in_a_compiled_function_and_keeps_static_shapes(jit_compile):
    dataset = make(value_range="symmetric")
    dataset.place("train")

    @tf.function(jit_compile=jit_compile)
    def decode(index):
        x = dataset.decode({KEY: index}, SEED)
        assert x.shape == (3, *SHAPE)
        return x

    index = tf.constant([9, 0, 4])
    wanted = dataset.splits["train"].array[index] / np.float32(127.5) - 1
    np.testing.assert_allclose(decode(index), wanted, atol=2e-7)  # a few roundings of numbers below 2


def test_decode_before_place_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"call place\('train'\)"):
        make().decode({KEY: tf.constant([1, 2])}, SEED)


def test_place_makes_one_variable_and_only_outside_of_functions():
    dataset = make()
    with pytest.raises(RuntimeError, match=r"outside of tf\.function"):
        tf.function(lambda: dataset.place("train"))()
    made = []

    def note(next_creator, **arguments):
        made.append(arguments["name"])
        return next_creator(**arguments)

    with tf.variable_creator_scope(note):
        dataset.place("train")
        dataset.place("train")
        make(resident=False).place("train")
    assert made == ["train_examples"]


def test_a_model_does_not_track_the_examples():
    dataset = make()
    dataset.place("train")
    model = keras.Sequential([keras.layers.Dense(1)])
    model.data = dataset
    model.build((None, 2))
    assert len(model.variables) == 2
    assert "data" not in tf.train.Checkpoint(model=model).model._trackable_children()


@pytest.mark.parametrize("resident", [True, False])
def test_a_subset_keeps_its_examples_in_the_order_asked_for(resident):
    split = make(resident=resident).splits["train"]
    subset = split.subset(np.array([7, 2]))
    assert subset.size == 2
    np.testing.assert_array_equal(subset.read_batch(np.array([0, 1])), np.stack([split.read(7), split.read(2)]))


def labelled(resident):
    array = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    labels = np.arange(100, 110)
    split = Split(array, labels) if resident else Split(labels=labels, read=array.__getitem__, size=10)
    dataset = Dataset("ten", {"train": split}, Preprocessing((1, 1, 1), 256))
    dataset.place("train")
    return dataset


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("ordered", [True, False])
def test_labels_stay_beside_their_examples(resident, ordered):
    dataset = labelled(resident)
    batches = (
        dataset.ordered_batches("train", 4, labels=True)
        if ordered
        else dataset.batches("train", 4, seed=0, steps=5, labels=True)
    )
    for batch in batches:
        x = dataset.decode(batch, SEED).numpy().ravel()
        np.testing.assert_array_equal(np.round(255 * x) + 100, batch["label"])
    assert batches.element_spec["label"] == tf.TensorSpec([4], tf.int64)


def test_labels_that_are_not_there_are_refused():
    with pytest.raises(ConfigError, match="the train split of made has no labels"):
        make().batches("train", 3, seed=0, labels=True)


@pytest.mark.parametrize("other", [("other", "0" * 64, 10), ("made", "1" * 64, 10), ("made", "0" * 64, 9)])
def test_a_batch_of_another_data_set_or_of_another_cut_is_refused(other):
    """The same indices name other examples there, and nothing else would tell."""
    one, two = (
        Dataset(name, make(size).splits, Preprocessing(SHAPE, 256), mark)
        for name, mark, size in (("made", "0" * 64, 10), other)
    )
    one.place("train")
    (batch,) = two.batches("train", 3, seed=0, steps=1)
    with pytest.raises(
        ValueError, match=r"^expected a batch of train \(10\) of made 00000000, found one of train \(.*"
    ) as refused:
        one.decode(batch, SEED)
    assert "\n" not in str(refused.value)
