"""Inference by gradient descent: from a code of x downhill on E(z) = -log P(x|z) - log P(z), in nats.

    z <- z - r grad E(z)

A step that would raise E is not taken, and halves that example's r; one that is taken lets r grow. So E never rises.

Source: Bogacz, "A tutorial on the free-energy framework for modelling perception and learning" (2017), section 2.
"""

import tensorflow as tf

STEP_SIZE = 0.01  # the first r, unless another is given; each example finds its own
GROWTH = 1.2  # of the step size where a step was taken. Halving undoes it in four, so that few steps are refused.


def energy(z, model, x):
    """E(z), [batch]."""
    return -(model.likelihood(z).log_prob(x) + model.prior().log_prob(z))


def energy_and_slope(z, model, x):
    """(E(z) [batch], its gradient [batch, size])."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(z)
        value = energy(z, model, x)
    return value, tape.gradient(value, z)


def descended(code, model, x, num_steps, step_size=STEP_SIZE):
    """Where so many steps from a code end, [batch, size].

    Args:
      code: [batch, size].
      model: that has `likelihood` and `prior`, with densities.
      x: [batch, *event_shape].
      num_steps: an int32 scalar; a step is a pass of P(x, z) forward and back.
      step_size: the first r.
    """
    rate = tf.fill([tf.shape(code)[0], 1], tf.constant(step_size, code.dtype))

    def step(number, z, energy, slope, rate):
        there = z - rate * slope
        new, new_slope = energy_and_slope(there, model, x)
        lower = (new <= energy)[:, tf.newaxis]  # what is not a number is not lower
        kept = tf.where(lower, there, z), tf.where(lower[:, 0], new, energy), tf.where(lower, new_slope, slope)
        return number + 1, *kept, tf.where(lower, GROWTH * rate, rate / 2)

    start = (tf.constant(0), code, *energy_and_slope(code, model, x), rate)
    return tf.while_loop(lambda number, *_: number < num_steps, step, start, parallel_iterations=1)[1]
