"""How good an exported encoder is for a classifier with few labels: frozen, fine-tuned, and from scratch.

One dense layer with a softmax stands on the codes, and is trained by Adam on the first labels of a random order. Frozen, only
that layer is trained; fine-tuned and from scratch, the encoder too, from the weights of the export or from untrained ones.
"""

import keras
import numpy as np
import tensorflow as tf

from zoo.data import classes
from zoo.export.layers import as_layer


def unit_images(data, split, indices):
    """Examples of a split as every export takes them, float32: images in [0, 1], and vectors as they are."""
    raw = data.splits[split].read_batch(np.sort(indices)).astype(np.float32)
    return raw / (data.preprocessing.levels - 1) if data.preprocessing.levels else raw


def check(data, num_labels):
    """Refuses data and numbers of labels that no classifier can be trained with.

    Args:
      data: a zoo.data.Dataset.
      num_labels: how many labels, a list.

    Raises:
      ValueError: one line.
    """
    classes.check(data)
    size = data.splits["train"].size
    for count in num_labels:
        if not 1 <= count <= size:
            raise ValueError(
                f"the number of labels must be from 1 to {size}, the training examples of {data.name}; found {count}"
            )


def examples(data, num_labels, seed):
    """(images, labels) of `num_labels` training examples, and of the test split.

    Raises:
      ValueError: as `check` does.
    """
    check(data, [num_labels])
    splits = data.splits
    chosen = np.sort(np.random.RandomState(seed).permutation(splits["train"].size)[:num_labels])
    everything = np.arange(splits["test"].size)
    train = unit_images(data, "train", chosen), np.asarray(splits["train"].labels)[chosen]
    return train, (unit_images(data, "test", everything), np.asarray(splits["test"].labels))


def accuracy(handle, train, test, *, trainable, seed, steps=1_000, batch_size=50, learning_rate=1e-3):
    """The share of the test examples that a classifier on an exported encoder gets right, in [0, 1].

    Args:
      handle: of the exported model, which has an encoder.
      train, test: (images, labels) each.
      trainable: whether the encoder is trained too.
      seed: of the dense layer and of the order of the examples.
      steps, batch_size, learning_rate: of the training.
    """
    keras.utils.set_random_seed(seed)
    images, labels = train
    inputs = keras.Input(images.shape[1:])
    codes = as_layer(handle, "encoder", trainable=trainable)(inputs)
    classes = int(max(labels.max(), test[1].max())) + 1
    model = keras.Model(inputs, keras.layers.Dense(classes)(codes))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"], jit_compile=False)
    # One epoch of Keras: hundreds of short ones would take longer to begin and end than to train.
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed).repeat().batch(batch_size)
    model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)  # they are shuffled
    return float(model.evaluate(*test, batch_size=500, verbose=0, return_dict=True)["accuracy"])


def compare(trained, untrained, data, num_labels, seed, **options):
    """{"frozen", "fine_tuned", "from_scratch"}: the accuracies with `num_labels` labels.

    Args:
      trained, untrained: handles of two exports of one config.
      data: a zoo.data.Dataset with labels.
      num_labels: how many.
      seed: of everything that is random.
      **options: of `accuracy`.
    """
    train, test = examples(data, num_labels, seed)
    setups = {"frozen": (trained, False), "fine_tuned": (trained, True), "from_scratch": (untrained, True)}
    return {
        name: accuracy(handle, train, test, trainable=trainable, seed=seed, **options)
        for name, (handle, trainable) in setups.items()
    }
