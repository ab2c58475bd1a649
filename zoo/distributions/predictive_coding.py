"""Predictive coding: Q(z|x) by gradient descent on -log P(x, z) from the encoder's code, and a normal around where it ends.

    z_0 = the encoder's code of x, or the mode of P(z)
    z   = z - r grad E(z),   E(z) = -log P(x|z) - log P(z),   n times
    Q(z|x) = N(z_n, H^-1),   H = the second derivatives of E at z_n             (Laplace's approximation)

E never rises (zoo/distributions/descent.py). Where P(x, z) is linear and Gaussian, z_n comes to the posterior's mean and Q(z|x)
is the posterior itself. Elsewhere H may have eigenvalues that are no precision: they are kept between 1/maximum_scale^2 and
1/minimum_scale^2. P is in inference mode.

In training codes are drawn from that normal and held fixed, so it goes with objectives like wake_sleep: the wake phase moves P
at inferred codes, the sleep phase makes the encoder's own normal N(m(x), s(x)^2) a good place to start. A step costs num_steps
passes of P forward and back, and latent_size more, forward and back twice, for H.

Source: Bogacz, "A tutorial on the free-energy framework for modelling perception and learning" (2017), section 2; Rao and
Ballard, "Predictive coding in the visual cortex" (1999); MacKay, "Information Theory, Inference, and Learning Algorithms"
(2003), chapter 27.
"""

import keras
import tensorflow as tf

from zoo.distributions.descent import STEP_SIZE, descended, energy_and_slope
from zoo.distributions.multivariate_normal import FullNormal, MultivariateNormal

STARTS = ("encoder", "prior")


class Answer(FullNormal):
    """The encoder's N(loc, scale^2). Codes that it draws are held fixed: they are `inferred`, where that is known.

    Once it has drawn inferred codes, its log-density has the value of what they were drawn from, as weights of importance
    need it, and still the gradient of the encoder's own.
    """

    inferred = None  # -> a FullNormal
    _found = None

    def __init__(self, loc, scale):
        diagonal = tf.eye(tf.shape(loc)[-1], batch_shape=tf.shape(loc)[:-1], dtype=loc.dtype)
        super().__init__(loc, scale, tf.ensure_shape(diagonal, [*loc.shape, loc.shape[-1]]))
        self._parameters = {"loc": loc, "scale": scale}

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        known = super()._parameter_properties(dtype, num_classes)
        return {"loc": known["loc"], "scale": known["scale"]}

    def _sample_n(self, n, seed=None):
        if self.inferred is None:
            return tf.stop_gradient(super()._sample_n(n, seed))
        self._found = self.inferred() if self._found is None else self._found
        return tf.stop_gradient(self._found.sample(n, seed=seed))

    def _log_prob(self, z):
        own = super()._log_prob(z)
        return own if self._found is None else own + tf.stop_gradient(self._found.log_prob(z) - own)


