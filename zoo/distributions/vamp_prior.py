"""VampPrior: a mixture of the posteriors at K learned pseudo-inputs.

    log P(z) = log (1/K) sum over k of  Q(z|u_k)

The pseudo-inputs u_k have the shape of x. They stay in the range that the data have: after each update they are projected
back into it, so that images from the data are kept as they are, also where pixels lie on the border of the range (a squashing
function would move those, and a clipped one would have no gradient there). All u_k pass the encoder at once, in inference
mode: a batch normalization uses its running statistics of the data, which pseudo-inputs neither see nor change.

The prior's own weights are the pseudo-inputs alone. log P(z) holds the encoder's weights too, and they get their gradient
through it wherever a phase moves Q. A phase that moves P only (the wake phase of wake-sleep) takes the encoder inside of the
prior as given and moves the pseudo-inputs, the decoder and the likelihood.

The weights 1/K are constants, so a sample is exactly as pathwise as those of Q(z|x).

Source: Tomczak and Welling, "VAE with a VampPrior" (2018), equation 9.
"""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.distributions.normal_mixture import Categorical, NormalMixture

tfd = tfp.distributions
INITIALIZATIONS = ("data", "noise")
# How many examples tell the range of the data.
EXAMPLES = 500


class VampPrior(keras.layers.Layer):
    """(1/K) sum over k of Q(z|u_k); complete once it is connected to a model."""

    DENSITY = True
    PATHWISE_IF = "choose a posterior whose samples are pathwise, like normal"

    def __init__(self, components, initialization):
        super().__init__()
        self.components = components
        self.initialization = initialization

    def connect(self, model):
        """Takes the model's posterior, and makes the pseudo-inputs.

        Raises:
          ValueError: for a model without posterior, or whose posterior has no density.
        """
        family = model.posterior_family
        if family is None:
            raise ValueError("vamp_prior is made of Q(z|u): it needs config.model.encoder and config.model.posterior")
        if not family.DENSITY:
            raise ValueError("vamp_prior needs a posterior with a density, like normal or bernoulli")
        if hasattr(family, "inferred"):
            raise ValueError("vamp_prior is made of Q(z|u), and this posterior is found by descent on log P(z); choose normal")
        self.posterior = model.posterior
        self.SUPPORT = family.SUPPORT
        self.PATHWISE = family.PATHWISE and family.SUPPORT == "real"
        shape = (self.components, *model.event_shape)
        self.limits = self.add_weight(shape=(2,), initializer=_everything, trainable=False, name="limits")
        self.pseudo_inputs = self.add_weight(
            shape=shape, initializer=keras.initializers.RandomUniform(0, 1), constraint=self._in_range, name="pseudo_inputs"
        )

    def _in_range(self, x):
        return tf.clip_by_value(x, self.limits.value[0], self.limits.value[1])

    def initialize(self, examples):
        """Pseudo-inputs from the data, or noise over the range of the data; that range becomes theirs."""
        start, some = examples(self.components), examples(EXAMPLES)
        low, high = (float(reduce(some)) for reduce in (tf.reduce_min, tf.reduce_max))
        if self.initialization == "data":
            low, high = min(low, float(tf.reduce_min(start))), max(high, float(tf.reduce_max(start)))
            self.pseudo_inputs.assign(start)
        else:
            self.pseudo_inputs.assign(low + (high - low) * self.pseudo_inputs.value)
        self.limits.assign([low, high])

    def distribution(self):
        """A tfd with event [latent_size] and no batch; one pass of the encoder."""
        components = self.posterior(self.pseudo_inputs.value)
        logits = tf.fill([self.components], tf.constant(-np.log(self.components), self.pseudo_inputs.value.dtype))
        if isinstance(components, tfd.Independent) and isinstance(components.distribution, tfd.Normal):
            return NormalMixture(logits, components.mean(), components.stddev())
        return tfd.MixtureSameFamily(Categorical(logits=logits), components)


def _everything(shape, dtype=None):
    """The range of all numbers, until the data are there."""
    return tf.constant([-1, 1], dtype) * tf.as_dtype(dtype).max


def prior(event_shape, *, components: int = 500, initialization: str = "data"):
    """A VampPrior.

    Args:
      event_shape: of one code (what is needed of it, the posterior knows).
      components: K, the number of pseudo-inputs.
      initialization: data (training examples) or noise (uniform over the range of the data). A model built without any
        data starts from noise in [0, 1].

    Raises:
      ValueError: for another initialization, or fewer than one component.
    """
    if initialization not in INITIALIZATIONS:
        raise ValueError(f"vamp_prior: initialization must be one of {', '.join(INITIALIZATIONS)}, found {initialization!r}")
    if components < 1:
        raise ValueError(f"vamp_prior: components must be at least 1, found {components}")
    return VampPrior(components, initialization)
