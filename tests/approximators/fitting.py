"""Trains an approximator alone, on fresh pairs at each step, in one compiled loop."""

import keras
import tensorflow as tf

from zoo import noise


def fit(layer, draw, steps, learning_rate=0.01):
    """Adam with a learning rate that decays to 0, so that the noise of the last batches is averaged out.

    Args:
      layer: the approximator.
      draw: seed [2] -> (high, low).
      steps: how many.
      learning_rate: at the start.
    """
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps), beta_2=0.99)
    variables = layer.trainable_variables
    optimizer.build(variables)

    @tf.function(autograph=False)
    def loop():
        def body(step):
            # The noise of a loss must not be that of the pairs.
            pairs, seed = draw(noise.seed_for(0, step, "pairs")), noise.seed_for(0, step, "loss")
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(layer.losses(*pairs, seed)["loss"])
            optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
            layer.constrain()
            return (step + 1,)

        tf.while_loop(lambda step: step < steps, body, [tf.constant(0)], parallel_iterations=1)

    loop()
