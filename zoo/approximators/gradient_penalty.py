"""Gradient penalties: what keeps a critic's slope at 1 between real and generated examples, or at 0 on real ones."""

import tensorflow as tf

from zoo import noise, replicas


def squared_gradient(value, x):
    """|grad_x value(x)|^2 of each example, [batch]."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        values = value(x)
    gradient = tf.reshape(tape.gradient(values, x), [tf.shape(x)[0], -1])
    return tf.reduce_sum(tf.square(gradient), axis=1)


def gradient_norm(value, x):
    """|grad_x value(x)| of each example, [batch], with a square root whose gradient at 0 is 0 and not infinite."""
    squared = squared_gradient(value, x)
    positive = squared > 0
    return tf.where(positive, tf.sqrt(tf.where(positive, squared, 1.0)), 0.0)


def gradient_penalty(value, real, fake, seed, part=replicas.WHOLE):
    """(|grad_x f(x)| - 1)^2 at x = u real + (1 - u) fake, u ~ U[0, 1] for each pair: [batch].

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), equation 3.
    """
    return tf.square(gradient_norm(value, between(real, fake, seed, part)) - 1)


def squared_slope(value, real, fake, seed, part=replicas.WHOLE):
    """|grad_x f(x)|^2 at the same places: [batch]."""
    return squared_gradient(value, between(real, fake, seed, part))


def between(real, fake, seed, part=replicas.WHOLE):
    """u real + (1 - u) fake, u ~ U[0, 1) for each pair."""
    ones = [1] * (real.shape.rank - 1)
    mix = noise.uniform([tf.shape(real)[0], *ones], seed, real.dtype, part)
    return mix * real + (1 - mix) * fake
