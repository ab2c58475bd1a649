"""A network of a user's own: a subclass of keras.Model, which knows neither its input's shape nor its layers' outputs."""

import keras


class Dense(keras.Model):
    """One dense layer."""

    def __init__(self, input_shape, output_shape):
        super().__init__()
        self.dense = keras.layers.Dense(output_shape[0] if len(output_shape) == 1 else output_shape[0] * output_shape[1])
        self.reshape = keras.layers.Reshape(output_shape)
        self.build((None, *input_shape))

    def build(self, input_shape):
        """Makes the weights."""
        self.dense.build(input_shape)
        self.built = True

    def call(self, x, training=False):
        """[batch, n] -> [batch, *output_shape]."""
        return self.reshape(self.dense(x))


def build(input_shape, output_shape):
    """The network."""
    return Dense(input_shape, output_shape)
