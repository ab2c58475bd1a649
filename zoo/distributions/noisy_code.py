"""A code of x, narrow in training, and otherwise with a noise around it that keeps P(z): Q(z|x) for chains.

The encoder says the code m(x) alone.

    training     N(m, scale^2 I)      what the sleep phase scores codes by; the wake phase draws from N(m, draw_scale^2 I)
    otherwise    sum over k of  Q(k|m) N(loc_k + a (m - loc_k), noise^2 C_k),      a = sqrt(1 - noise^2)

The second is one step z -> z' of a noise that keeps P(z) = sum over k of w_k N(loc_k, C_k): k ~ P(k|z), then a step within
that normal. N(0, I) is such a mixture of one. A wake phase asks for narrow codes, and a chain x -> z -> x for a step that pulls
codes back to P(z): errors of the code add up over its rounds, where nothing does. The larger the noise, the sooner they are
forgotten.

The code m of a sample is z up to an error, and with P(k|z) at z = m a chain would move to the wide normals. So the sleep phase
says which normal a code is of. Of samples from each it knows mean and covariance of their codes, and

    Q(k|m) = w_k N(m; mean_k, M_k) / sum over j of w_j N(m; mean_j, M_j)

Source: the step within a normal: Neal, "Regression and classification using Gaussian process priors" (1998), proposals that
keep a normal prior; Q(k|m): quadratic discriminant analysis. That of a mixture is this project's own.
"""

import math

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.distributions.fitted_mixture import FLOOR, FullNormalMixture
from zoo.distributions.normal import FastNormal
from zoo.distributions.standard_normal import StandardNormal

tfd = tfp.distributions


class DrawnNarrower(FastNormal):
    """A density N(loc, scale^2), and samples of another standard deviation."""

    def __init__(self, loc, scale, draw_scale):
        super().__init__(loc, scale)
        self._parameters = {"loc": loc, "scale": scale, "draw_scale": draw_scale}
        self.drawn = FastNormal(loc, draw_scale)

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {name: tfp.util.ParameterProperties() for name in ("loc", "scale", "draw_scale")}

    def _sample_n(self, n, seed=None):
        return self.drawn.sample(n, seed=seed)


class MovedCode(tfd.MixtureSameFamily):
    """A mixture of normals with means [..., K, d] and factors [K, d, d]: tfp's, but for hundreds of components.

    A draw takes the normal that is chosen, where tfp draws from all of them. The density of each of many codes [n, 1, d] under
    each of a batch [m] is by matrix products, and not by n m K vectors.
    """

    def _factors(self):
        factors = self.components_distribution.scale_tril
        return tf.reshape(factors, tf.shape(factors)[-3:])  # of a row there is one more axis

    def _sample_n(self, n, seed=None):
        choice, normal = tfp.random.split_seed(seed, n=2)
        loc, chosen = self.components_distribution.loc, self.mixture_distribution.sample(n, seed=choice)
        loc = tf.reduce_sum(tf.one_hot(chosen, tf.shape(loc)[-2], dtype=self.dtype)[..., tf.newaxis] * loc, -2)
        e = noise.standard_normal(tf.shape(loc), normal, self.dtype)
        return loc + tf.linalg.matvec(tf.gather(self._factors(), chosen), e)

    def _log_prob(self, z):
        factors, loc = self._factors(), self.components_distribution.loc
        origin = tf.reduce_mean(loc, list(range(loc.shape.rank - 2)))  # squares are expanded: what is near 0 loses fewer digits
        whitening = tf.linalg.triangular_solve(factors, tf.eye(tf.shape(loc)[-1], dtype=self.dtype))
        codes, means = (tf.einsum("kij,...kj->...ki", whitening, at - origin) for at in (z[..., tf.newaxis, :], loc))
        if z.shape.rank == 3 and z.shape[1] == 1 and loc.shape.rank == 3:
            products = tf.einsum("aokd,bkd->abk", codes, means)
        else:
            products = tf.reduce_sum(codes * means, -1)
        squares = tf.reduce_sum(tf.square(codes), -1) + tf.reduce_sum(tf.square(means), -1) - 2 * products
        constants = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(factors)), -1) + z.shape[-1] * math.log(2 * math.pi) / 2
        shares = tf.math.log(self.mixture_distribution.probs_parameter())
        return tf.reduce_logsumexp(shares - constants - squares / 2, -1)


