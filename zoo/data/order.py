"""The order in which training sees the examples: one permutation an epoch, computed where it is needed."""

import tensorflow as tf

from zoo import noise

# The wrapper tf.random.experimental.index_shuffle uses 4 rounds of the cipher, which is too few: at 54,000 examples the
# permutations of successive seeds have a correlation of 0.79, and positions two apart one of -0.24. From 8 rounds on neither
# can be told from 0; 16 cost no measurable time. The raw op also takes a seed per index, so a batch may cross an epoch.
ROUNDS = 16


def shuffled_batch(step, batch_size, size, seed):
    """The indices of batch `step`: positions step * batch_size ... of an endless sequence, reshuffled each epoch.

    Position p belongs to epoch p // size and holds element p % size of that epoch's permutation of 0 ... size - 1, so
    every run of `size` positions that starts at a multiple of `size` holds each example once.

    Args:
      step: int64 scalar, from 0.
      batch_size: at most `size`.
      size: number of examples.
      seed: the run's seed, a Python integer.

    Returns:
      int32 [batch_size].
    """
    position = tf.cast(step, tf.int64) * batch_size + tf.range(batch_size, dtype=tf.int64)
    epoch = position // size
    seeds = tf.stack([_epoch_seed(seed, epoch[0]), _epoch_seed(seed, epoch[0] + 1)])
    shuffled = tf.raw_ops.RandomIndexShuffle(
        index=position % size,
        seed=tf.gather(seeds, epoch - epoch[0]),
        max_index=tf.constant(size - 1, tf.int64),
        rounds=ROUNDS,
    )
    return tf.ensure_shape(tf.cast(shuffled, tf.int32), [batch_size])


def _epoch_seed(seed, epoch):
    return tf.pad(noise.seed_for(seed, epoch, "shuffle"), [[0, 1]])  # the op wants three numbers
