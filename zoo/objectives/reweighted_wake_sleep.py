"""Reweighted wake-sleep (RWS): the Helmholtz machine whose wake phase weighs k codes by their posterior probability.

    w_k = exp(a_k + b_k - c_k) / sum over j of exp(a_j + b_j - c_j)

    wake    E over Q(x) and z_1 ... z_k ~ Q(z|x) of  - sum over k of w_k (log P(x,z_k) + log Q(z_k|x))      moves P and Q
    sleep   E over P(x,z) of  -log Q(z|x)                                                                 moves Q

with a = log P(x|z), b = log P(z), c = log Q(z|x). Samples and weights are held fixed, so codes may be discrete. For P the
gradient is that of the importance weighted bound (IWAE), so more samples come nearer to maximum likelihood; for Q both
phases descend KL(P(z|x) || Q(z|x)), at data in the wake phase and at the model's own x in the sleep phase. With one sample
the weight is 1: the wake phase is the Helmholtz machine's, plus Q learning its own samples, which has mean zero.

Source: Bornschein and Bengio, "Reweighted Wake-Sleep" (2015).
"""

import tensorflow as tf

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x")
SAMPLES = "held_fixed"
SEVERAL_SAMPLES = True
WAKE_MOVES = "PQ"
SLEEP_MOVES = "Q"


def wake_loss(at):
    """The weighted mean of -log P(x, z) - log Q(z|x) over the samples: [samples, batch] -> [batch]."""
    log_p = at.log_p_x_given_z + at.log_p_z
    weights = tf.stop_gradient(tf.nn.softmax(log_p - at.log_q_z_given_x, axis=0))
    return -tf.reduce_sum(weights * (log_p + at.log_q_z_given_x), axis=0)


def sleep_loss(at):
    """-log Q(z|x)."""
    return -at.log_q_z_given_x
