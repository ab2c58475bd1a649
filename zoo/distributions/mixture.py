"""Learned mixture of diagonal normals.

    log P(z) = log sum over k of  w_k N(z; loc_k, diag(scale_k^2)),      k = 1 ... components

Weights, locations and scales are learned. Samples are drawn by ancestry, k ~ w and z = loc_k + scale_k e, and a pathwise
gradient passes to loc_k and scale_k of the component that was chosen: exact for these, at the variance of a normal. Which k is
chosen has no pathwise gradient, so the weights get none from a sample. What to do about that is a choice:

    weights="equal"         w_k = 1/K: there is nothing to learn, and samples are pathwise
    gradient="component"    learned weights get their gradient from log P(z) alone (VAE, wake-sleep). An objective whose sleep
                            phase passes gradients through samples of the prior refuses it: the gradient would lack a term
    gradient="implicit"     tfp's implicit reparameterization, through the conditional distribution functions: unbiased for
                            the weights as well, but its variance grows beyond use where components lie far apart (few
                            samples fall between them, with huge derivatives) or dimensions are many. For small mixtures

Source: Figurnov, Mohamed and Mnih, "Implicit Reparameterization Gradients" (2018); Graves, "Stochastic Backpropagation through
Mixture Density Distributions" (2016).
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.distributions.normal import FastNormal
from zoo.distributions.normal_mixture import Categorical, NormalMixture

tfd = tfp.distributions
WEIGHTS = ("learned", "equal")
GRADIENTS = ("component", "implicit")


class Mixture(keras.layers.Layer):
    """sum over k of w_k N(loc_k, diag(scale_k^2)), scale_k = minimum_scale + softplus(.)."""

    SUPPORT = "real"
    DENSITY = True
    PATHWISE_IF = "set config.model.prior.weights to equal, or config.model.prior.gradient to implicit"

    def __init__(self, event_shape, components, weights, gradient, initial_scale, minimum_scale):
        super().__init__()
        self.PATHWISE = weights == "equal" or gradient == "implicit"
        self.implicit = gradient == "implicit"
        self.minimum_scale = minimum_scale
        # softplus^-1: a zero weight is the initial scale.
        self.offset = float(tfp.math.softplus_inverse(tf.constant(initial_scale - minimum_scale, tf.float64)))
        shape = (components, *event_shape)
        # Equal components would stay equal; N(0, I) is where codes are to begin with.
        self.loc = self.add_weight(shape=shape, initializer=keras.initializers.RandomNormal(stddev=1.0), name="loc")
        self.raw_scale = self.add_weight(shape=shape, initializer="zeros", name="raw_scale")
        learned = weights == "learned"
        self.logits = self.add_weight(shape=(components,), initializer="zeros", trainable=learned, name="logits")

    def distribution(self):
        """A tfd with event `event_shape` and no batch."""
        logits, loc = self.logits.value, self.loc.value
        scale = self.minimum_scale + tf.nn.softplus(self.raw_scale.value + self.offset)
        if not self.implicit:
            return NormalMixture(tf.nn.log_softmax(logits), loc, scale)
        components = tfd.Independent(FastNormal(loc, scale), 1)
        return tfd.MixtureSameFamily(Categorical(logits=logits), components, reparameterize=True)


def prior(
    event_shape,
    *,
    components: int = 10,
    weights: str = "learned",
    gradient: str = "component",
    initial_scale: float = 1.0,
    minimum_scale: float = 1e-2,
):
    """A learned mixture.

    Args:
      event_shape: of one code.
      components: K.
      weights: learned or equal.
      gradient: component or implicit, see above.
      initial_scale: of every component in every dimension.
      minimum_scale: the floor under them. A component that sits on one code without a floor has an infinite density.

    Raises:
      ValueError: for another word, no component, or scales that are not initial_scale > minimum_scale > 0.
    """
    if weights not in WEIGHTS or gradient not in GRADIENTS:
        raise ValueError(
            f"mixture: weights must be one of {', '.join(WEIGHTS)} and gradient one of {', '.join(GRADIENTS)}, "
            f"found {weights!r} and {gradient!r}"
        )
    if components < 1:
        raise ValueError(f"mixture: components must be at least 1, found {components}")
    if not initial_scale > minimum_scale > 0:
        raise ValueError(
            f"mixture: scales must be initial_scale > minimum_scale > 0, found initial {initial_scale}, minimum {minimum_scale}"
        )
    return Mixture(event_shape, components, weights, gradient, initial_scale, minimum_scale)
