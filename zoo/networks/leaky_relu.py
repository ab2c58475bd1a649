"""Leaky ReLU whose gradient is known to be piecewise constant, which a gradient penalty profits from."""

import keras
import tensorflow as tf


class LeakyReLU(keras.layers.LeakyReLU):
    """max(x, slope x), with the gradient of keras.layers.LeakyReLU and a second derivative of none in place of zeros.

    The gradient is slope or 1 times the upstream one, so its own derivative by x is 0. TensorFlow writes these zeros down, and
    a gradient penalty (a gradient of a gradient) would carry them back through every convolution below: a second backward
    pass over zeros.
    """

    def call(self, inputs):
        """The same shape."""
        slope = self.negative_slope

        @tf.custom_gradient
        def leaky(x):
            y = tf.nn.leaky_relu(x, slope)

            def gradient(upstream):
                # y has the sign of x; with x here, TensorFlow could not fuse the activation into the convolution before it.
                return tf.raw_ops.LeakyReluGrad(gradients=upstream, features=tf.stop_gradient(y), alpha=slope)

            return y, gradient

        return leaky(tf.convert_to_tensor(inputs))
