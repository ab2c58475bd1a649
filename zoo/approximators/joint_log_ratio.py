"""Joint critic T(x, z): the log ratio of two kinds of pairs, by telling them apart.

    loss    E over the high pairs of softplus(-T(x,z))  +  E over the low pairs of softplus(T(x,z))

is least where T is the log ratio of their densities, in nats:

    stands in for            high on                     low on                      T
    log_ratio                x ~ Q(x), z ~ Q(z|x)        z ~ P(z), x ~ P(x|z)        log Q(x,z)/P(x,z)
    log_posterior_ratio      x ~ Q(x), z ~ Q(z|x)        x ~ Q(x), z ~ P(z)          log Q(z|x)/P(z)
    log_likelihood_ratio     z ~ P(z), x ~ P(x|z)        x ~ Q(x), z ~ P(z)          log P(x|z)/Q(x)

No density is used, so that posterior and likelihood may be implicit. T(x, z) is dense layers on z and features of x, which
any network makes.

Source: Dumoulin et al., "Adversarially Learned Inference" (2017), section 2; Mescheder et al., "Adversarial Variational
Bayes" (2017), equation 3.3; Pu et al., "Adversarial Symmetric Variational Autoencoder" (2017).
"""

import math

import keras
import tensorflow as tf

from zoo import registry
from zoo.approximators import critic
from zoo.networks import conditioned

STANDS_IN_FOR = ("log_ratio", "log_posterior_ratio", "log_likelihood_ratio")


class JointLogRatio(keras.layers.Layer):
    """T(x, z)."""

    KIND = "ratio"
    TERMS = ("loss", "accuracy")
    TAKES_LABELS = True

    def __init__(self, network, head):
        super().__init__()
        self.network = network
        self.head = head

    def critic(self, x, z, training=True, label=None):
        """T at pairs, [batch]; of a class-conditional model its head is told the label."""
        features = self.network(x, training=training)
        inputs = tf.concat([features, tf.reshape(z, [tf.shape(z)[0], -1])], axis=1)
        told = () if label is None else (label,)
        return self.head(inputs, *told, training=training)[:, 0]

    def value(self, at):
        """T at a pair, [batch] in nats."""
        return self.critic(at.x, at.z, at.training, at.label)

    def losses(self, high, low, seed):
        """The binary cross entropy of the two kinds of pairs, and the share of pairs on the right side; [batch]."""
        return critic.logistic_terms(*(self.critic(at.x, at.z, label=at.label) for at in (high, low)))

    def constrain(self):
        """Nothing has to be done to the weights after an update."""


def build(shapes, *, network: dict, feature_size: int = 128, hidden_sizes: tuple = (256, 256), activation: str = "relu"):
    """A critic of pairs.

    Args:
      shapes: {"x": event_shape, "z": code_shape}; and {"label": (classes,)}, if it is told labels.
      network: the part that maps x to its features.
      feature_size: how many features.
      hidden_sizes: units of the dense layers on features and z.
      activation: of these layers: `gated`, or any that Keras knows by name.

    Raises:
      ValueError: for sizes below 1.
    """
    if feature_size < 1:
        raise ValueError(f"joint_log_ratio: feature_size must be at least 1, found {feature_size}")
    features = registry.make("network", network, shapes["x"], (feature_size,))
    joint = {"name": "mlp", "hidden_sizes": hidden_sizes, "activation": activation}
    size = feature_size + math.prod(shapes["z"])
    return JointLogRatio(features, conditioned.make(joint, (size,), (1,), *shapes.get("label", ())))
