"""Independent Bernoulli variables, parameterized by logits.

    log P(x) = sum over dimensions of  x log p + (1 - x) log(1 - p),       p = sigmoid(logit)

A binary sample has no pathwise gradient. An objective that needs one can be given a biased one for training, by `estimator`:

    none                there is none
    straight_through    the sample is what it is, 0 or 1; its gradient is taken to be that of p (Bengio et al. 2013)
    relaxed             the sample is sigmoid((logit + e) / temperature), e logistic noise: in (0, 1), and the closer to a
                        binary one the lower the temperature. It is scored by the formula above, whose terms are then a
                        surrogate and no log-probabilities (Jang et al. 2017; Maddison et al. 2017)

Only training draws by the estimator; whatever is reported or exported is about binary samples.

Source: Bengio, Leonard and Courville, "Estimating or Propagating Gradients Through Stochastic Neurons" (2013), section 4;
Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax" (2017); Maddison, Mnih and Teh, "The Concrete
Distribution" (2017).
"""

import itertools
import math

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise

tfd = tfp.distributions
ESTIMATORS = ("none", "straight_through", "relaxed")


class OneSoftplus(tfd.Bernoulli):
    """A Bernoulli variable whose log-probability takes one softplus; tfp takes two, which cost more than a small decoder.

    Its samples are made of the project's own noise.
    """

    def _sample_n(self, n, seed=None):
        probs = self.probs_parameter()
        shape = tf.concat([[n], tf.shape(probs)], 0)
        return tf.cast(noise.standard_uniform(shape, tfp.random.sanitize_seed(seed), probs.dtype) < probs, self.dtype)

    def _log_prob(self, event):
        """x log p + (1 - x) log(1 - p) = x logit - softplus(logit)."""
        logits = self.logits_parameter()
        event = tf.cast(event, logits.dtype)
        # In a row, since XLA's kernels are vectorized along the last axis, and grey pictures have one channel.
        same = _same_axes(event.shape, logits.shape)
        flat, flat_event = _in_a_row(logits, same), _in_a_row(event, same)
        found = flat_event * flat - tf.nn.softplus(flat)
        return found if same < 2 else tf.reshape(found, tf.concat([tf.shape(found)[:-1], logits.shape[-same:]], 0))


def _same_axes(one, other):
    """How many of the last axes of two shapes are known and of one size, the first axis left out."""
    pairs = zip(one[:0:-1], other[:0:-1], strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] is not None and pair[0] == pair[1], pairs))


def _in_a_row(values, axes):
    """The last axes of a tensor, whose sizes are known, as one."""
    if axes < 2:
        return values
    return tf.reshape(values, tf.concat([tf.shape(values)[:-axes], [math.prod(values.shape[-axes:])]], 0))


class StraightThrough(OneSoftplus):
    """A Bernoulli variable whose samples have the gradient of its probability: p (1 - p) for each logit."""

    def _sample_n(self, n, seed=None):
        probs = self.probs_parameter()
        # The bracket is 0, so the value is 0 or 1 exactly.
        return super()._sample_n(n, seed=seed) + (probs - tf.stop_gradient(probs))


class Relaxed(OneSoftplus):
    """A Bernoulli variable whose samples are sigmoid((logit + logistic noise) / temperature)."""

    def __init__(self, logits, temperature, dtype):
        parameters = dict(locals())
        super().__init__(logits=logits, dtype=dtype)
        self._parameters = parameters
        self.temperature = temperature

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {name: tfp.util.ParameterProperties() for name in ("logits", "temperature")}

    def _sample_n(self, n, seed=None):
        # The same noise at the same place makes this sample 1 at temperature 0 where the binary sample is 1.
        shape = tf.concat([[n], tf.shape(self.logits)], 0)
        uniform = noise.standard_uniform(shape, tfp.random.sanitize_seed(seed), self.dtype)
        return tf.sigmoid((self.logits + tf.math.log1p(-uniform) - tf.math.log(uniform)) / self.temperature)


class Bernoulli(keras.layers.Layer):
    """P(x) = product over dimensions of p^x (1 - p)^(1 - x), p = sigmoid(logit), in nats.

    Values between 0 and 1 are scored by the same formula, which is then a cross entropy and no density.
    """

    SUPPORT = "binary"
    DENSITY = True
    PATHWISE_IF = "set its estimator to straight_through or relaxed"

    def __init__(self, event_shape, estimator, temperature):
        super().__init__()
        self.event_shape = tuple(event_shape)
        self.parameter_shape = self.event_shape
        self.estimator = estimator
        self.temperature = temperature
        self.PATHWISE = estimator != "none"

    def distribution(self, parameters):
        """Logits [..., *event_shape] -> a tfd whose samples are 0 or 1 in the logits' dtype."""
        return tfd.Independent(OneSoftplus(logits=parameters, dtype=parameters.dtype), len(self.event_shape))

    def training_distribution(self, parameters):
        """The same, with samples by the estimator."""
        if self.estimator == "none":
            return self.distribution(parameters)
        if self.estimator == "straight_through":
            made = StraightThrough(logits=parameters, dtype=parameters.dtype)
        else:
            made = Relaxed(parameters, self.temperature, parameters.dtype)
        return tfd.Independent(made, len(self.event_shape))

    def described(self, distribution):
        """What tells a distribution of this family from another: the probabilities `probs` of a 1."""
        return {"probs": distribution.mean()}


class BernoulliPrior(keras.layers.Layer):
    """P(z) = product over dimensions of p^z (1 - p)^(1 - z), p = 1/2 or learned: -d log 2 nats, or less."""

    SUPPORT = "binary"
    PATHWISE = False
    DENSITY = True
    PATHWISE_IF = "set config.model.prior.learned to False"

    def __init__(self, event_shape, learned):
        super().__init__()
        self.logits = self.add_weight(shape=tuple(event_shape), initializer="zeros", trainable=learned, name="logits")

    def distribution(self):
        """A tfd with event `event_shape` and no batch."""
        logits = self.logits.value
        return tfd.Independent(OneSoftplus(logits=logits, dtype=logits.dtype), 1)


def conditional(event_shape, *, estimator: str = "none", temperature: float = 0.5):
    """Independent Bernoulli variables.

    Args:
      event_shape: of one example, or one code.
      estimator: of the gradient through samples: none, straight_through or relaxed.
      temperature: of the relaxation, above 0.

    Raises:
      ValueError: for another estimator, or a temperature that is not above 0.
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"bernoulli: estimator must be one of {', '.join(ESTIMATORS)}, found {estimator!r}")
    if not temperature > 0:
        raise ValueError(f"bernoulli: temperature must be above 0, found {temperature}")
    return Bernoulli(event_shape, estimator, temperature)


def prior(event_shape, *, learned: bool = False):
    """Independent binary codes, fair or with learned probabilities that start fair."""
    return BernoulliPrior(event_shape, learned)
