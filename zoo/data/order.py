"""The order in which training sees the examples: one permutation an epoch, computed where it is needed."""

import tensorflow as tf

from zoo import noise

# tf.random.experimental.index_shuffle is this op with 4 rounds of its cipher, which are too few: at 54,000 examples the
# permutations of successive seeds have a correlation of 0.79, and positions two apart one of -0.24. With 8 rounds single bits
# still agree between epochs, from 10 on nothing is found; a round costs 0.1 microseconds an index at worst. The op also takes
# a seed per index, so a batch may cross an epoch.
ROUNDS = 12


def shuffled_batch(step, batch_size, size, seed):
    """The indices of batch `step`: positions step * batch_size ... of an endless sequence, reshuffled each epoch.

    Position p belongs to epoch p // size and holds element p % size of that epoch's permutation of 0 ... size - 1, so
    every run of `size` positions that starts at a multiple of `size` holds each example once.

    Args:
      step: int64 scalar, from 0.
      batch_size: number of indices.
      size: number of examples.
      seed: the run's seed, a Python integer.

    Returns:
      int32 [batch_size].
    """
    position = tf.cast(step, tf.int64) * batch_size + tf.range(batch_size, dtype=tf.int64)
    run = tf.broadcast_to(noise.seed_for(seed, 0, "shuffle"), [batch_size, 2])
    epoch = tf.cast(position // size, tf.int32)
    shuffled = tf.raw_ops.RandomIndexShuffle(
        index=position % size,
        seed=tf.concat([run, epoch[:, None]], axis=1),
        max_index=tf.constant(size - 1, tf.int64),
        rounds=ROUNDS,
    )
    return tf.ensure_shape(tf.cast(shuffled, tf.int32), [batch_size])
