"""Sums and means over the GLOBAL batch, for losses that are no plain mean over examples.

Under tf.distribute each replica holds a part of the batch; all get the same answer, and its gradient reaches every part.
"""

import tensorflow as tf


def _context():
    context = tf.distribute.get_replica_context()
    return context, 1 if context is None else context.num_replicas_in_sync


def size(values):
    """How many values there are, in their dtype."""
    _, replicas = _context()
    return tf.cast(tf.size(values) * replicas, values.dtype)


def mean(values):
    """Mean of all values, a scalar."""
    context, replicas = _context()
    local = tf.reduce_mean(values)
    return local if replicas == 1 else context.all_reduce(tf.distribute.ReduceOp.MEAN, local)


def log_sum_exp(values):
    """log of the sum of exp(values), a scalar."""
    context, replicas = _context()
    local = tf.reduce_logsumexp(values)
    if replicas == 1:
        return local
    # There is no all-reduced maximum to subtract, so each replica brings its own logarithm, in its own place.
    place = tf.one_hot(context.replica_id_in_sync_group, replicas, dtype=local.dtype)
    return tf.reduce_logsumexp(context.all_reduce(tf.distribute.ReduceOp.SUM, place * local))
