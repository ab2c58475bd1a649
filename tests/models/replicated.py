"""Trains tiny models for a few steps and saves what they became: on one device, on two replicas, or as one of two workers.

    python tests/models/replicated.py replicas|worker OUTPUT.npz CASE ...

Run as a program it is one process of a distributed run (a process can hold one MirroredStrategy, and a worker is a process
by nature); imported, `train` is the single device to compare with. Everything is float64, so that equality can be asked for
to rounding error.
"""

import os
import socket
import sys

import numpy as np

STEPS, GLOBAL_BATCH, REPLICAS = 20, 8, 2
IMAGES = {"name": "dcgan", "width": 2, "normalization": "batch"}
DENSE = {"name": "mlp", "hidden_sizes": (5,), "normalization": "batch"}
CASES = {
    "vae": {"objective": "vae", "training": {"ema": 0.5}},
    "ehm": {"objective": "extended_helmholtz", "noise_x": 0.1, "training": {"clip_norm": 1.0}},
    # Each replica takes its batch in two parts.
    "parts": {"objective": "extended_helmholtz", "noise_x": 0.1, "training": {"clip_norm": 1.0, "micro_batches": 2}},
    # One example of one replica is not a number: both replicas have to skip that update, and nothing else.
    "faulty": {"objective": "extended_helmholtz", "decoder": DENSE, "faulty_examples": [GLOBAL_BATCH + 1]},
    # Sums over the global batch: of batch normalization in both networks, and of the weights in a loss.
    "symmetric_vae": {
        "objective": "symmetric_vae",
        "encoder": DENSE,
        "decoder": DENSE,
        "approximators": {"log_q_x": "self_normalized"},
    },
    # A snapshot after every fifth step, of each replica's half of a bank; and what h and w learn, of all replicas.
    "svrg": {
        "objective": "extended_helmholtz",
        "encoder": DENSE,
        "in_memory": True,
        "training": {"variance_reduction": {"name": "svrg", "every": 5, "batches": 3}},
    },
    "cotangent_baseline": {
        "objective": "extended_helmholtz",
        "training": {"variance_reduction": {"name": "cotangent_baseline", "hidden_sizes": (5,), "activation": "tanh"}},
    },
    "fresh_batches": {
        "objective": "extended_helmholtz",
        "training": {"variance_reduction": {"name": "cotangent_baseline", "correction": "fresh_batches", "fresh": 2}},
    },
    # Its chains are one state, of which each replica moves a share.
    "boltzmann_machine": {"objective": "contrastive_divergence", "joint": {"chains": 4, "gibbs_steps": 2}},
    # Weights that are clipped after each of two critic steps, and a critic that normalizes its two batches apart.
    "gan": {
        "objective": "gan",
        "event_shape": (16, 16, 1),
        "decoder": IMAGES,
        "approximators": {"log_q_x": {"name": "wasserstein", "network": IMAGES, "constraint": "clip", "steps": 2}},
    },
}


BATCH_AXIS = {"draw_samples": 1}  # of the noises whose batch is not the first axis


def free_addresses(count):
    """Addresses on loopback that nobody listens at."""
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    addresses = [f"localhost:{server.getsockname()[1]}" for server in sockets]
    for server in sockets:
        server.close()
    return addresses


def model_and_data(case):
    """The tiny model of a case, and its dataset of global batches."""
    import keras
    import tensorflow as tf

    import zoo
    from tests.models import tiny

    options = {"event_shape": tiny.VECTOR} | CASES[case]
    training = options.pop("training", {}) | {"steps_per_execution": STEPS // 4, "seed": 5}
    x = np.random.default_rng(0).normal(size=(15 * GLOBAL_BATCH, *options["event_shape"]))
    x[options.pop("faulty_examples", [])] = np.nan
    if options.pop("in_memory", False):
        splits = {"train": zoo.data.Split(x.astype(np.float32))}
        preprocessing = zoo.data.Preprocessing(event_shape=options.pop("event_shape"), levels=0)
        data = zoo.data.Dataset("some", splits, preprocessing)
        config = tiny.experiment(training=training, **options)
        config.data.batch_size = GLOBAL_BATCH
        return zoo.build(config, data=data), data.batches("train", GLOBAL_BATCH, seed=5)
    x = tf.data.Dataset.from_tensor_slices(x.astype(keras.config.floatx()))
    dataset = x.repeat().batch(GLOBAL_BATCH, drop_remainder=True)
    return tiny.build(training=training, **options), dataset


def train(case):
    """Name -> array: all weights after the steps, with their optimizers' slots, and the last means shown."""
    model, dataset = model_and_data(case)
    history = model.fit(dataset, steps_per_epoch=STEPS, verbose=0).history
    # By position: a layer's name counts the layers that the process made before it.
    groups = {"model": model.variables} | {
        name: optimizer.variables for name, optimizer in model.training_step.optimizers.items()
    }
    groups["state"] = [
        model.step,
        model.training_step.skipped,
        model.training_step.fault,
        *(model.training_step.averages.values if model.training_step.averages else []),
        *(model.training_step.own_state().values() if hasattr(model.training_step, "own_state") else []),
    ]
    found = {f"{group}/{i}": v.numpy() for group, variables in groups.items() for i, v in enumerate(variables)}
    return found | {f"shown/{name}": np.array(values[-1]) for name, values in history.items()}


def noises():
    """Name -> this replica's share of every kind of noise, for a local batch of half the global one or all of it."""
    import tensorflow as tf
    import tensorflow_probability as tfp

    from zoo import noise, replicas

    local, seed = GLOBAL_BATCH // replicas.count(), noise.seed_for(1, 2, "test")
    normal = tfp.distributions.Independent(tfp.distributions.Normal(tf.zeros([local, 3]), 1.0), 1)
    coin = tfp.distributions.Bernoulli(logits=tf.zeros([local, 3]))
    prior = tfp.distributions.MultivariateNormalDiag(tf.zeros([3]), tf.ones([3]))
    return {
        "draw_normal": noise.draw(normal, seed),
        "draw_bernoulli": noise.draw(coin, seed),
        "draw_samples": noise.draw(normal, seed, [2]),
        "draw_batch": noise.draw_batch(prior, local, seed),
        "uniform": noise.uniform([local, 3], seed),
        "normal": noise.normal([local, 3], seed),
    }


def _strategy(kind):
    import tensorflow as tf

    if kind == "worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * REPLICAS)
    return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(REPLICAS)])


def _main(kind, output, *cases):
    import keras

    strategy = _strategy(kind)
    keras.config.set_floatx("float64")
    saved = {}
    with strategy.scope():
        if strategy.num_replicas_in_sync != REPLICAS:
            raise RuntimeError(f"expected {REPLICAS} replicas, found {strategy.num_replicas_in_sync}")
        for case in cases:
            saved |= {f"{case}:{name}": value for name, value in train(case).items()}
        if kind == "replicas":
            for name, shares in strategy.run(noises).items():
                rows = [share.numpy() for share in strategy.experimental_local_results(shares)]
                saved[f"noise:{name}"] = np.concatenate(rows, BATCH_AXIS.get(name, 0))
    np.savez(output, **saved)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _main(*sys.argv[1:])
