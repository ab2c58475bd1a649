"""Noise as a pure function of (run seed, step, purpose), the same on any number of replicas.

Every random number of a run comes from here. A seed is a pair of int32 made from the run's seed, the step and a word that
says what the noise is for; nothing stateful is drawn from, so a run that resumes repeats itself exactly.

Under tf.distribute each replica holds one slice of the global batch and must see the noise that this slice would see on one
device. `draw` samples once for every replica, shape [replicas, local batch, ...], and keeps its own row: in memory order
that is exactly the single device's [global batch, ...]. It costs the noise of the global batch on every replica.
"""

import contextlib
import threading
import zlib

import tensorflow as tf

# TensorFlow's own choice everywhere but on a TPU. Left to choose, XLA makes a kernel for a CPU that takes 2.7 times as long.
ALGORITHM = "philox"


def seed_for(run_seed, step, purpose):
    """Seed of shape [2], int32, for one purpose (a short word) at one step (an integer, or an integer tensor)."""
    mixed = zlib.crc32(f"{int(run_seed)}/{purpose}".encode()) - 2**31
    return tf.stack([tf.constant(mixed, tf.int32), tf.cast(step, tf.int32)])


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
    return _own_row(tf.random.stateless_uniform(tf.concat([[slices], shape], 0), seed, dtype=dtype, alg=ALGORITHM))


def normal(shape, seed, dtype=tf.float32):
    """N(0, 1) of the local batch's shape; shape[0] is the local batch."""
    slices, _ = _slices()
    return _own_row(tf.random.stateless_normal(tf.concat([[slices], shape], 0), seed, dtype=dtype, alg=ALGORITHM))
