"""Generalized normal: the log-density falls as a power of the distance. A power below 2 gives sharper pictures.

    log p(x) = -sum over dimensions of [ |(x - loc) / a|^power + log(2 a Gamma(1 + 1 / power)) ]        in nats
    a = scale sqrt(Gamma(1 / power) / Gamma(3 / power)),      so that `scale` is the standard deviation

The power is 2 for a normal and 1 for Laplace's distribution. A decoder's loc then minimizes E |x - loc|^power: it is the mean
for 2 and the median for 1. Of a pixel that is 1 with probability p, and otherwise 0,

    logit(loc) = logit(p) / (power - 1),

the mean with more contrast. So edges whose place z does not tell are blurred less.

Source: Nadarajah, "A generalized normal distribution" (2005); the density is that of tfp's GeneralizedNormal.
"""

import math

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from zoo import noise
from zoo.distributions import normal

tfd = tfp.distributions
# Samples are a function of normal noise, interpolated between so many points within +-LARGEST.
POINTS, LARGEST = 4096, 6.0


class NoisyGeneralizedNormal(tfd.GeneralizedNormal):
    """A generalized normal variable whose samples are made of the project's own noise: F^-1(Phi(e)), e ~ N(0, 1).

    Args:
      loc, scale, power: as tfp has them, `scale` being a.
      quantiles: F^-1(Phi(e)) of loc 0 and a = 1 at POINTS values of e.
    """

    def __init__(self, loc, scale, power, quantiles):
        super().__init__(loc, scale, power)
        self._parameters = {"loc": loc, "scale": scale, "power": power, "quantiles": quantiles}
        self.quantiles = quantiles

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        properties = super()._parameter_properties(dtype, num_classes)
        return properties | {"quantiles": tfp.util.ParameterProperties(event_ndims=None)}  # of no example

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], self.batch_shape_tensor()], 0)
        e = noise.standard_normal(shape, tfp.random.sanitize_seed(seed), self.dtype)
        quantiles = tf.constant(self.quantiles, self.dtype)
        return self.loc + self.scale * tfp.math.interp_regular_1d_grid(e, -LARGEST, LARGEST, quantiles)


class GeneralizedNormal(normal.Normal):
    """The family of these, with the means and scales of a Normal."""

    def __init__(self, power, *options):
        super().__init__(*options)
        self.power = power
        self.ratio = math.exp((math.lgamma(1 / power) - math.lgamma(3 / power)) / 2)
        below = stats.gennorm(power).ppf(stats.norm.cdf(np.linspace(-LARGEST, LARGEST, POINTS)[: POINTS // 2]))
        self.quantiles = np.concatenate([below, -below[::-1]])  # of the lower half: near 1 a probability is rounded

    def distribution(self, parameters):
        """Parameters [..., *parameter_shape] -> a tfd with event `event_shape`."""
        like = super().distribution(parameters).distribution
        power = tf.constant(self.power, like.dtype)
        made = NoisyGeneralizedNormal(like.loc, self.ratio * like.scale, power, self.quantiles)
        return tfd.Independent(made, len(self.event_shape))


def conditional(
    event_shape,
    *,
    power: float = 1.5,
    scale: str = "per_dimension",
    initial_scale: float = 1.0,
    minimum_scale: float = 1e-3,
    loc_activation: str = "linear",
):
    """A diagonal generalized normal.

    Args:
      power: from 1 to 2; near 1 the gradient of the density hardly depends on the distance.
      event_shape, scale, initial_scale, minimum_scale, loc_activation: as zoo/distributions/normal.py has them; scales are
        standard deviations.

    Raises:
      ValueError: for a power out of its range, a scale or a floor that is not positive.
    """
    normal.check(scale, initial_scale, minimum_scale)
    if not 1 <= power <= 2:
        raise ValueError(f"generalized_normal: power must be from 1 to 2, found {power}")
    return GeneralizedNormal(power, event_shape, scale, initial_scale, minimum_scale, loc_activation)
