"""The global batch: which slice of it is here, and sums and means over all of it.

Under tf.distribute each replica holds an equal slice of the global batch; taken in parts (training.micro_batches), a replica's
batch falls into slices of its own. All replicas get the same answer, and its gradient reaches every slice.
"""

import typing

import tensorflow as tf


class Part(typing.NamedTuple):
    """Which of how many equal parts of a replica's batch the local batch is; the index may be a tensor."""

    index: int = 0
    number: int = 1


WHOLE = Part()


def count():
    """How many replicas share the global batch, here and now."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def slices(part=WHOLE):
    """(how many slices of the size of the local batch the global batch has, which this one is)."""
    context = tf.distribute.get_replica_context()
    replicas, replica = 1, 0
    if context is not None and context.num_replicas_in_sync > 1:
        replicas, replica = context.num_replicas_in_sync, context.replica_id_in_sync_group
    return (replicas, replica) if part.number == 1 else (replicas * part.number, replica * part.number + part.index)


def share(values, part=WHOLE):
    """This slice's share of the mean over the global batch; the sum over replicas and parts is the mean."""
    return tf.reduce_mean(values) / (count() * part.number)


def total(tensors):
    """The sum over the replicas of each of some tensors, a list."""
    context = tf.distribute.get_replica_context()
    if context is None or count() == 1:
        return tensors
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)


def size(values):
    """How many values the replicas have together, in their dtype."""
    return tf.cast(tf.size(values) * count(), values.dtype)


def mean(values):
    """Mean of the values of all replicas, a scalar."""
    return total([tf.reduce_mean(values)])[0] / count()


def log_sum_exp(values):
    """log of the sum of exp(values) over all replicas, a scalar."""
    local = tf.reduce_logsumexp(values)
    if count() == 1:
        return local
    # There is no all-reduced maximum to subtract, so each replica brings its own logarithm, in its own place.
    replicas, replica = slices()
    return tf.reduce_logsumexp(total([tf.one_hot(replica, replicas, dtype=local.dtype) * local])[0])