class PredictiveCoding(MultivariateNormal):
    """The family of these over codes."""

    PATHWISE = False
    PATHWISE_IF = "choose an objective that holds samples fixed, like wake_sleep"

    def __init__(self, size, num_steps, step_size, start, initial_scale, minimum_scale, maximum_scale):
        super().__init__(size, initial_scale, minimum_scale)
        self.num_steps, self.step_size, self.start, self.maximum_scale = num_steps, step_size, start, maximum_scale
        self.parameter_shape = (2 * size,)

    def check(self, model):
        """Refuses a model without P(x, z), or without the code that it is to start from.

        Raises:
          ValueError: one line.
        """
        if not (model.has("log_p_x_given_z") and model.has("true_log_p_z")):
            raise ValueError(
                "posterior predictive_coding descends -log P(x, z): it needs a likelihood and a prior with densities"
            )
        try:
            model.prior().mode()
        except NotImplementedError:
            if self.start == "prior":
                raise ValueError("predictive_coding: no mode of this prior is known; set start to encoder") from None

    def distribution(self, parameters):
        """Parameters [..., 2 size] -> the encoder's N(loc, scale^2), whose samples are held fixed."""
        loc, raw = tf.split(parameters, 2, axis=-1)
        return Answer(loc, self.minimum_scale + tf.nn.softplus(raw + self.offset))

    def inferred(self, parameters, model, x, training=False, num_steps=None):
        """Q(z|x) of what the encoder says of x [batch, *event_shape]; in training an `Answer` that draws from it.

        Args:
          parameters: [batch, 2 size].
          model: that has `prior` and `likelihood`.
          x, training: of the posterior.
          num_steps: in place of the family's own; an int32 scalar.
        """
        answer = self.distribution(parameters)
        number = self.num_steps if num_steps is None else num_steps

        def around():
            # Of weights that no tape watches: it would keep what each step of a loop has computed.
            weights = {id(v): v for part in model.named_parts().values() for v in part.trainable_variables}.values()
            with keras.StatelessScope([(v, tf.stop_gradient(tf.convert_to_tensor(v.value))) for v in weights]):
                return self._around(self._descended(tf.stop_gradient(answer.loc), model, x, number), model, x)

        answer.inferred = around
        return answer if training else around()

    def _descended(self, code, model, x, num_steps):
        """Where so many steps from the code end, [batch, size]."""
        if self.start == "prior":
            code = tf.zeros_like(code) + model.prior().mode()
        return descended(code, model, x, num_steps, self.step_size)

    def _around(self, z, model, x):
        """Laplace's approximation at codes [batch, size], a FullNormal."""
        precision = _curvature(z, model, x)
        precision = (precision + tf.linalg.matrix_transpose(precision)) / 2
        # An example that is not a number would end the run here; its log-density is none, and the update is skipped.
        precision = tf.where(tf.math.is_finite(precision), precision, tf.eye(self.size, dtype=z.dtype))
        values, vectors = tf.linalg.eigh(precision)
        values = tf.clip_by_value(values, self.maximum_scale**-2, self.minimum_scale**-2)
        precision = tf.einsum("...ik,...k,...jk->...ij", vectors, values, vectors)
        # precision = F^T F of a lower F: Cholesky's, read backwards.
        factor = tf.linalg.matrix_transpose(tf.linalg.cholesky(precision[..., ::-1, ::-1]))[..., ::-1, ::-1]
        diagonal = tf.linalg.diag_part(factor)
        return FullNormal(z, 1 / diagonal, factor / diagonal[..., tf.newaxis, :])


def _curvature(z, model, x):
    """The second derivatives of E at codes, [batch, size, size]: a row for each pass."""

    def row(direction):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(z)
            _, slope = energy_and_slope(z, model, x)
        return tape.gradient(slope, z, output_gradients=tf.zeros_like(z) + direction, unconnected_gradients="zero")

    return tf.transpose(tf.map_fn(row, tf.eye(z.shape[-1], dtype=z.dtype), parallel_iterations=1), [1, 0, 2])


def conditional(
    event_shape,
    *,
    num_steps: int = 20,
    step_size: float = STEP_SIZE,
    start: str = "encoder",
    initial_scale: float = 1.0,
    minimum_scale: float = 1e-3,
    maximum_scale: float = 1.0,
):
    """Codes by descent, and a normal around them.

    Args:
      event_shape: (size,).
      num_steps: of descent.
      step_size: the first r; each example finds its own.
      start: encoder, or prior: from the mode of P(z).
      initial_scale: where the scales of the encoder's own normal start.
      minimum_scale: a floor under all scales.
      maximum_scale: of Q(z|x) in any direction. 1 is that of N(0, I), than which no posterior of a linear model is wider.

    Raises:
      ValueError: for an event that is no vector, another start, or numbers out of their range.
    """
    if len(event_shape) != 1:
        raise ValueError(f"predictive_coding: is over vectors, found shape {tuple(event_shape)}")
    if start not in STARTS:
        raise ValueError(f"predictive_coding: start must be one of {', '.join(STARTS)}, found {start!r}")
    if num_steps < 0 or not step_size > 0:
        raise ValueError(
            f"predictive_coding: num_steps must be at least 0 and step_size above 0, found {num_steps} and {step_size}"
        )
    if not min(initial_scale, maximum_scale) > minimum_scale > 0:
        raise ValueError(
            "predictive_coding: minimum_scale must be above 0 and below initial_scale and maximum_scale, found "
            f"{minimum_scale}, {initial_scale} and {maximum_scale}"
        )
    return PredictiveCoding(event_shape[0], num_steps, step_size, start, initial_scale, minimum_scale, maximum_scale)
