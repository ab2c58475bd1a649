"""Independent Bernoulli variables, parameterized by logits."""

import keras
import tensorflow_probability as tfp

tfd = tfp.distributions


class Bernoulli(keras.layers.Layer):
    """P(x) = product over dimensions of p^x (1 - p)^(1 - x), p = sigmoid(logit), in nats.

    Values between 0 and 1 are scored by the same formula, which is then a cross entropy and no density.
    """

    PATHWISE = False
    DENSITY = True

    def __init__(self, event_shape):
        super().__init__()
        self.event_shape = tuple(event_shape)
        self.parameter_shape = self.event_shape

    def distribution(self, parameters):
        """Logits [..., *event_shape] -> a tfd whose samples are 0 or 1 in the logits' dtype."""
        return tfd.Independent(tfd.Bernoulli(logits=parameters, dtype=parameters.dtype), len(self.event_shape))

    def described(self, distribution):
        """What tells a distribution of this family from another: the probabilities `probs` of a 1."""
        return {"probs": distribution.mean()}


def conditional(event_shape):
    """Independent Bernoulli variables of the given shape."""
    return Bernoulli(event_shape)
