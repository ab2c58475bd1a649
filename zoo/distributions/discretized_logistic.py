"""Mixture of discretized logistics: a probability for each grey level of an image.

    P(x) = sum over k of  w_k [ F((x + step/2 - loc_k) / scale_k) - F((x - step/2 - loc_k) / scale_k) ],     F = sigmoid

for each value of the image, independently, in nats; x lies on the grid 0, step, ..., 1 with step = 1 / (levels - 1). The
lowest and the highest level hold the tails, so that the levels' probabilities sum to 1. With e = step / scale, a and b the
two arguments, each bracket is F(a) F(-b) (1 - exp(-e)): no cancellation, whatever the scale.

This is the likelihood of PixelCNN++ without its coupling of the three colours, and without its dependence on the pixels
before: given z all values are independent. -log2 P(x) over the number of values is bits per dimension.

Source: Salimans et al., "PixelCNN++" (2017), section 2.1.
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.config import ConfigError

tfd = tfp.distributions


class DiscretizedLogistics(tfd.Distribution):
    """One mixture for each value: logits, loc and scale [..., components] -> batch [...], scalar events on the grid."""

    def __init__(self, logits, loc, scale, levels):
        parameters = dict(locals())
        super().__init__(
            dtype=loc.dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name="DiscretizedLogistics",
        )
        self.logits, self.loc, self.scale, self.highest = logits, loc, scale, levels - 1

    def _event_shape(self):
        return tf.TensorShape([])

    def _batch_shape(self):
        return self.loc.shape[:-1]

    def _batch_shape_tensor(self):
        return tf.shape(self.loc)[:-1]

    def _log_prob(self, x):
        x, half = x[..., tf.newaxis], 0.5 / self.highest
        below = tf.math.log_sigmoid((x + half - self.loc) / self.scale)
        above = tf.math.log_sigmoid((self.loc + half - x) / self.scale)
        inner = below + above + tf.math.log(-tf.math.expm1(-2 * half / self.scale))
        log_probs = tf.where(x < half, below, tf.where(x > 1 - half, above, inner))
        return tf.reduce_logsumexp(tf.nn.log_softmax(self.logits) + log_probs, -1)

    def _sample_n(self, n, seed):
        """A component, then a logistic variable moved to the nearest level."""
        choice_seed, value_seed = tfp.random.split_seed(seed, n=2)
        shape = tf.concat([[n], tf.shape(self.loc)], 0)
        # Adding Gumbel noise and taking the largest draws from the weights, with noise in the order of the examples.
        gumbel = -tf.math.log(-tf.math.log(noise.standard_uniform(shape, choice_seed, self.dtype)))
        chosen = tf.one_hot(tf.argmax(self.logits + gumbel, -1), self.loc.shape[-1], dtype=self.dtype)
        loc, scale = (tf.reduce_sum(chosen * values, -1) for values in (self.loc, self.scale))
        uniform = noise.standard_uniform(shape[:-1], value_seed, self.dtype)
        x = loc + scale * (tf.math.log(uniform) - tf.math.log1p(-uniform))
        return tf.round(tf.clip_by_value(x, 0, 1) * self.highest) / self.highest

    def _mean(self):
        """Of the values before they are moved to the grid but inside of [0, 1]: within half a level of the exact mean."""
        inside = tf.math.softplus(self.loc / self.scale) - tf.math.softplus((self.loc - 1) / self.scale)
        return tf.reduce_sum(tf.nn.softmax(self.logits) * self.scale * inside, -1)


class DiscretizedLogistic(keras.layers.Layer):
    """Independent mixtures of discretized logistics over an event of any shape."""

    SUPPORT = "unit"
    PATHWISE = False
    DENSITY = True

    def __init__(self, event_shape, components, levels, initial_scale, minimum_scale):
        super().__init__()
        self.event_shape = tuple(event_shape)
        self.components, self.levels, self.minimum_scale = components, levels, minimum_scale
        self.parameter_shape = (*self.event_shape[:-1], 3 * components * self.event_shape[-1])
        self.offset = float(tfp.math.softplus_inverse(tf.constant(initial_scale - minimum_scale, tf.float64)))

    def distribution(self, parameters):
        """Parameters [..., *parameter_shape] -> a tfd with event `event_shape` and values on the grid."""
        shape = tf.concat([tf.shape(parameters)[:-1], [self.event_shape[-1], 3 * self.components]], 0)
        logits, loc, raw = tf.split(tf.reshape(parameters, shape), 3, axis=-1)
        # The components start side by side over [0, 1]; in one place they would be one component.
        starts = (tf.range(self.components, dtype=loc.dtype) + 0.5) / self.components
        scale = self.minimum_scale + tf.nn.softplus(raw + self.offset)
        made = DiscretizedLogistics(logits, loc + starts, scale, self.levels)
        return tfd.Independent(made, len(self.event_shape))

    def described(self, distribution):
        """What tells a distribution of this family from another: its mean, as `loc`."""
        return {"loc": distribution.mean()}

    def initialize(self, examples):
        """Changes nothing, and refuses data that do not lie on the grid.

        Raises:
          ConfigError: says what to set.
        """
        positions = examples(100) * (self.levels - 1)
        inside = tf.reduce_all((positions > -1e-3) & (positions < self.levels - 1 + 1e-3))
        if not inside or tf.reduce_max(tf.abs(positions - tf.round(positions))) > 1e-3:
            raise ConfigError(
                f"discretized_logistic: x must be one of {self.levels} grey levels in [0, 1], which the data are not: set "
                "config.model.likelihood.levels to theirs, config.data.value_range to unit and dequantization to none"
            )


def conditional(
    event_shape,
    *,
    components: int = 5,
    levels: int = 256,
    initial_scale: float = 0.1,
    minimum_scale: float = 5e-4,
):
    """A mixture of discretized logistics for each value of an image.

    Args:
      event_shape: of one example.
      components: of each mixture; the network outputs 3 * components numbers a value.
      levels: grey levels of the data, 256 for 8-bit images.
      initial_scale: where the scales start, in units of x.
      minimum_scale: the floor under them; at 5e-4 a level of 256 can have a probability of 0.96.

    Raises:
      ValueError: for no component, fewer than 2 levels, or scales that are not initial_scale > minimum_scale > 0.
    """
    if components < 1 or levels < 2:
        raise ValueError(
            f"discretized_logistic: components must be at least 1 and levels at least 2, found {components} and {levels}"
        )
    if not initial_scale > minimum_scale > 0:
        raise ValueError(
            "discretized_logistic: scales must be initial_scale > minimum_scale > 0, "
            f"found initial {initial_scale}, minimum {minimum_scale}"
        )
    return DiscretizedLogistic(event_shape, components, levels, initial_scale, minimum_scale)
