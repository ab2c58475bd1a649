"""Diagonal normal with fixed, global or per-dimension scale and a floor under it."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise

tfd = tfp.distributions
SCALES = ("per_dimension", "global", "fixed")


class FastNormal(tfd.Normal):
    """A normal variable whose samples are made of the project's own noise."""

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], self.batch_shape_tensor()], 0)
        return self.loc + self.scale * noise.standard_normal(shape, tfp.random.sanitize_seed(seed), self.dtype)


class Normal(keras.layers.Layer):
    """N(loc, diag(scale^2)) over an event of any shape, in nats.

    log p = -sum over dimensions of [ (x - loc)^2 / (2 scale^2) + log scale + log(2 pi) / 2 ]
    """

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = True

    def __init__(self, event_shape, scale, initial_scale, minimum_scale, loc_activation):
        super().__init__()
        self.event_shape = tuple(event_shape)
        self.scale = scale
        self.initial_scale = initial_scale
        self.minimum_scale = minimum_scale
        self.loc_activation = keras.activations.get(loc_activation)
        channels = 2 if scale == "per_dimension" else 1
        self.parameter_shape = (*self.event_shape[:-1], channels * self.event_shape[-1])
        # softplus^-1: what a zero parameter must be shifted by to start at the initial scale.
        self.offset = float(tfp.math.softplus_inverse(tf.constant(max(initial_scale - minimum_scale, 1e-6), tf.float64)))
        if scale == "global":
            self.raw_scale = self.add_weight(shape=(), initializer="zeros", name="raw_scale")

    def _floored(self, raw):
        return self.minimum_scale + tf.nn.softplus(raw + self.offset)

    def distribution(self, parameters):
        """Parameters [..., *parameter_shape] -> a tfd with event `event_shape`."""
        if self.scale == "per_dimension":
            loc, raw = tf.split(parameters, 2, axis=-1)
            scale = self._floored(raw)
        else:
            loc = parameters
            # A Python number takes the dtype it meets; tf.cast would round it to float32 on the way.
            scale = tf.cast(self._floored(self.raw_scale.value), loc.dtype) if self.scale == "global" else self.initial_scale
        return tfd.Independent(FastNormal(self.loc_activation(loc), scale), len(self.event_shape))

    def described(self, distribution):
        """What tells a distribution of this family from another: its mean `loc` and its standard deviation `scale`."""
        return {"loc": distribution.mean(), "scale": distribution.stddev()}


def mean_log_prob(distribution, value, scale):
    """E over e ~ N(0, 1) of log p(value + scale e), in nats; log p(value) where scale is 0.

    For p = N(loc, sigma^2) it is log p(value) - sum of scale^2 / (2 sigma^2), so that minus it is, up to a constant,
    KL(N(value, scale^2) || p): the closed form in place of a reconstruction loss.

    Args:
      distribution: any tfd if scale is 0, else an Independent Normal.
      value: where.
      scale: a Python float.
    """
    log_prob = distribution.log_prob(value)
    if not scale:
        return log_prob
    sigma = distribution.distribution.scale * tf.ones_like(value)
    axes = list(range(-distribution.event_shape.rank, 0))
    return log_prob - tf.reduce_sum(tf.square(scale / sigma), axes) / 2


def check(scale, initial_scale, minimum_scale):
    """Refuses options of `conditional`, by a ValueError of one line."""
    if scale not in SCALES:
        raise ValueError(f"normal: scale must be one of {', '.join(SCALES)}, found {scale!r}")
    if not minimum_scale > 0 or not initial_scale > 0:
        raise ValueError(f"normal: scales must be above 0, found initial {initial_scale}, minimum {minimum_scale}")
    if scale != "fixed" and initial_scale <= minimum_scale:
        raise ValueError(f"normal: initial_scale {initial_scale} must be above minimum_scale {minimum_scale}")


def conditional(
    event_shape,
    *,
    scale: str = "per_dimension",
    initial_scale: float = 1.0,
    minimum_scale: float = 1e-3,
    loc_activation: str = "linear",
):
    """A diagonal normal.

    Args:
      event_shape: of one example, or one code.
      scale: `per_dimension` (the network outputs it), `global` (one learned number) or `fixed`.
      initial_scale: the fixed value, or where a learned one starts.
      minimum_scale: the floor of a learned scale, which is minimum_scale + softplus(.). Objectives that shrink entropies
        (EHM, MIM, the bridge below k = 1) are unbounded below without it, so it must be above 0.
      loc_activation: linear; sigmoid keeps the mean in (0, 1), tanh in (-1, 1).

    Raises:
      ValueError: for a scale or a floor that is not positive.
    """
    check(scale, initial_scale, minimum_scale)
    return Normal(event_shape, scale, initial_scale, minimum_scale, loc_activation)
