"""Mixture of normals with full covariances that is fitted to codes of the data: it is not trained, but estimated anew by EM.

    log P(z) = log sum over k of  w_k N(z; loc_k, C_k),      k = 1 ... components

To begin with all components are N(0, I), and so is P(z): a run trains as with standard_normal, up to rounding. Then P(z) is
fitted by maximum likelihood to codes of training examples, one draw of Q(z|x) each. That is done `fits` times in a run, evenly
spaced and last at its end. Of one fit encoder and decoder know nothing, and Q(z) is P(z) nearly. With two the second half of a
run is trained with P(z) as the first half's codes have it. A longer run goes on with what was fitted at the end of the shorter.

It has a noise of size s that keeps it, as N(0, I) has: k ~ P(k|z), then  z -> loc_k + sqrt(1 - s^2) (z - loc_k) + s e,
e ~ N(0, C_k). For a given k that keeps N(loc_k, C_k), and k ~ P(k|z) keeps the joint law of both.

Source: Ghosh et al., "From Variational to Deterministic Autoencoders" (2020), section 4, ex-post density estimation; EM:
Dempster, Laird and Rubin (1977), as scikit-learn has it.
"""

import math
import warnings

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.distributions.normal_mixture import Categorical, WithoutBatch

tfd = tfp.distributions
ITERATIONS = 50  # of EM, from centres by k-means++
FLOOR = 1e-6  # added to the variances: a component that sits on one code has an infinite density


class FullNormalMixture(WithoutBatch):
    """sum over k of w_k N(z; loc_k, C_k), without batch.

    Args:
      log_weights: [K], normalized.
      loc: [K, d].
      factor: L_k, lower triangular, [K, d, d].
      whitening: its inverse, [K, d, d].
    """

    def __init__(self, log_weights, loc, factor, whitening):
        parameters = dict(locals())
        self.log_weights, self.loc, self.factor, self.whitening = log_weights, loc, factor, whitening
        pathwise = tfd.FULLY_REPARAMETERIZED
        super().__init__(loc.dtype, pathwise, validate_args=False, allow_nan_stats=True, parameters=parameters)

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        properties = tfp.util.ParameterProperties
        return {"log_weights": properties(1), "loc": properties(2), "factor": properties(3), "whitening": properties(3)}

    def _sample_n(self, n, seed=None):
        seed = tfp.random.sanitize_seed(seed)
        # The noise of N(0, I) by the same seed, which it is where nothing has been fitted yet.
        e = noise.standard_normal(tf.concat([[n], tf.shape(self.loc)[1:]], 0), seed, self.dtype)
        k = Categorical(logits=self.log_weights).sample(n, seed=tf.random.fold_in(seed, 1))
        return tf.gather(self.loc, k) + tf.linalg.matvec(tf.gather(self.factor, k), e)

    def joint_log_prob(self, z):
        """log w_k N(z; loc_k, C_k) for each k, [..., K]."""
        centred = tf.expand_dims(z, -2) - self.loc
        e = tf.einsum("kij,...kj->...ki", self.whitening, centred)
        constants = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(self.whitening)), 1) - z.shape[-1] * math.log(2 * math.pi) / 2
        return self.log_weights + constants - tf.reduce_sum(tf.square(e), -1) / 2

    def _log_prob(self, z):
        return tf.reduce_logsumexp(self.joint_log_prob(z), -1)


class FittedMixture(keras.layers.Layer):
    """P(z), N(0, I) until `fit`.

    Attributes:
      fits: how often it is fitted in a run.
      examples: whose codes it is fitted to, at most.
    """

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = True

    def __init__(self, size, components, fits, examples):
        super().__init__()
        self.components, self.fits, self.examples = components, fits, examples
        identity = lambda shape, dtype: tf.eye(size, batch_shape=[components], dtype=dtype)  # noqa: E731
        equal = keras.initializers.Constant(-math.log(components))
        self.log_weights = self._kept("log_weights", (components,), equal)
        self.loc = self._kept("loc", (components, size), "zeros")
        self.factor = self._kept("factor", (components, size, size), identity)
        # Kept too, so that no step inverts it.
        self.whitening = self._kept("whitening", (components, size, size), identity)

    def _kept(self, name, shape, start):
        return self.add_weight(shape=shape, initializer=start, trainable=False, name=name)

    def distribution(self):
        """A tfd with event [latent_size] and no batch."""
        return FullNormalMixture(self.log_weights.value, self.loc.value, self.factor.value, self.whitening.value)

    def normals(self):
        """Those that it is made of, as zoo/distributions/__init__.py has it."""
        return tf.exp(self.log_weights.value), self.loc.value, self.factor.value

    def fit(self, codes, seed):
        """Maximum likelihood by EM.

        Args:
          codes: float [n, latent_size].
          seed: of the first centres, an integer.

        Raises:
          ValueError: for fewer codes than components, or codes that are not finite.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture  # half a second that only this prior should cost

        codes = np.asarray(codes, np.float32)
        if len(codes) < self.components:
            raise ValueError(
                f"fitted_mixture: {len(codes)} codes are fewer than components = {self.components}; give fewer components"
            )
        if not np.isfinite(codes).all():
            raise ValueError("fitted_mixture: codes are not finite, so that no mixture can be fitted to them")
        em = GaussianMixture(self.components, max_iter=ITERATIONS, reg_covar=FLOOR, random_state=seed, init_params="k-means++")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                em.fit(codes)  # in float32, which takes half the time
            except ValueError:
                em.fit(np.float64(codes))  # a component on few codes is too near to a singular one for float32
        factor = np.linalg.cholesky(np.float64(em.covariances_))
        self.log_weights.assign(np.log(em.weights_))
        self.loc.assign(em.means_)
        self.factor.assign(factor)
        self.whitening.assign(np.linalg.inv(factor))


def prior(event_shape, *, components: int = 100, fits: int = 1, examples: int = 20_000):
    """A mixture that is fitted to codes.

    Args:
      event_shape: (latent_size,).
      components: K.
      fits: how often in a run, the last time at its end.
      examples: of the training split, whose codes it is fitted to; all where there are fewer. At least `components`.

    Raises:
      ValueError: for codes that are no vectors, or numbers out of their range.
    """
    if len(event_shape) != 1:
        raise ValueError(f"fitted_mixture: is over vectors, found shape {tuple(event_shape)}")
    if not (components >= 1 and fits >= 1 and examples >= components):
        raise ValueError(
            "fitted_mixture: components and fits must be at least 1 and examples at least components, found "
            f"{components}, {fits} and {examples}"
        )
    return FittedMixture(event_shape[0], components, fits, examples)
