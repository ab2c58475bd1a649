"""A critic: any network with one number f for each example. What several approximators are made of."""

import functools

import keras
import tensorflow as tf

from zoo import private_api
from zoo.networks import conditioned


class Critic(keras.layers.Layer):
    """f(x), or f(z), by a network.

    Attributes:
      field: the field of a pair that f is a function of, "x" or "z".
      network: [batch, *shape] -> [batch, 1].
      TAKES_LABELS: whether it may be one of a class-conditional model.
    """

    TAKES_LABELS = True

    def __init__(self, field, network):
        super().__init__()
        self.field = field
        self.network = network

    def critic(self, x, training=True, label=None):
        """The network's output, [batch]; of a class-conditional model it is told the label."""
        told = () if label is None else (label,)
        return self.network(x, *told, training=training)[:, 0]

    def value(self, at):
        """f at a pair, [batch]."""
        return self.critic(getattr(at, self.field), at.training, at.label)

    def inputs(self, high, low):
        """What f is a function of, at two pairs."""
        return getattr(high, self.field), getattr(low, self.field)

    def both(self, high, low):
        """f at two pairs of the same size, as in training: two tensors [batch].

        One pass through the network serves both, but where it normalizes over the batch, which two distributions must not
        share.
        """
        label = high.label  # of one batch, in both
        high, low = self.inputs(high, low)
        if mixes_examples(self.network):
            return self.critic(high, label=label), self.critic(low, label=label)
        return tf.split(self.critic(tf.concat([high, low], 0), label=label), 2)

    def told(self, at):
        """f as a function of x alone, at the labels of a pair."""
        return functools.partial(self.critic, label=at.label)

    def constrain(self):
        """Nothing has to be done to the weights after an update."""


def mixes_examples(network):
    """Whether what a network makes of an example depends on the others of its batch."""
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in private_api.layers(network))


def make(shapes, network):
    """(field, network) for a critic of one input.

    Args:
      shapes: {"x": event_shape} or {"z": code_shape}; and {"label": (classes,)}, if it is told labels.
      network: the section of a part of kind network.
    """
    ((field, shape),) = ((name, shape) for name, shape in shapes.items() if name != "label")
    return field, conditioned.make(network, shape, (1,), *shapes.get("label", ()))


def refuse_batch_normalization(name, network):
    """Raises ValueError if a network that is to have a gradient penalty normalizes over the batch."""
    if network.get("normalization") == "batch":
        raise ValueError(
            f"{name}: a gradient penalty does not go with batch normalization in the critic: it is about single "
            "examples (Gulrajani et al. 2017, section 4); choose layer or none"
        )


def logistic_terms(high, low):
    """Binary cross entropy of telling two kinds of examples apart by a logit, as terms of a loss, [batch].

        loss        softplus(-logit) where it should be high + softplus(logit) where it should be low
        accuracy    share of the examples on the right side of 0; 1 is saturation: hardly any gradient is left

    It is least where the logit is the log ratio of the two densities.
    """
    right = tf.cast(high > 0, high.dtype) + tf.cast(low < 0, low.dtype)
    return {"loss": tf.nn.softplus(-high) + tf.nn.softplus(low), "accuracy": right / 2}
