"""A network that is told a label beside its input: what class-conditional models are made of.

A vector is followed by the label's one-hot code. An image gets one more channel, which the label alone makes: a learned
image for each class.

Source: Mirza and Osindero, "Conditional Generative Adversarial Nets" (2014), section 3.
"""

import math

import keras
import tensorflow as tf

from zoo import registry


class Conditioned(keras.layers.Layer):
    """[batch, *input_shape] and labels -> what the network makes of both.

    Attributes:
      network: of the input with the label in it.
      num_classes: labels are 0 ... num_classes - 1.
    """

    def __init__(self, make, input_shape, num_classes):
        """`make`: from the shape with the label in it to the network."""
        super().__init__()
        self.num_classes = num_classes
        self.image = len(input_shape) == 3
        self.embedding = None
        if self.image:
            *sides, channels = input_shape
            self.sides = tuple(sides)
            self.embedding = keras.layers.Dense(math.prod(sides), use_bias=False)
            self.embedding.build((None, num_classes))
            self.network = make((*sides, channels + 1))
        else:
            self.network = make((math.prod(input_shape) + num_classes,))
        self.built = True

    @property
    def layers(self):
        """Of the network, as a keras.Model has them."""
        return self.network.layers

    def call(self, inputs, label, training=False):
        """The network's output.

        Args:
          inputs: [n, *input_shape].
          label: int32 [batch], n a multiple of it: the inputs are so many for each label, one after the other; or one for all.
          training: as the network takes it.
        """
        size = tf.shape(inputs)[0]
        label = tf.reshape(label, [-1])
        told = tf.one_hot(tf.tile(label, [size // tf.size(label)]), self.num_classes, dtype=inputs.dtype)
        told = tf.ensure_shape(told, [inputs.shape[0], self.num_classes])
        if self.image:
            told = tf.cast(tf.reshape(self.embedding(told), [-1, *self.sides, 1]), inputs.dtype)
        else:
            inputs = tf.reshape(inputs, [size, math.prod(inputs.shape[1:])])
        return self.network(tf.concat([inputs, told], -1), training=training)


def make(section, input_shape, output_shape, num_classes=0):
    """The network of a section of a config; with classes, one that takes labels too."""
    network = lambda shape: registry.make("network", section, shape, output_shape)  # noqa: E731
    return Conditioned(network, input_shape, num_classes) if num_classes else network(input_shape)
