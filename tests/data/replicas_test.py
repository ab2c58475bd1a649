"""Two replicas see the slices of the batch that one device sees, with the same dequantization noise.

A MirroredStrategy needs its devices before TensorFlow starts and one process to itself: this file, run as a program, is it.
"""

import sys

import numpy as np
import pytest

from tests import commands


def make(resident):
    from zoo.data import Dataset, Preprocessing, Split

    array = np.random.RandomState(0).randint(256, size=(10, 4, 4, 1)).astype(np.uint8)
    split = Split(array) if resident else Split(read=array.__getitem__, size=10)
    return Dataset("made", {"train": split}, Preprocessing((4, 4, 1), 256, dequantization="uniform"))


def on_one_device(dataset):
    dataset.place("train")
    batches = dataset.batches("train", 6, seed=1, steps=4)
    return [dataset.decode(batch, [5, step]).numpy() for step, batch in enumerate(batches)]


def on_two_replicas(dataset, strategy):
    import tensorflow as tf

    with strategy.scope():
        dataset.place("train")

    @tf.function
    def decode(batch, step):
        x = strategy.run(lambda batch: dataset.decode(batch, [5, step]), (batch,))
        return tf.concat(strategy.experimental_local_results(x), 0)

    batches = strategy.experimental_distribute_dataset(dataset.batches("train", 6, seed=1, steps=4))
    return [decode(batch, tf.constant(step)).numpy() for step, batch in enumerate(batches)]


@pytest.mark.parametrize("kind", ["resident", "streamed"])
def test_two_replicas_see_what_one_device_sees(kind, tmp_path):
    commands.run_module("tests.data.replicas_test", kind, tmp_path / "x.npz").check_returncode()
    x = np.load(tmp_path / "x.npz")
    assert x["one"].shape == (4, 6, 4, 4, 1)
    np.testing.assert_array_equal(x["one"], x["two"])


if __name__ == "__main__":
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    is_resident = sys.argv[1] == "resident"
    np.savez(sys.argv[2], one=on_one_device(make(is_resident)), two=on_two_replicas(make(is_resident), mirrored))
