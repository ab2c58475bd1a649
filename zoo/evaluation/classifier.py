"""A small convolutional classifier, whose last hidden layer gives features to compare images by."""

import json
import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

from zoo import atomic, paths, shares
from zoo.data import classes
from zoo.evaluation import draws, samples

FEATURES = 128
BATCH = 128
LEARNING_RATE = 2e-3


def build(image_shape, classes):
    """Two networks of images in [0, 1]: features [batch, 128], and logits [batch, classes], which holds the first."""
    image = keras.Input(image_shape)
    x = keras.layers.Conv2D(24, 5, 2, "same", activation="relu")(image)
    x = keras.layers.Conv2D(48, 3, 2, "same", activation="relu")(x)
    x = keras.layers.Flatten()(x)
    features = keras.layers.Dense(FEATURES, "relu")(x)
    logits = keras.layers.Dense(classes)(keras.layers.Dropout(0.3, seed=0)(features))
    return keras.Model(image, features), keras.Model(image, logits)


def train(data, epochs=4, seed=0, part=(1, 1)):
    """Trains a classifier on the labels of the training split.

    Args:
      data: a zoo.data.Dataset of labelled images.
      epochs: passes over the training split.
      seed: of the weights and of the order of the examples.
      part: (i, n), the share of the training split that it learns from. Shares of one n are disjoint, whatever the seeds.

    Returns:
      (features, logits, accuracy on the test split).

    Raises:
      ValueError: for data that are no images, or whose labels no classifier can be trained by.
    """
    if len(data.event_shape) != 3:
        raise ValueError(f"--data {data.name}: a classifier needs images with labels, like mnist")
    classes.check(data, "--data")
    keras.utils.set_random_seed(seed)
    (x, labels), (test, test_labels) = (_unit_examples(data, split, seed) for split in ("train", "test"))
    features, logits = build(data.event_shape, int(labels.max()) + 1)
    if part != (1, 1):
        # In a random order: a data set may be sorted by its labels.
        rows = shares.taken(np.random.RandomState(0).permutation(len(x)), part)
        x, labels = x[rows], labels[rows]
    batch = min(BATCH, len(x))
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * -(-len(x) // batch))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    logits.compile(keras.optimizers.Adam(rate), loss, jit_compile=False)
    logits.fit(x, labels, batch_size=batch, epochs=epochs, verbose=0)
    accuracy = np.mean(logits.predict(test, batch_size=500, verbose=0).argmax(1) == test_labels)
    return features, logits, float(accuracy)


def _unit_examples(data, split, seed):
    x, labels = draws.examples(data, seed=seed, split=split)
    return samples.to_unit(data, x), labels


def save(path, name, features, logits, accuracy):
    """Writes what zoo/evaluation/features.py reads, whole or not at all.

    Args:
      path: of the folder to make.
      name: what figures are to carry.
      features, logits: networks of images in [0, 1].
      accuracy: on the test split, for the record.

    Raises:
      FileExistsError: if there is something at the path.
    """
    path = paths.named(path).absolute()
    check_free(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = tf.TensorSpec([None, *features.input_shape[1:]], tf.float32, "x")
    networks = {"features": features, "logits": logits}
    functions = {key: tf.function(_inference(network), input_signature=[spec]) for key, network in networks.items()}
    with atomic.folder_beside(path) as folder, paths.literal(folder) as literal:
        new = pathlib.Path(folder, "new")
        variables = [variable.value for variable in logits.variables]
        tf.saved_model.save(tf.train.Checkpoint(**functions, variables=variables), f"{literal}/new", signatures=functions)
        (new / "features.json").write_text(json.dumps({"name": name, "accuracy": accuracy}))
        os.rename(new, path)


def _inference(network):
    return lambda x: network(x, training=False)


def check_free(path):
    """Raises FileExistsError if there is something at a path."""
    if paths.named(path).exists():
        raise FileExistsError(f"--output {path} exists already; choose another folder")
