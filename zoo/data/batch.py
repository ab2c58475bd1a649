"""What a batch is: a dictionary of the examples of one split and what belongs to them.

    {"test (297) of digits 0f3c...": int32 [batch], or raw [batch, *event_shape],   the examples: see Dataset.key
     "label": int64 [batch],                                                        where labels were asked for
     "mask": float32 [batch]}                                                       1, or 0 for padding, in ordered batches

The split is a key and no value: it is known when a step is traced, and tf.distribute slices all values alike.
"""

import tensorflow as tf

X = "x"  # a user's own examples, in the model's range
IMAGE = "image"  # the same, by the name that TensorFlow Datasets gives them
LABEL = "label"
MASK = "mask"


def mask(batch):
    """Which examples of a batch count, float32 [batch]: all of them, where the batch has no mask.

    Args:
      batch: a dictionary as above, a tensor of examples, or a tuple that begins with one of both.
    """
    batch = batch[0] if isinstance(batch, tuple) else batch
    if isinstance(batch, dict) and MASK in batch:
        return batch[MASK]
    return tf.ones([tf.shape(tf.nest.flatten(batch)[0])[0]])
