"""Draws of every conditional and prior: on this device, or as a program on two replicas.

python tests/distributions/replicated.py OUTPUT.npz
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from tests.distributions.families import numbers, small
from zoo import noise, registry

BATCH, REPLICAS = 4, 2
OPTIONS = {
    "conditional/bernoulli": [{"estimator": "straight_through"}, {"estimator": "relaxed"}],
    "conditional/layered_bernoulli": [{"sizes": (2, 1)}],
    "prior/layered_bernoulli": [{"sizes": (2, 1)}],
    "prior/mixture": [{"gradient": "implicit"}],
}
PARTS = {}
for kind in ("conditional", "prior"):
    for part in registry.names(kind):
        PARTS[f"{kind}/{part}"] = (kind, part, {})
        for options in OPTIONS.get(f"{kind}/{part}", ()):
            PARTS[f"{kind}/{part}/{'/'.join(map(str, options.values()))}"] = (kind, part, options)
NAMES = [*PARTS, *(f"{name}/several" for name, (kind, *_) in PARTS.items() if kind == "conditional")]


def draws(name, replicas, strategy=None):
    """The draws of a part, its replicas side by side; several means three for each example."""
    several = name.endswith("/several")
    kind, part, options = PARTS[name.removesuffix("/several")]
    family = small(kind, part, **options)
    seed = noise.seed_for(1, 2, "test")

    def draw(index):
        if kind == "prior":
            return noise.draw_batch(family.distribution(), BATCH // replicas, seed)
        parameters = np.split(numbers(0, BATCH, *family.parameter_shape), replicas)
        make = getattr(family, "training_distribution", family.distribution)
        return noise.draw(make(tf.gather(tf.constant(np.stack(parameters)), index)), seed, [3] if several else [])

    if strategy is None:
        return draw(0).numpy()
    index = lambda: tf.distribute.get_replica_context().replica_id_in_sync_group  # noqa: E731
    shares = strategy.experimental_local_results(strategy.run(lambda: draw(index())))
    return np.concatenate([share.numpy() for share in shares], 1 if several else 0)


def projected(strategy):
    """Pseudo-inputs on both replicas after an update that leaves their range."""
    prior = small("prior", "vamp_prior")
    prior.limits.assign([0.4, 0.6])
    optimizer = keras.optimizers.SGD(100.0)
    optimizer.build(prior.trainable_variables)
    variable = prior.pseudo_inputs
    strategy.run(tf.function(lambda: optimizer.apply([-tf.ones_like(variable.value)], [variable])))
    return np.stack([np.asarray(share) for share in strategy.experimental_local_results(variable.value)])


def main(output):
    """Saves what two replicas draw."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * REPLICAS)
    strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(REPLICAS)])
    keras.config.set_floatx("float64")
    found = {}
    with strategy.scope():
        for name in NAMES:
            keras.utils.set_random_seed(0)
            found[name] = draws(name, REPLICAS, strategy)
        found["projected"] = projected(strategy)
    np.savez(output, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
