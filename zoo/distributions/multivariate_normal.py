"""Normal with a full covariance, for codes: errors of Q(z|x) that go together, which a diagonal normal cannot say.

    w = (z - loc) / scale        (I + N) w ~ N(0, I),    N strictly lower triangular
    log q = -|(I + N) w|^2 / 2 - sum of log scale - size log(2 pi) / 2                      in nats

A row of N is the regression of one standardized error on those before it: least squares, where a factor of the covariance
would have to be inverted. N is small to begin with, so that it starts as a diagonal normal.

With a diagonal Q(z|x) the chain x -> z -> x spreads: independent noise is as wide as the errors in all directions, though most
directions are known far better. With a full covariance it keeps all second moments of P(z), if Q(z|x) is as wide as its errors.

Source: Rezende and Mohamed, "Variational Inference with Normalizing Flows" (2015), section 3; for the parameters
Pourahmadi, "Joint mean-covariance models with applications to longitudinal data" (1999).
"""

import math

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise

tfd = tfp.distributions
COUPLING = 0.1  # of an output of the network, in N
LARGEST = 0.5  # of an entry of N: its inverse, which samples are made with, would grow without end


class FullNormal(tfd.Distribution):
    """N(loc, (scale (I + N)^-1) (.)^T); samples are made of the project's own noise.

    Args:
      loc, scale: [..., size].
      unit_lower: I + N, [..., size, size].
    """

    def __init__(self, loc, scale, unit_lower):
        parameters = {"loc": loc, "scale": scale, "unit_lower": unit_lower}
        self.loc, self.scale, self.unit_lower = loc, scale, unit_lower
        pathwise = tfd.FULLY_REPARAMETERIZED
        super().__init__(loc.dtype, pathwise, validate_args=False, allow_nan_stats=False, parameters=parameters)

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        properties = tfp.util.ParameterProperties
        return {"loc": properties(1), "scale": properties(1), "unit_lower": properties(2)}

    def _event_shape(self):
        return self.loc.shape[-1:]

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], tf.shape(self.loc)], 0)
        e = noise.standard_normal(shape, tfp.random.sanitize_seed(seed), self.dtype)
        factor = tf.broadcast_to(self.unit_lower, tf.concat([shape, shape[-1:]], 0))
        return self.loc + self.scale * tf.linalg.triangular_solve(factor, e[..., tf.newaxis])[..., 0]

    def _log_prob(self, z):
        e = tf.linalg.matvec(self.unit_lower, (z - self.loc) / self.scale)
        return -tf.reduce_sum(tf.square(e) / 2 + tf.math.log(self.scale) + math.log(2 * math.pi) / 2, -1)

    @property
    def precision_factor(self):
        """(I + N) / scale, whose transpose times itself is the precision, [..., size, size]."""
        return self.unit_lower / self.scale[..., tf.newaxis, :]

    def _mean(self):
        return tf.identity(self.loc)

    _mode = _mean

    def _variance(self):
        identity = tf.eye(tf.shape(self.loc)[-1], batch_shape=tf.shape(self.loc)[:-1], dtype=self.dtype)
        inverse = tf.linalg.triangular_solve(self.unit_lower, identity)
        return tf.square(self.scale) * tf.reduce_sum(tf.square(inverse), -1)


class MultivariateNormal(keras.layers.Layer):
    """The family of these over codes."""

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = True

    def __init__(self, size, initial_scale, minimum_scale):
        super().__init__()
        self.size = size
        self.minimum_scale = minimum_scale
        self.parameter_shape = (2 * size + size * (size - 1) // 2,)
        # softplus^-1: what a zero parameter must be shifted by to start at the initial scale.
        self.offset = float(tfp.math.softplus_inverse(tf.constant(initial_scale - minimum_scale, tf.float64)))

    def distribution(self, parameters):
        """Parameters [..., *parameter_shape] -> a tfd with event [size]."""
        loc, raw, couplings = tf.split(parameters, [self.size, self.size, -1], axis=-1)
        lower = tfp.math.fill_triangular(LARGEST * tf.tanh(COUPLING / LARGEST * couplings))
        below = tf.pad(lower, [[0, 0]] * (lower.shape.rank - 2) + [[1, 0], [0, 1]])
        scale = self.minimum_scale + tf.nn.softplus(raw + self.offset)
        return FullNormal(loc, scale, tf.linalg.set_diag(below, tf.ones_like(loc)))

    def described(self, distribution):
        """What tells a distribution of this family from another: `loc`, and its precision's factor, (I + N) / scale."""
        return {"loc": distribution.loc, "precision_factor": distribution.precision_factor}


def conditional(event_shape, *, initial_scale: float = 1.0, minimum_scale: float = 1e-3):
    """A normal with a full covariance.

    Args:
      event_shape: (size,), at least 2.
      initial_scale: where the scales start.
      minimum_scale: the floor under them, above 0 as in zoo/distributions/normal.py.

    Raises:
      ValueError: for an event that is no vector of at least 2 numbers, or scales out of order.
    """
    if len(event_shape) != 1 or event_shape[0] < 2:
        raise ValueError(f"multivariate_normal: is over vectors of at least 2 numbers, found shape {tuple(event_shape)}")
    if not initial_scale > minimum_scale > 0:
        raise ValueError(
            f"multivariate_normal: scales must be initial_scale > minimum_scale > 0, found initial {initial_scale}, minimum "
            f"{minimum_scale}"
        )
    return MultivariateNormal(event_shape[0], initial_scale, minimum_scale)
