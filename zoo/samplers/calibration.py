"""Calibration of a critic on held-out data: the log-ratio a f + b by a logistic regression of data against samples.

Source: Platt, "Probabilistic Outputs for Support Vector Machines" (1999); for samplers: Turner et al., "Metropolis-Hastings
Generative Adversarial Networks" (2019), section 3.2.
"""

import tensorflow as tf

NEWTON_STEPS = 50
RIDGE = 1e-6  # on a and b: where critics separate the two sets, the fit would run to infinity


def calibrated(real, generated):
    """(a, b) of the log-ratio a f + b, from the critic's values at held-out data and at samples, [n] and [m].

    Newton's method on the logistic loss, each set with half the weight: b is the log-ratio's own, whatever n and m.
    """
    f = tf.concat([real, generated], 0)
    label = tf.concat([tf.ones_like(real), tf.zeros_like(generated)], 0)
    weight = tf.concat(
        [tf.ones_like(real) / tf.size(real, real.dtype), tf.ones_like(generated) / tf.size(generated, f.dtype)], 0
    )
    inputs = tf.stack([f, tf.ones_like(f)], 1)
    ab = tf.constant([0.0, 0.0], f.dtype)
    for _ in range(NEWTON_STEPS):
        p = tf.sigmoid(tf.linalg.matvec(inputs, ab))
        gradient = tf.linalg.matvec(inputs, weight * (p - label), transpose_a=True) + RIDGE * ab
        curvature = tf.matmul(inputs, inputs * (weight * p * (1 - p))[:, None], transpose_a=True)
        ab -= tf.linalg.solve(curvature + RIDGE * tf.eye(2, dtype=f.dtype), gradient[:, None])[:, 0]
    return ab[0], ab[1]
