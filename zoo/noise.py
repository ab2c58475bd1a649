"""Noise as a pure function of (run seed, step, purpose), the same on any number of replicas.

Every random number of a run comes from here. A seed is a pair of int32 made from the run's seed, the step and a word that
says what the noise is for; nothing stateful is drawn from, so a run that resumes repeats itself exactly.

Under tf.distribute each replica holds one slice of the global batch and must see the noise that this slice would see on one
device. `draw` samples once for every replica, shape [replicas, local batch, ...], and keeps its own row: in memory order
that is exactly the single device's [global batch, ...]. It costs the noise of the global batch on every replica.

XLA makes other floats of the same random bits than TensorFlow's kernels do. So the floats are made here, of the bits: they are
those of TensorFlow's kernels, compiled or not (the normal ones up to rounding), and cost no more.
"""

import math
import zlib

import tensorflow as tf

from zoo import replicas

# TensorFlow's own choice everywhere but on a TPU. Left to choose, XLA makes a kernel for a CPU that takes 2.7 times as long.
ALGORITHM = "philox"
HALVES = {tf.float16: 11, tf.bfloat16: 8}  # digits of a number below 1
# Of a float in [1, 2): the integers of its width, how many bits its digits have, and its other bits.
FLOATS = {tf.float32: (tf.uint32, 23, 127 << 23), tf.float64: (tf.uint64, 52, 1023 << 52)}


def seed_for(run_seed, step, purpose):
    """Seed of shape [2], int32, for one purpose (a short word) at one step (an integer, or an integer tensor).

    Outside of training `step` is the seed that a user gives, the run's seed is 0, and the purpose is a word of no step.
    """
    mixed = zlib.crc32(f"{int(run_seed)}/{purpose}".encode()) - 2**31
    return tf.stack([tf.constant(mixed, tf.int32), tf.cast(step, tf.int32)])


def standard_uniform(shape, seed, dtype=tf.float32):
    """U[0, 1) of any shape, float32 (multiples of 2^-23), float64 (of 2^-52) or a half (cut off from float32)."""
    if digits := HALVES.get(tf.as_dtype(dtype)):
        return tf.cast(tf.floor(standard_uniform(shape, seed) * 2**digits) / 2**digits, dtype)
    word, digits, one = FLOATS[tf.as_dtype(dtype)]
    bits = tf.random.stateless_uniform(shape, seed, minval=None, maxval=None, dtype=word, alg=ALGORITHM)
    if word == tf.uint64:  # TensorFlow's doubles take the two halves the other way round than its integers
        half = tf.constant(32, word)
        bits = tf.bitwise.bitwise_or(tf.bitwise.left_shift(bits, half), tf.bitwise.right_shift(bits, half))
    below = tf.bitwise.bitwise_and(bits, tf.constant(2**digits - 1, word))
    return tf.bitcast(tf.bitwise.bitwise_or(below, tf.constant(one, word)), dtype) - 1


def standard_normal(shape, seed, dtype=tf.float32):
    """N(0, 1) of any shape, float32 or float64, by a seed of two int32.

    Pairs r sin(2 pi v), r cos(2 pi v) with r = sqrt(-2 log u) and u, v ~ U[0, 1).

    Source: Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958).
    """
    if tf.as_dtype(dtype) in HALVES:
        return tf.cast(standard_normal(shape, seed), dtype)
    shape = tf.cast(shape, tf.int32)
    size = tf.reduce_prod(shape)
    u, v = tf.unstack(standard_uniform([(size + 1) // 2, 2], seed, dtype), axis=1)
    _, digits, _ = FLOATS[tf.as_dtype(dtype)]
    radius = tf.sqrt(-2 * tf.math.log(tf.maximum(u, 2.0 ** -(digits + 1))))
    angle = 2 * math.pi * v
    pairs = tf.stack([radius * tf.sin(angle), radius * tf.cos(angle)], 1)
    return tf.reshape(tf.reshape(pairs, [-1])[:size], shape)


def _own_row(rows, part, axis=0):
    return tf.gather(rows, replicas.slices(part)[1], axis=axis)


def draw(distribution, seed, samples=(), part=replicas.WHOLE):
    """Samples of a tfd whose batch is the local slice of the global batch: shape samples + batch + event.

    The sampler must draw its noise in one call of shape sample + batch + event (normal, uniform, Bernoulli, logistic and
    what tfd.Independent or a bijector makes of them do).
    """
    slices, _ = replicas.slices(part)
    if slices == 1:
        return distribution.sample(samples, seed=seed)
    return _own_row(distribution.sample([*samples, slices], seed=seed), part, axis=len(samples))


def draw_batch(distribution, size, seed, part=replicas.WHOLE):
    """`size` samples (the local batch) of a tfd without batch dimension: shape [size] + event. For any tfd."""
    slices, _ = replicas.slices(part)
    if slices == 1:
        return distribution.sample(size, seed=seed)
    samples = distribution.sample(slices * size, seed=seed)
    return _own_row(tf.reshape(samples, [slices, size, *samples.shape[1:]]), part)


def uniform(shape, seed, dtype=tf.float32, part=replicas.WHOLE):
    """U[0, 1) of the local batch's shape; shape[0] is the local batch."""
    slices, _ = replicas.slices(part)
    return _own_row(standard_uniform(tf.concat([[slices], shape], 0), seed, dtype), part)


def normal(shape, seed, dtype=tf.float32, part=replicas.WHOLE):
    """N(0, 1) of the local batch's shape; shape[0] is the local batch."""
    slices, _ = replicas.slices(part)
    return _own_row(standard_normal(tf.concat([[slices], shape], 0), seed, dtype), part)


def sliceable(distribution):
    """Whether rows of a tfd's batch can be taken by [i : j]."""
    try:
        distribution[:1]
    except NotImplementedError:
        return False
    return True


def draw_at(distribution, seed, positions):
    """One sample for each position of a tfd without batch, a function of the seed and the position: [n, *event].

    What has a way of its own to draw them (`draw_at`), as chains that move together, is asked for it.
    """
    if hasattr(distribution, "draw_at"):
        return distribution.draw_at(seed, positions)
    spec = tf.TensorSpec(distribution.event_shape, distribution.dtype)
    draw = lambda position: distribution.sample(seed=tf.random.fold_in(seed, position))  # noqa: E731
    return tf.map_fn(draw, positions, fn_output_signature=spec)


def draw_rows_at(distribution, seed, positions):
    """One sample of each row of a tfd's batch [n], a function of the seed and the row's position: [n, *event]."""
    if not sliceable(distribution):
        return distribution.sample(seed=tf.random.fold_in(seed, positions[0]))

    def draw(item):
        return distribution[item : item + 1].sample(seed=tf.random.fold_in(seed, positions[item]))[0]

    spec = tf.TensorSpec(distribution.event_shape, distribution.dtype)
    return tf.map_fn(draw, tf.range(tf.size(positions)), fn_output_signature=spec)
