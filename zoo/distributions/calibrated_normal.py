"""A code of x, and a normal with a full covariance around it that is as wide as the code's errors: Q(z|x) for chains.

The encoder says three things of x: a code m(x); a shift d(x); and a covariance S(x), as multivariate_normal has it.

    training     N(m, scale^2 I)         what the sleep phase scores codes by; the wake phase draws from N(m, draw_scale^2 I)
    otherwise    N(a m + d, S)           Q(z|x), of the noisy code a z + noise e,  a = sqrt(1 - noise^2),  e ~ N(0, I)

A wake phase asks for narrow codes, and a chain x -> z -> x for Q(z|x) as wide as its errors; one normal cannot be both. The
second is trained as a density of the noisy codes of generated x (`calibration`); m is held fixed in it, d is how it may correct
m. Where it is the exact conditional, a round of the chain is a step of Gibbs' sampler followed by z -> a z + noise e, and that
pulls any law of z back to N(0, I), the faster the larger the noise. With noise 0 every law of z would stay as it is.

So it is for P(z) = N(0, I). Of a mixture of normals the noise is that of one of them, k ~ P(k|z), which keeps the mixture; the
mean of Q(z|x) is that of the noisy codes of m, plus d.

Source: the pull, as in Neal, "Regression and classification using Gaussian process priors" (1998): proposals that
keep a normal prior; a Q(z|x) trained on generated pairs alone: Hinton et al., "The wake-sleep algorithm" (1995).
"""

import tensorflow as tf
import tensorflow_probability as tfp

from zoo.distributions.multivariate_normal import MultivariateNormal
from zoo.distributions.normal import FastNormal
from zoo.distributions.standard_normal import StandardNormal

SHIFT = 0.1  # of an output of the network, in d: it starts small beside m


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


class CalibratedNormal(MultivariateNormal):
    """The family of these over codes."""

    def __init__(self, size, scale, draw_scale, noise, initial_scale, minimum_scale):
        super().__init__(size, initial_scale, minimum_scale)
        self.scale, self.draw_scale, self.noise = scale, draw_scale or scale, noise
        self.kept = (1 - noise**2) ** 0.5
        (inherited,) = self.parameter_shape
        self.parameter_shape = (inherited + size,)
        self._normals = StandardNormal((size,)).normals

    def connect(self, model):
        """Takes the noise that keeps the model's P(z).

        Raises:
          ValueError: where there is noise, and none is known that does so.
        """
        self._normals = getattr(model.prior_family, "normals", None)
        if self.noise and not self._normals:
            raise ValueError(
                "config.model.posterior.noise: a noise that keeps P(z) is known only for priors standard_normal and "
                "fitted_mixture; set it to 0"
            )

    def training_distribution(self, parameters):
        """Parameters [..., *parameter_shape] -> N(m, scale^2 I), with `calibrated`, Q(z|x)."""
        code = parameters[..., : self.size]
        made = tfp.distributions.Independent(DrawnNarrower(code, self.scale, self.draw_scale), 1)
        made.calibrated = self.distribution(parameters)
        return made

    def distribution(self, parameters):
        """Parameters [..., *parameter_shape] -> N(a m + d, S), with its `code` m."""
        code, shift, others = tf.split(parameters, [self.size, self.size, -1], axis=-1)
        loc = tf.stop_gradient(self._mean_of_noisy(code)) + SHIFT * shift
        made = super().distribution(tf.concat([loc, others], -1))
        made.code = code
        return made

    def _mean_of_noisy(self, z):
        """E of the noisy code of z, [..., size]."""
        if not self.noise:
            return z
        shares, means, _ = self._normals(z)
        return self.kept * z + (1 - self.kept) * tf.matmul(shares, means)

    def calibration(self, posterior, z):
        """E over the noise of log Q(noisy z | x) in nats, [...]: what makes Q(z|x) the law of the noisy code.

        Args:
          posterior: of `training_distribution`.
          z: the codes that x was generated from, [..., size].
        """
        if not self.noise:
            return posterior.calibrated.log_prob(z)
        shares, means, covariances = self._normals(z)
        noisy = self.kept * tf.expand_dims(z, -2) + (1 - self.kept) * means
        return tf.reduce_sum(shares * posterior.calibrated.mean_log_prob(noisy, self.noise**2 * covariances), -1)

    def code(self, distribution):
        """m(x), which the decoder was trained on: the mode of Q(z|x) is nearer to 0, as codes with noise are."""
        return getattr(distribution, "calibrated", distribution).code

    def described(self, distribution):
        """The code m, and what multivariate_normal says of Q(z|x)."""
        made = getattr(distribution, "calibrated", distribution)
        return {"code": self.code(made)} | super().described(made)


def conditional(
    event_shape,
    *,
    scale: float = 0.1,
    draw_scale: float = 0.0,
    noise: float = 0.3,
    initial_scale: float = 0.2,
    minimum_scale: float = 0.05,
):
    """A code, and a calibrated normal around it.

    Args:
      event_shape: (size,), at least 2.
      scale: standard deviation by which training scores codes: 1/scale^2 weighs their squared error in the sleep phase.
      draw_scale: standard deviation of the wake phase's codes; 0: the same. Codes of few dimensions have to be finer.
      noise: of codes, from 0 to below 1; above 0 for P(z) = N(0, I) and mixtures that have such a noise (fitted_mixture).
      initial_scale, minimum_scale: of Q(z|x), as multivariate_normal has them.

    Raises:
      ValueError: for an event that is no vector of at least 2 numbers, or numbers out of their range.
    """
    if len(event_shape) != 1 or event_shape[0] < 2:
        raise ValueError(f"calibrated_normal: is over vectors of at least 2 numbers, found shape {tuple(event_shape)}")
    if not (scale > 0 and draw_scale >= 0 and 0 <= noise < 1):
        raise ValueError(
            "calibrated_normal: scale must be above 0, draw_scale at least 0 and noise in [0, 1), found "
            f"{scale}, {draw_scale} and {noise}"
        )
    if not initial_scale > minimum_scale > 0:
        raise ValueError(
            f"calibrated_normal: scales must be initial_scale > minimum_scale > 0, found initial {initial_scale}, minimum "
            f"{minimum_scale}"
        )
    return CalibratedNormal(event_shape[0], scale, draw_scale, noise, initial_scale, minimum_scale)
