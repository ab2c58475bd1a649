"""Class-conditional models: P(x|z, y), Q(z|x, y) and critics of (x, y), at labels y that are given. P(z) is the same for all.

    model.given(y)      the model at labels y: all that a model without labels has

So an objective, a kind of pairs or an endpoint need not know of labels: they are handed the model at the labels of the batch.
Every log-density is then one at given y, and its bound is one of log P(x|y).
"""

import typing

import numpy as np
import tensorflow as tf

from zoo.config import ConfigError
from zoo.models.latent_variable_model import LatentVariableModel


class Labelled(typing.NamedTuple):
    """A batch with its labels: x [batch, *event_shape], label int32 [batch]."""

    x: tf.Tensor
    label: tf.Tensor


class ConditionalModel(LatentVariableModel):
    """A latent-variable model of classes. Its distributions take `label`: one for all examples, or [batch]."""

    def __init__(self, *, num_classes, **parts):
        super().__init__(**parts)
        self.num_classes = num_classes

    def given(self, label, count=None):
        """The model at labels, one for all examples or [batch]; `count`: how many examples there are, where that is known.

        Raises:
          ValueError: one line, for a label that is none, no label, or labels of another number.
        """
        if label is None:
            last = self.num_classes - 1
            raise ValueError(f"this model is of {self.num_classes} classes: give label= (0 to {last}), one or [batch] of them")
        return AtLabels(self, checked(label, self.num_classes, count))

    def posterior(self, x, training=False, label=None):
        """Q(z|x, y)."""
        return self.given(label, rows(x)).posterior(x, training)

    def likelihood(self, z, training=False, label=None):
        """P(x|z, y)."""
        return self.given(label, rows(z, -2)).likelihood(z, training)

    def generate(self, z, label=None):
        """The mean of P(x|z, y)."""
        return self.given(label, rows(z, -2)).generate(z)

    def sample(self, num_samples, seed, observation_noise=False, label=None):
        """x ~ P(x|y), or its mean given z; see LatentVariableModel."""
        return self.given(label, num_samples).sample(num_samples, seed, observation_noise)

    def code(self, x, label=None):
        """The code of x as one of a class."""
        return self.given(label, rows(x)).code(x)

    def reconstruct(self, x, label=None, new_label=None):
        """The mean of P(x|z, y') at the code of x given y; y' is `new_label`, or y where none is given."""
        return self.given(label if new_label is None else new_label, rows(x)).generate(self.code(x, label))

    def log_densities(self, x, z, label=None):
        """The log-densities at (x, z) given y, in nats."""
        return self.given(label, rows(x)).log_densities(x, z)


class AtLabels:
    """A class-conditional model at labels: what a model without labels is, with its networks told the labels.

    Attributes:
      at_all: the model at all labels.
      label: int32, [batch] or [].
    """

    def __init__(self, model, label):
        self.at_all, self.label = model, tf.convert_to_tensor(label)
        self.encoder = None if model.encoder is None else self._told(model.encoder)
        self.decoder = self._told(model.decoder)

    def __getattr__(self, name):
        if name.startswith("__") or "at_all" not in vars(self):
            raise AttributeError(name)
        return getattr(self.at_all, name)

    def _told(self, network):
        def told(inputs, training=False):
            # Before the network is called, for Keras would make many lines of this one.
            size, labels = inputs.shape[0], self.label.shape.num_elements()
            if size is not None and labels and size % labels:
                raise ValueError(
                    f"{size} codes or examples cannot be told {labels} labels: give one, or one for each; what a model draws "
                    "beside its batch belongs to no label"
                )
            return network(inputs, self.label, training=training)

        return told

    posterior = LatentVariableModel.posterior
    likelihood = LatentVariableModel.likelihood
    generate = LatentVariableModel.generate
    sample = LatentVariableModel.sample
    code = LatentVariableModel.code
    reconstruct = LatentVariableModel.reconstruct
    log_densities = LatentVariableModel.log_densities


def classes(model):
    """How many classes a model is told apart; 0 for a model without them, or one at labels that are given."""
    return 0 if isinstance(model, AtLabels) else getattr(model, "num_classes", 0)


def given(model, batch):
    """(the model that a batch is of, x): the model at its labels, where the batch has labels."""
    return (AtLabels(model, batch.label), batch.x) if isinstance(batch, Labelled) else (model, batch)