class NoisyCode(keras.layers.Layer):
    """The family of these over codes."""

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = True

    def __init__(self, size, scale, draw_scale, noise):
        super().__init__()
        self.parameter_shape = (size,)
        self.scale, self.draw_scale, self.noise = scale, draw_scale or scale, noise
        self._normals = StandardNormal((size,)).normals
        self.recognized = False  # whether there is more than one normal, and so a Q(k|m)

    def connect(self, model):
        """Takes the noise that keeps the model's P(z).

        Raises:
          ValueError: where none is known that does so, or P(z) is over codes of another size.
        """
        self._normals = getattr(model.prior_family, "normals", None)
        if not self._normals:
            raise ValueError(
                "posterior noisy_code: a noise that keeps P(z) is known only for priors standard_normal and fitted_mixture; "
                "choose one of them, or posterior normal"
            )
        count, size = self._normals()[1].shape
        if (size,) != self.parameter_shape:
            raise ValueError(
                f"noisy_code: is a Q(z|x), over codes of the prior's {size} dimensions, found {self.parameter_shape[0]}; "
                "choose another likelihood"
            )
        self.recognized = hasattr(model.prior_family, "fit")
        if not self.recognized:
            return
        identity = lambda shape, dtype: tf.eye(size, batch_shape=[count], dtype=dtype)  # noqa: E731
        self.loc = self.add_weight(shape=(count, size), initializer="zeros", trainable=False, name="loc")
        self.whitening = self.add_weight(shape=(count, size, size), initializer=identity, trainable=False, name="whitening")

    def fit(self, codes):
        """Takes mean and covariance of the codes of samples from each normal, [K, n, size]."""
        codes = np.asarray(codes, np.float64)
        loc = codes.mean(1)
        centred = codes - loc[:, np.newaxis]
        covariance = np.einsum("kni,knj->kij", centred, centred) / codes.shape[1] + FLOOR * np.eye(codes.shape[2])
        self.loc.assign(loc)
        self.whitening.assign(np.linalg.inv(np.linalg.cholesky(covariance)))

    def training_distribution(self, parameters):
        """Parameters [..., size] -> N(m, scale^2 I), whose draws are N(m, draw_scale^2 I)."""
        made = tfd.Independent(DrawnNarrower(parameters, self.scale, self.draw_scale), 1)
        made.code = parameters
        return made

    def distribution(self, parameters):
        """Parameters [..., size] -> the law of the code with noise, with its `code` m."""
        weights, means, factors = self._normals()
        shares = self._shares(weights, parameters) if self.recognized else tf.ones_like(parameters[..., :1])
        kept = (1 - self.noise**2) ** 0.5
        moved = tfd.MultivariateNormalTriL(kept * parameters[..., tf.newaxis, :] + (1 - kept) * means, self.noise * factors)
        made = MovedCode(tfd.Categorical(probs=shares), moved)
        made.code = parameters
        return made

    def _shares(self, weights, codes):
        """Q(k|m), [..., K]."""
        of_codes = FullNormalMixture(tf.math.log(weights), self.loc.value, None, self.whitening.value)
        return tf.nn.softmax(of_codes.joint_log_prob(codes))

    def code(self, distribution):
        """m(x), which the decoder was trained on; the mean of Q(z|x) is nearer to 0."""
        return distribution.code

    def described(self, distribution):
        """The code m, and mean and standard deviation of Q(z|x)."""
        return {"code": self.code(distribution), "loc": distribution.mean(), "scale": distribution.stddev()}


def conditional(event_shape, *, scale: float = 0.1, draw_scale: float = 0.0, noise: float = 0.6):
    """A code, and the noise around it that keeps P(z).

    Args:
      event_shape: (size,).
      scale: standard deviation by which training scores codes: 1/scale^2 weighs their squared error in the sleep phase.
      draw_scale: standard deviation of the wake phase's codes; 0: the same. Codes of few dimensions have to be finer.
      noise: share of a normal's standard deviation that is drawn anew, in (0, 1).

    Raises:
      ValueError: for an event that is no vector, or numbers out of their range.
    """
    if len(event_shape) != 1:
        raise ValueError(f"noisy_code: is over vectors, found shape {tuple(event_shape)}")
    if not (scale > 0 and draw_scale >= 0 and 0 < noise < 1):
        raise ValueError(
            "noisy_code: scale must be above 0, draw_scale at least 0 and noise above 0 and below 1, found "
            f"{scale}, {draw_scale} and {noise}"
        )
    return NoisyCode(event_shape[0], scale, draw_scale, noise)
