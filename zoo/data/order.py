"""The order in which training sees the examples: one permutation an epoch, computed where it is needed."""

import tensorflow as tf

from zoo import noise

# tf.random.experimental.index_shuffle is this op with 4 rounds of its cipher, which are too few: at 54,000 examples the
# permutations of successive seeds have a correlation of 0.79, and positions two apart one of -0.24. With 8 rounds single bits
# still agree between epochs, from 10 on nothing is found; a round costs 0.1 microseconds an index at worst. The op also takes
# a seed per index, so a batch may cross an epoch.
ROUNDS = 12


def shuffled_batch(step, batch_size, size, seed):
    """The indices of batch `step`: see `shuffled_batches`; int32 [batch_size]."""
    return shuffled_batches(step, 1, batch_size, size, seed)[0]


def shuffled_batches(step, count, batch_size, size, seed):
    """The indices of `count` batches from batch `step` on: positions step * batch_size ... of an endless sequence.

    The sequence is reshuffled each epoch.

    Position p belongs to epoch p // size and holds element p % size of that epoch's permutation of 0 ... size - 1, so
    every run of `size` positions that starts at a multiple of `size` holds each example once.

    Of each word of its seed the cipher takes 8 bits up to 65,536 examples, 9 up to 262,144, and so on. So epochs that are 256
    (512, ...) apart have the same order, and two runs may have it by chance.

    Args:
      step: int64 scalar, from 0.
      count: number of batches.
      batch_size: number of indices in each.
      size: number of examples.
      seed: the run's seed, a Python integer.

    Returns:
      int32 [count, batch_size].
    """
    length = count * batch_size
    position = tf.cast(step, tf.int64) * batch_size + tf.range(length, dtype=tf.int64)
    run = tf.broadcast_to(noise.seed_for(seed, 0, "shuffle"), [length, 2])
    epoch = tf.cast(position // size, tf.int32)
    shuffled = tf.raw_ops.RandomIndexShuffle(
        index=position % size,
        seed=tf.concat([run, epoch[:, None]], axis=1),
        max_index=tf.constant(size - 1, tf.int64),
        rounds=ROUNDS,
    )
    return tf.reshape(tf.cast(shuffled, tf.int32), [count, batch_size])
