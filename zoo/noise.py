"""Noise as a pure function of (run seed, step, purpose), the same on any number of replicas.

Every random number of a run comes from here. A seed is a pair of int32 made from the run's seed, the step and a word that
says what the noise is for; nothing stateful is drawn from, so a run that resumes repeats itself exactly.

Under tf.distribute each replica holds one slice of the global batch and must see the noise that this slice would see on one
device. `draw` samples once for every replica, shape [replicas, local batch, ...], and keeps its own row: in memory order
that is exactly the single device's [global batch, ...]. It costs the noise of the global batch on every replica.

XLA makes other floats of the same random bits than TensorFlow's kernels do. So the floats are made here, of the bits: they are
those of TensorFlow's kernels, compiled or not (the normal ones up to rounding), and cost no more.
"""

import contextlib
import math
import threading
import zlib

import tensorflow as tf

# TensorFlow's own choice everywhere but on a TPU. Left to choose, XLA makes a kernel for a CPU that takes 2.7 times as long.
ALGORITHM = "philox"
# Of a float in [1, 2): the integers of its width, how many bits its digits have, and its other bits.
FLOATS = {tf.float32: (tf.uint32, 23, 127 << 23), tf.float64: (tf.uint64, 52, 1023 << 52)}


def seed_for(run_seed, step, purpose):
    """Seed of shape [2], int32, for one purpose (a short word) at one step (an integer, or an integer tensor)."""
    mixed = zlib.crc32(f"{int(run_seed)}/{purpose}".encode()) - 2**31
    return tf.stack([tf.constant(mixed, tf.int32), tf.cast(step, tf.int32)])


def standard_uniform(shape, seed, dtype=tf.float32):
    """U[0, 1) of any shape, float32 (multiples of 2^-23) or float64 (of 2^-52), by a seed of two int32."""
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
    shape = tf.cast(shape, tf.int32)
    size = tf.reduce_prod(shape)
    u, v = tf.unstack(standard_uniform([(size + 1) // 2, 2], seed, dtype), axis=1)
    _, digits, _ = FLOATS[tf.as_dtype(dtype)]
    radius = tf.sqrt(-2 * tf.math.log(tf.maximum(u, 2.0 ** -(digits + 1))))
    angle = 2 * math.pi * v
    pairs = tf.stack([radius * tf.sin(angle), radius * tf.cos(angle)], 1)
    return tf.reshape(tf.reshape(pairs, [-1])[:size], shape)


_PART = threading.local()  # a replica is a thread


@contextlib.contextmanager
def part(index, parts):
    """In this context the local batch is one of several equal parts of the replica's batch, and sees the noise of that part.

    Args:
      index: of the part, an integer tensor.
      parts: their number.
    """
    _PART.index, _PART.number = index, parts
    try:
        yield
    finally:
        _PART.index, _PART.number = 0, 1


def parts():
    """Of how many parts of the replica's batch the local batch is one, here and now."""
    return getattr(_PART, "number", 1)


def _slices():
    """How many slices of the size of the local batch the global batch has, and which this one is."""
    context = tf.distribute.get_replica_context()
    replicas, replica = 1, 0
    if context is not None and context.num_replicas_in_sync > 1:
        replicas, replica = context.num_replicas_in_sync, context.replica_id_in_sync_group
    if parts() == 1:
        return replicas, replica
    return replicas * parts(), replica * parts() + _PART.index


def _own_row(rows, axis=0):
    return tf.gather(rows, _slices()[1], axis=axis)


def draw(distribution, seed, samples=()):
    """Samples of a tfd whose batch is the local slice of the global batch: shape samples + batch + event.

    The sampler must draw its noise in one call of shape sample + batch + event (normal, uniform, Bernoulli, logistic and
    what tfd.Independent or a bijector makes of them do).
    """
    slices, _ = _slices()
    if slices == 1:
        return distribution.sample(samples, seed=seed)
    return _own_row(distribution.sample([*samples, slices], seed=seed), axis=len(samples))


def draw_batch(distribution, size, seed):
    """`size` samples (the local batch) of a tfd without batch dimension: shape [size] + event. For any tfd."""
    slices, _ = _slices()
    if slices == 1:
        return distribution.sample(size, seed=seed)
    samples = distribution.sample(slices * size, seed=seed)
    return _own_row(tf.reshape(samples, [slices, size, *samples.shape[1:]]))


def uniform(shape, seed, dtype=tf.float32):
    """U[0, 1) of the local batch's shape; shape[0] is the local batch."""
    slices, _ = _slices()
    return _own_row(standard_uniform(tf.concat([[slices], shape], 0), seed, dtype))


def normal(shape, seed, dtype=tf.float32):
    """N(0, 1) of the local batch's shape; shape[0] is the local batch."""
    slices, _ = _slices()
    return _own_row(standard_normal(tf.concat([[slices], shape], 0), seed, dtype))
