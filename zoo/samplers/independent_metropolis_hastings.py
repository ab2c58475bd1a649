"""Independent Metropolis-Hastings: proposals from the generator, accepted by their weight (MH-GAN).

    accept x' over x with probability min(1, w(x') / w(x)),     log w = log Q(x)/P(x), a calibrated critic

Started from data, which are of Q, the chain is of Q at once. The critic must be calibrated on held-out data: `calibrated` fits
the logit a f + b of a logistic regression of data against samples.

Source: Turner et al., "Metropolis-Hastings Generative Adversarial Networks" (2019), section 3.
"""

import tensorflow as tf

from zoo import noise

NEWTON_STEPS = 50
RIDGE = 1e-6  # on a and b: where critics separate the two sets, the fit would run to infinity


def chain(log_weight, proposed, start, seed):
    """Runs chains through proposals.

    Args:
      log_weight: of x [n, *event], [n].
      proposed: [steps, chains, *event], of the generator.
      start: [chains, *event].
      seed: a pair.

    Returns:
      (the last states [chains, *event], the share of the proposals that were accepted, a scalar).
    """
    axes = [1] * (len(start.shape) - 1)

    def move(before, item):
        x, weight, _ = before
        number, new = item
        new_weight = log_weight(new)
        uniform = noise.standard_uniform(tf.shape(weight), tf.random.fold_in(seed, number), weight.dtype)
        accepted = tf.math.log(uniform) < new_weight - weight
        x = tf.where(tf.reshape(accepted, [-1, *axes]), new, x)
        return x, tf.where(accepted, new_weight, weight), tf.cast(accepted, weight.dtype)

    first = (start, log_weight(start), tf.zeros_like(log_weight(start)))
    steps = tf.range(tf.shape(proposed)[0])
    x, _, accepted = tf.scan(move, (steps, proposed), first)
    return x[-1], tf.reduce_mean(accepted)


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
