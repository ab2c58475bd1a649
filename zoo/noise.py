"""Noise as a pure function of (run seed, step, purpose), the same on any number of replicas.

Every random number of a run comes from here. A seed is a pair of int32 made from the run's seed, the step and a word that
says what the noise is for; nothing stateful is drawn from, so a run that resumes repeats itself exactly.

Under tf.distribute each replica holds one slice of the global batch and must see the noise that this slice would see on one
device. `draw` samples once for every replica, shape [replicas, local batch, ...], and keeps its own row: in memory order
that is exactly the single device's [global batch, ...]. It costs the noise of the global batch on every replica.
"""

import zlib

import tensorflow as tf


def seed_for(run_seed, step, purpose):
    """Seed of shape [2], int32, for one purpose (a short word) at one step (an integer, or an integer tensor)."""
    mixed = zlib.crc32(f"{int(run_seed)}/{purpose}".encode()) - 2**31
    return tf.stack([tf.constant(mixed, tf.int32), tf.cast(step, tf.int32)])


def _replicas():
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return 1, 0
    return context.num_replicas_in_sync, context.replica_id_in_sync_group


def _own_row(rows, axis=0):
    return tf.gather(rows, _replicas()[1], axis=axis)


def draw(distribution, seed, samples=()):
    """Samples of a tfd whose batch is the local slice of the global batch: shape samples + batch + event.

    The sampler must draw its noise in one call of shape sample + batch + event (normal, uniform, Bernoulli, logistic and
    what tfd.Independent or a bijector makes of them do).
    """
    replicas, _ = _replicas()
    if replicas == 1:
        return distribution.sample(samples, seed=seed)
    return _own_row(distribution.sample([*samples, replicas], seed=seed), axis=len(samples))


def draw_batch(distribution, size, seed):
    """`size` samples (the local batch) of a tfd without batch dimension: shape [size] + event. For any tfd."""
    replicas, _ = _replicas()
    if replicas == 1:
        return distribution.sample(size, seed=seed)
    samples = distribution.sample(replicas * size, seed=seed)
    return _own_row(tf.reshape(samples, [replicas, size, *samples.shape[1:]]))


def uniform(shape, seed, dtype=tf.float32):
    """U[0, 1) of the local batch's shape; shape[0] is the local batch."""
    replicas, _ = _replicas()
    return _own_row(tf.random.stateless_uniform(tf.concat([[replicas], shape], 0), seed, dtype=dtype))


def normal(shape, seed, dtype=tf.float32):
    """N(0, 1) of the local batch's shape; shape[0] is the local batch."""
    replicas, _ = _replicas()
    return _own_row(tf.random.stateless_normal(tf.concat([[replicas], shape], 0), seed, dtype=dtype))
