"""How good an exported encoder is for a classifier with few labels: frozen, fine-tuned, and from scratch.

    frozen          logistic regression on the codes
    fine_tuned      from the encoder's weights and that regression's, both trained on
    from_scratch    the same networks from untrained weights

The last two are trained by Adam on all of the labels for the same number of steps, and what is tested is the average of their
weights. Trained weights move at a lower rate than untrained ones: at the rate of those they forget what they know. Beginning
with the regression keeps the first steps, of a head that knows nothing, from spoiling the encoder.

Source: Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution" (2022), section 3.4.
"""

import keras
import numpy as np
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zoo.data import classes
from zoo.export.layers import as_layer

RATES = {"fine_tuned": 3e-4, "from_scratch": 1e-3}
AVERAGED = 0.99  # decay of the averages, a step: over the last hundred
UNSEEN = -10.0  # the logit of a class of which there is no label: e^-10 of one that is certain
BATCH = 50


def unit_images(data, split, indices):
    """Examples of a split as every export takes them, float32: images in [0, 1], and vectors as they are."""
    return data.preprocessing.unit(data.splits[split].read_batch(np.sort(indices)))


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
      ValueError: as `check` does, or if the labels that were drawn are of one class.
    """
    check(data, [num_labels])
    splits = data.splits
    chosen = np.sort(np.random.RandomState(seed).permutation(splits["train"].size)[:num_labels])
    everything = np.arange(splits["test"].size)
    labels = np.asarray(splits["train"].labels)[chosen]
    if len(np.unique(labels)) < 2:
        raise ValueError(f"the {num_labels} labels of seed {seed} are of one class; raise --num_labels")
    train = unit_images(data, "train", chosen), labels
    return train, (unit_images(data, "test", everything), np.asarray(splits["test"].labels))


def probe(codes, labels, num_classes):
    """Logistic regression on codes [n, d] as a linear map: (kernel [d, num_classes], bias [num_classes])."""
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(codes, labels)
    scaler, regression = fitted[0], fitted[1]
    rows, intercepts = regression.coef_, regression.intercept_
    if len(rows) == 1:  # of two classes it gives the difference of their logits
        rows, intercepts = np.concatenate([-rows, rows]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    kernel, bias = np.zeros((codes.shape[1], num_classes)), np.full(num_classes, UNSEEN)
    kernel[:, regression.classes_] = (rows / scaler.scale_).T
    bias[regression.classes_] = intercepts - rows @ (scaler.mean_ / scaler.scale_)
    return kernel.astype(np.float32), bias.astype(np.float32)


def accuracy(handle, train, test, setup, *, seed, steps=1_000):
    """The share of the test examples that a classifier on an exported encoder gets right, in [0, 1].

    Args:
      handle: of the exported model, which has an encoder.
      train, test: (images, labels) each.
      setup: frozen, fine_tuned or from_scratch.
      seed: of the dense layer and of the order of the examples.
      steps: of the training.
    """
    keras.utils.set_random_seed(seed)
    images, labels = train
    inputs = keras.Input(images.shape[1:])
    encoder = as_layer(handle, "encoder", trainable=setup != "frozen")
    head = keras.layers.Dense(int(max(labels.max(), test[1].max())) + 1)
    model = keras.Model(inputs, head(encoder(inputs)))
    if setup != "from_scratch":
        codes = np.concatenate([encoder(tf.constant(images[i : i + 500])) for i in range(0, len(images), 500)])
        head.set_weights(probe(codes, labels, head.units))
    rate = RATES.get(setup, 0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(rate, use_ema=True, ema_momentum=AVERAGED)
    model.compile(adam, loss, metrics=["accuracy"], jit_compile=False)
    if rate:
        # One epoch of Keras, at whose end the averages take the place of the weights: hundreds of short ones would take
        # longer to begin and end than to train.
        batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), seed).repeat().batch(BATCH)
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
    handles = {"frozen": trained, "fine_tuned": trained, "from_scratch": untrained}
    return {setup: accuracy(handle, train, test, setup, seed=seed, **options) for setup, handle in handles.items()}
