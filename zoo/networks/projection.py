"""From a vector to a small image: how every network that goes up to an image begins."""

import math

import keras


class Projection(keras.layers.Dense):
    """A dense layer whose output is an image, so that a normalization after it works on channels."""

    def __init__(self, shape, **arguments):
        super().__init__(math.prod(shape), **arguments)
        self.shape = tuple(shape)

    def call(self, inputs):
        """[batch, n] -> [batch, *shape]."""
        return keras.ops.reshape(super().call(inputs), (-1, *self.shape))

    def compute_output_shape(self, input_shape):
        """[batch, *shape]."""
        return (input_shape[0], *self.shape)
