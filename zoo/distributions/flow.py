"""Normalizing flow: an invertible network of affine couplings applied to a standard normal.

    z = T(e),  e ~ N(0, I)          log P(z) = log N(T^-1(z); 0, I) + log |det dT^-1/dz|

Each layer keeps one half of its input and scales and shifts the other half by functions of the first; the halves take turns:

    y_kept = x_kept        y_other = x_other * exp(s(x_kept)) + t(x_kept),       log |det| = sum of s

s is bounded by 1 through tanh, so that every layer's scale lies in [1/e, e]: that is this prior's floor under its scales.
Density and samples are exact, and a sample is pathwise.

Source: Dinh, Sohl-Dickstein and Bengio, "Density estimation using Real NVP" (2017), section 3.2.
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.distributions.normal import FastNormal

tfb, tfd = tfp.bijectors, tfp.distributions


class Flow(keras.layers.Layer):
    """N(0, I) through affine couplings."""

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = True

    def __init__(self, size, layers, hidden_sizes):
        super().__init__()
        self.size = size
        # tfp's sign: a positive number of units is kept at the front, a negative one at the back.
        self.kept = [size // 2 if layer % 2 == 0 else size // 2 - size for layer in range(layers)]
        self.networks = [_network(abs(kept), 2 * (size - abs(kept)), hidden_sizes) for kept in self.kept]

    def distribution(self):
        """A tfd with event [latent_size] and no batch."""
        layers = [
            tfb.RealNVP(num_masked=kept, shift_and_log_scale_fn=_shift_and_log_scale(network))
            for kept, network in zip(self.kept, self.networks, strict=True)
        ]
        zeros = tf.zeros([self.size], keras.config.floatx())
        base = tfd.Independent(FastNormal(zeros, tf.ones_like(zeros)), 1)
        return tfd.TransformedDistribution(base, tfb.Chain(layers))


def _network(inputs, outputs, hidden_sizes):
    """Dense layers; small weights in the last one, so that the flow starts near the identity."""
    # tanh: samplers follow the gradient of log P(z), which relu would make jump.
    hidden = [keras.layers.Dense(size, activation="tanh") for size in hidden_sizes]
    head = keras.layers.Dense(outputs, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01))
    return keras.Sequential([keras.Input((inputs,)), *hidden, head])


def _shift_and_log_scale(network):
    def function(kept, _):
        # The network takes a matrix, whatever sample dimensions there are.
        outputs = network(tf.reshape(kept, [-1, kept.shape[-1]]))
        outputs = tf.reshape(outputs, tf.concat([tf.shape(kept)[:-1], outputs.shape[-1:]], 0))
        shift, raw = tf.split(outputs, 2, axis=-1)
        return shift, tf.tanh(raw)

    return function


def prior(event_shape, *, layers: int = 6, hidden_sizes: tuple = (64, 64)):
    """A flow over codes.

    Args:
      event_shape: (latent_size,), at least 2: of a single number there is no half to condition on.
      layers: number of couplings, at least 2, so that each half is transformed.
      hidden_sizes: of the network of each coupling.

    Raises:
      ValueError: for latent_size 1, fewer than 2 layers, or a size that is not positive.
    """
    (size,) = event_shape
    if size < 2:
        raise ValueError("flow: a coupling needs two halves, so latent_size must be at least 2; choose the prior mixture for 1")
    if layers < 2 or any(hidden < 1 for hidden in hidden_sizes):
        raise ValueError(f"flow: layers must be at least 2 and hidden_sizes positive, found {layers} and {tuple(hidden_sizes)}")
    return Flow(size, layers, hidden_sizes)