def num_classes(section):
    """Of a checked `config.model`: how many classes its networks are told apart; 0 for none.

    Raises:
      ConfigError: one line, for a condition without its classes, or classes without the condition.
    """
    if section.condition == "none" and section.num_classes:
        raise ConfigError("config.model.num_classes: is for class-conditional models; set config.model.condition to label")
    if section.condition == "label" and section.num_classes < 2:
        raise ConfigError(
            f"config.model.num_classes: condition label needs the number of classes, at least 2, found {section.num_classes}"
        )
    return section.num_classes


def rows(of, axis=0):
    """How many examples or codes there are."""
    of = tf.convert_to_tensor(of)
    return of.shape[axis] or tf.shape(of)[axis]


def checked(label, classes, count=None):
    """Labels as int32 [batch] or []; in a graph, with an assertion in place of the error.

    Args:
      label: whole numbers from 0 to classes - 1.
      classes: their number.
      count: of the examples, where it is known; there is one label for all, or one for each.

    Raises:
      ValueError: one line.
    """
    given_type = getattr(label, "dtype", None) or np.asarray(label).dtype
    if not tf.as_dtype(given_type).is_integer:
        raise ValueError(f"expected labels as whole numbers from 0 to {classes - 1}, found {tf.as_dtype(given_type).name}")
    label = tf.cast(label, tf.int32)
    if label.shape.rank == 2 and label.shape[1] == 1:
        label = label[:, 0]
    if label.shape.rank is not None and label.shape.rank > 1:
        raise ValueError(f"expected one label for each example, found labels of shape {tuple(label.shape)}")
    if tf.executing_eagerly():
        check_range(label, classes)
        if count is not None and tf.size(label) not in (1, count):
            raise ValueError(f"expected one label, or one for each of {int(count)} examples, found {tf.size(label)}")
        return label
    size, low, high = tf.size(label), tf.reduce_min(label), tf.reduce_max(label)
    fits = tf.constant(True) if count is None else (size == 1) | (size == count)
    wrong_number = ["label: must be one, or one for each of", size if count is None else count, "examples, found", size]
    out_of_range = [f"label: must be from 0 to {classes - 1}, found", low, high]
    inside = tf.debugging.Assert((low >= 0) & (high < classes), out_of_range)
    with tf.control_dependencies([inside, tf.debugging.Assert(fits, wrong_number)]):
        return tf.identity(label)


def check_range(label, classes):
    """Refuses labels outside of 0 ... classes - 1, as far as their values are known already; raises ValueError."""
    found = np.asarray(label)
    if found.size and not 0 <= found.min() <= found.max() < classes:
        raise ValueError(f"expected labels from 0 to {classes - 1}, found {found.min()} to {found.max()}")


def check_data(data, classes):
    """Refuses data without the labels that a class-conditional model is told.

    Raises:
      ConfigError: one line.
    """
    for name in data.splits:
        labels = data.labels(name)
        if labels is None:
            if name == "test":
                continue
            raise ConfigError(
                f"config.model.condition: label needs labels, and the {name} split of {data.name} has none; choose data with "
                "labels, or set it to none"
            )
        try:
            check_range(labels, classes)
        except ValueError as error:
            raise ConfigError(f"config.model.num_classes: {name} split of {data.name}: {error}") from error


def check_parts(model):
    """Refuses parts that know nothing of labels; raises ConfigError."""
    for name, part in model.named_parts().items():
        if hasattr(part, "connect") and name != "posterior":  # which asks for the prior alone
            raise ConfigError(
                "config.model.condition: label does not go with tied decoders, nor with a prior that is made of the encoder; "
                "set tied to False, or choose a prior like standard_normal"
            )


def at(model, label):
    """A model at labels; one without classes as it is."""
    model = model.at_all if isinstance(model, AtLabels) else model
    return AtLabels(model, label) if classes(model) else model


def of_rows(model, rows):
    """The model at the labels of some rows of its batch; one without labels as it is."""
    if getattr(model, "label", None) is None:
        return model
    label = tf.broadcast_to(model.label, [tf.maximum(tf.size(model.label), tf.reduce_max(rows) + 1)])
    return at(model, tf.gather(label, rows))
