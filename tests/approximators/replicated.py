"""Losses that are no plain mean over examples, on two replicas and on one device: `python -m tests.approximators.replicated`.

A program of its own, because logical devices are made before TensorFlow starts. It fails if the two differ.
"""

import os

import numpy as np

SIZE, BATCH = 3, 8


def _pairs(start, stop):
    """A part of the same global batch of pairs, for anyone."""
    import tensorflow as tf

    from zoo.models.pair import Pair

    generator = np.random.default_rng(0)
    drawn = []
    for _ in range(2):
        fields = {"x": generator.normal(size=(BATCH, SIZE))}
        fields |= {name: generator.normal(size=BATCH) for name in ("log_p_x_given_z", "true_log_p_z", "log_q_z_given_x")}
        parts = {name: tf.constant(value)[start:stop] for name, value in fields.items()}
        drawn.append(Pair(None, parts.pop("x", None), parts.pop("z", None), training=True, **parts))
    return drawn


def _layers():
    from zoo.approximators import noise_contrastive, self_normalized

    network = {"name": "tests.approximators.quadratic"}
    shapes = {"x": (SIZE,)}
    return {
        "log_mean": self_normalized.build(shapes, network=network),
        "running": self_normalized.build(shapes, network=network, estimator="running"),
        "noise_contrastive": noise_contrastive.build(shapes, network=network),
    }


def _gradients(layers, start, stop):
    """Name -> shares of the mean of the loss, of its gradient, and the state after it."""
    import tensorflow as tf

    from zoo.models.gradients import gradient
    from zoo.replicas import share

    found = {}
    for name, layer in layers.items():
        for _ in range(2):  # the second batch meets the state that the first one left
            with tf.GradientTape() as tape:
                terms = layer.losses(*_pairs(start, stop), None)
            gradients = gradient(tape, terms["loss"], layer.trainable_variables)
        found[name] = [share(terms["loss"]), *gradients]
    return found


def _main():
    import keras
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    keras.config.set_floatx("float64")
    alone = _layers()
    wanted = _gradients(alone, 0, BATCH)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        layers = _layers()

    @tf.function(autograph=False)
    def run():
        def own():
            start = tf.distribute.get_replica_context().replica_id_in_sync_group * (BATCH // 2)
            return _gradients(layers, start, start + BATCH // 2)

        shares = strategy.run(own)
        return tf.nest.map_structure(lambda share: strategy.reduce(tf.distribute.ReduceOp.SUM, share, axis=None), shares)

    found = run()
    for name, layer in layers.items():
        for one, other in zip(found[name], wanted[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
        for one, other in zip(layer.non_trainable_variables, alone[name].non_trainable_variables, strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-12)
    print("equal:", ", ".join(layers))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _main()
