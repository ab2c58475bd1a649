"""Importance weighted autoencoder (IWAE): the wake phase with a tighter bound, from k codes for each x.

    wake    E over Q(x) and z_1 ... z_k ~ Q(z|x) of  -log mean over k of w_k,      w_k = P(x,z_k)/Q(z_k|x)

k = 1 is the VAE; with more samples the bound only falls, down to E over Q(x) of -log P(x). But the more samples, the noisier
is the encoder's gradient, hence `encoder_gradient`:

    pathwise                  the plain derivative of the bound
    doubly_reparameterized    (DReG) for the encoder, sum over k of v_k^2 (d log w_k/d z_k) (d z_k/d encoder), where
                              v_k = w_k / sum over j of w_j: the same mean, and a variance that falls with the distance
                              of Q(z|x) from P(z|x), to 0 where they are equal (far from there it may be the larger one).
                              It costs a second pass of the decoder

Source: Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders" (2016), equation 8; Tucker, Lawson, Gu and
Maddison, "Doubly Reparameterized Gradient Estimators for Monte Carlo Objectives" (2019).
"""

import tensorflow as tf
import tensorflow_probability as tfp

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x")
SAMPLES = "pathwise"
SEVERAL_SAMPLES = True
WAKE_MOVES = "PQ"
RANGES = {"kl_weight": (0.0, float("inf"))}

ENCODER_GRADIENTS = ("pathwise", "doubly_reparameterized")


def wake_loss(at, *, kl_weight: float = 1.0, encoder_gradient: str = "pathwise"):
    """Minus the bound, [samples, batch] -> [batch]; a schedule of kl_weight from 0 to 1 is a warm-up."""
    log_w = _log_weight(at, kl_weight)
    bound = tfp.math.reduce_logmeanexp(log_w, axis=0)
    if encoder_gradient == "pathwise":
        return -bound
    surrogate = _doubly_reparameterized(at, log_w, kl_weight)
    return -(tf.stop_gradient(bound - surrogate) + surrogate)


def check(options, kinds):
    """Refuses an unknown estimator."""
    if options["encoder_gradient"] not in ENCODER_GRADIENTS:
        raise ValueError(
            f"objective iwae: encoder_gradient must be one of {', '.join(ENCODER_GRADIENTS)}, "
            f"found {options['encoder_gradient']!r}"
        )


def _log_weight(at, kl_weight):
    return at.log_p_x_given_z + kl_weight * (at.log_p_z - at.log_q_z_given_x)


def _doubly_reparameterized(at, log_w, kl_weight):
    """[batch] whose gradient has the bound's mean and a lower variance for the encoder; its value means nothing.

    At a fixed sample, weights of P have their gradient as in the bound. `through_z` is 0, and has a gradient through the
    samples only. With a kl_weight of 1 its factor is v^2; in general the score of Q, which that factor replaces, has the
    weight kl_weight.
    """
    fixed = at.at_fixed_sample
    v = tf.stop_gradient(tf.nn.softmax(log_w, axis=0))
    log_p = fixed.log_p_x_given_z + kl_weight * fixed.log_p_z
    through_z = log_w - _log_weight(fixed, kl_weight)
    return tf.reduce_sum(v * log_p + ((1 - kl_weight) * v + kl_weight * v**2) * through_z, axis=0)
