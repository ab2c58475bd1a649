"""Normalizing flow: an exact, normalized density of the data, by affine couplings (RealNVP).

    log Q'(x) = log N(u; 0, I) + log |det du/dx|,     u = g(x) invertible
    loss        E over Q(x) of -log Q'(x)             maximum likelihood; the samples of the model have no part in it

x is flattened, shifted and scaled (by its mean and standard deviation where data is there when the model is built), and then
goes through couplings in pairs. Each coupling moves one half of the dimensions by a shift and a scale that a dense network
makes of the other half; a pair begins with a fixed permutation and moves both halves. Every log-scale is bounded,
largest_log_scale tanh(.), so that the density of data on a manifold (a pixel that is always 0) grows to a bound and not
without end: give such data noise.

Source: Dinh et al., "Density Estimation Using Real NVP" (2017), equations 4 to 6, with tfp's bijectors.
"""

import math

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

tfb, tfd = tfp.bijectors, tfp.distributions

STANDS_IN_FOR = ("log_q_x",)
EXAMPLES = 1000  # to take the mean and the standard deviation of
SMALLEST_SCALE = 0.1  # of a dimension, in mean scales: one that hardly moves is not blown up


class NormalizingFlow(keras.layers.Layer):
    """log Q'(x), with exactly the integral 1."""

    KIND = "density"
    TERMS = ("loss",)

    def __init__(self, event_shape, num_couplings, hidden_sizes, activation, largest_log_scale):
        super().__init__()
        self.largest_log_scale = largest_log_scale
        self.event_shape = tuple(event_shape)
        self.size = math.prod(event_shape)
        # Of the flattened x; no training moves them.
        self.loc = self.add_weight(shape=(self.size,), initializer="zeros", trainable=False, name="loc")
        self.scale = self.add_weight(shape=(self.size,), initializer="ones", trainable=False, name="scale")
        self.conditioners = [self._conditioner(hidden_sizes, activation) for _ in range(num_couplings)]

    def _conditioner(self, hidden_sizes, activation):
        kept = self.size // 2
        hidden = [keras.layers.Dense(size, activation) for size in hidden_sizes]
        # Zeros: a flow starts as the identity.
        head = keras.layers.Dense(2 * (self.size - kept), kernel_initializer="zeros")
        return keras.Sequential([keras.Input((kept,)), *hidden, head])

    def initialize(self, examples):
        """Takes the data's mean and standard deviation."""
        x = tf.reshape(examples(EXAMPLES), [EXAMPLES, self.size])
        scale = tf.math.reduce_std(x, 0)
        if not (mean_scale := float(tf.reduce_mean(scale))) > 0:
            raise ValueError("normalizing_flow: the data never varies, so it has no density")
        self.loc.assign(tf.reduce_mean(x, 0))
        self.scale.assign(tf.maximum(scale, SMALLEST_SCALE * mean_scale))

    def distribution(self):
        """Q'(x): a tfd over the flattened x."""
        base = tfd.MultivariateNormalDiag(tf.zeros([self.size], self.compute_dtype))
        standardize = tfb.Shift(tf.convert_to_tensor(self.loc.value))(tfb.Scale(tf.convert_to_tensor(self.scale.value)))
        steps = [standardize]
        for index, conditioner in enumerate(self.conditioners):
            steps += [tfb.Permute(self._permutation(index)), self._coupling(conditioner)]
        return tfd.TransformedDistribution(base, tfb.Chain(steps))

    def _permutation(self, index):
        """Alternately any order and the reverse one, so that two couplings in a row move different halves."""
        return np.random.RandomState(index).permutation(self.size) if index % 2 == 0 else np.arange(self.size)[::-1]

    def _coupling(self, conditioner):
        def affine(kept, _, **unused):
            shift, raw = tf.split(conditioner(kept), 2, axis=-1)
            return tfb.Shift(shift)(tfb.Scale(log_scale=self.largest_log_scale * tf.tanh(raw)))

        return tfb.RealNVP(num_masked=self.size // 2, bijector_fn=affine)

    def value(self, at):
        """log Q'(x), [batch] in nats."""
        return self.distribution().log_prob(tf.reshape(at.x, [-1, self.size]))

    def losses(self, high, low, seed):
        """-log Q'(x) of the data, [batch]."""
        return {"loss": -self.value(high)}

    def constrain(self):
        """Nothing has to be done to the weights after an update."""


def build(
    shapes,
    *,
    num_couplings: int = 8,
    hidden_sizes: tuple = (128, 128),
    activation: str = "relu",
    largest_log_scale: float = 1.0,
):
    """A flow over x.

    Args:
      shapes: {"x": event_shape}.
      num_couplings: an even number, so that both halves are moved equally often.
      hidden_sizes: units of the hidden layers of each coupling's network.
      activation: of these layers, any that Keras knows by name.
      largest_log_scale: of one coupling. Half of the couplings move a dimension, so that 8 of them at 1 may narrow it by
        e^4 = 55; a larger bound narrows more, and its gradient far from the data is steeper.

    Raises:
      ValueError: for fewer than two dimensions, an odd number of couplings, layers without units, or a bound of 0.
    """
    if math.prod(shapes["x"]) < 2:
        raise ValueError("normalizing_flow: a coupling needs at least two dimensions, found one")
    if num_couplings < 2 or num_couplings % 2:
        raise ValueError(f"normalizing_flow: num_couplings must be even and at least 2, found {num_couplings}")
    if any(size < 1 for size in hidden_sizes):
        raise ValueError(f"normalizing_flow: hidden_sizes must be positive, found {tuple(hidden_sizes)}")
    if not largest_log_scale > 0:
        raise ValueError(f"normalizing_flow: largest_log_scale must be above 0, found {largest_log_scale}")
    return NormalizingFlow(shapes["x"], num_couplings, hidden_sizes, activation, largest_log_scale)
