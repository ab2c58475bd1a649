"""Importance estimate: the model's own log P(x) in place of log Q(x), from the one z that is there; nothing is trained.

    f = log P(x|z) + log P(z) - log Q(z|x)        at the pair's own (x, z), held fixed

exp(f) has the mean P(x) over z ~ Q(z|x), and f itself the ELBO. It is the "marginal" of the mutual information machine, and a
density of the model, not of the data.

Held fixed means that no gradient passes through it. If one did, then in the EHM's sleep phase, with d = a + b - c,

    -c - d  =  -c - a - b + c  =  -a - b,

log Q(z|x) would cancel, and with it all that the sleep phase teaches the encoder; in the Symmetric VAE's, a - d - c = -b, all
would. So `held_fixed` is refused to be anything else.

Source: Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019), the marginal of section 4.
"""

import keras
import tensorflow as tf

from zoo import noise

STANDS_IN_FOR = ("log_q_x",)


class ImportanceEstimate(keras.layers.Layer):
    """log P(x) by one draw of z; it has no weights."""

    KIND = "density"
    DENSITIES_OF_PAIRS = True
    HAS_GRADIENT = False
    TAKES_LABELS = True
    TERMS = ("loss",)

    def value(self, at):
        """log P(x|z) + log P(z) - log Q(z|x), [batch] in nats, held fixed; where there is no z, at a draw of Q(z|x)."""
        if at.z is None:
            seed = noise.seed_for(0, 0, "importance_estimate")  # the same at each call
            at = at.model.log_densities(at.x, at.posterior.sample(seed=seed))
        return tf.stop_gradient(at.log_weight)

    def losses(self, high, low, seed):
        """Zeros, [batch]: there is nothing to train."""
        return {"loss": tf.zeros_like(high.log_q_z_given_x)}

    def constrain(self):
        """There are no weights."""


def build(shapes, *, held_fixed: bool = True):
    """The importance estimate of log P(x).

    Args:
      shapes: {"x": event_shape}.
      held_fixed: must be True.

    Raises:
      ValueError: if it is not to be held fixed.
    """
    if not held_fixed:
        raise ValueError(
            "importance_estimate: held_fixed must be True: with a gradient through it log Q(z|x) cancels in the sleep phase, "
            "which would teach the encoder nothing"
        )
    return ImportanceEstimate()
