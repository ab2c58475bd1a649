"""Images in and out of an exported model: in [0, 1], whatever range and type the model was trained in."""

import tensorflow as tf

# How far from [0, 1] the values of images may be: by rounding, and as draws of a likelihood on real numbers, which stay nearer
# than grey levels.
ROUNDED, REACH = 1e-3, 32.0


def _assert_in_range(images, margin):
    low, high = tf.reduce_min(images), tf.reduce_max(images)
    found = ["x: images must be in [0, 1]; divide grey levels by their largest, as 255. Found values from", low, "to", high]
    return tf.debugging.Assert(tf.logical_not((low < -margin) | (high > 1 + margin)), found)


class UnitRange:
    """Mixed into endpoints: what turns x of an export into that of the model, and back."""

    def __init__(self, model):
        self.model = model

    def inward(self, x):
        preprocessing = self.model.preprocessing
        if preprocessing is None or not preprocessing.levels:
            return x
        with tf.control_dependencies([_assert_in_range(x, REACH if self.model.likelihood_support == "real" else ROUNDED)]):
            return preprocessing.from_unit(tf.identity(x))

    def outward(self, x):
        preprocessing = self.model.preprocessing
        # Some distributions lose the shape of what they give, which those who build on a signature need.
        return tf.ensure_shape(preprocessing.to_unit(x) if preprocessing else x, [None, *self.model.event_shape])


class OwnRange:
    """Mixed into the endpoints of a model in memory: x stays in the model's own range, in and out."""

    def inward(self, x):
        return x

    def outward(self, x):
        return x
