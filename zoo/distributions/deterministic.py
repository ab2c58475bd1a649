"""A point mass: the likelihood of a GAN, which has samples and no density."""

import keras
import tensorflow_probability as tfp

tfd = tfp.distributions


class Deterministic(keras.layers.Layer):
    """All mass at loc. Its samples are loc, pathwise; log_prob is not a density and no objective may use it."""

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = False

    def __init__(self, event_shape, loc_activation):
        super().__init__()
        self.parameter_shape = tuple(event_shape)
        self.loc_activation = keras.activations.get(loc_activation)

    def distribution(self, parameters):
        """loc [..., *event_shape] before its activation -> a tfd."""
        return tfd.Independent(tfd.Deterministic(self.loc_activation(parameters)), len(self.parameter_shape))

    def described(self, distribution):
        """Nothing: its one sample says it all."""
        return {}


def conditional(event_shape, *, loc_activation: str = "linear"):
    """A point mass whose loc is the network's output through an activation (sigmoid for images in [0, 1])."""
    return Deterministic(event_shape, loc_activation)
