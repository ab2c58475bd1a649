"""The smallest real run, and how the tests look at what it left."""

import hashlib
import json

import numpy as np
import tensorflow as tf

import zoo


def experiment(steps=40, **training):
    """A VAE on the 30 images of `bars`, a few milliseconds a step."""
    mlp = {"name": "mlp", "hidden_sizes": (8,)}
    every = {
        "log_every": 10,
        "steps_per_execution": 5,
        "jit_compile": "off",
        "save_every_seconds": 0.0,
        "keep_checkpoints": 100,
    }
    return zoo.experiment(
        data={"name": "bars", "batch_size": 20, "binarization": "static"},
        model={"latent_size": 3, "encoder": mlp, "posterior": "normal", "decoder": mlp, "likelihood": "bernoulli"},
        training={"steps": steps} | every | training,
    )


def lines(workdir):
    """The lines of metrics.jsonl."""
    return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


def digest(workdir, step):
    """A hash of every weight and optimizer slot of a checkpoint, by name."""
    reader = tf.train.load_checkpoint(str(workdir / "checkpoints" / f"step-{step}"))
    names = sorted(
        name for name in reader.get_variable_to_shape_map() if "OBJECT_GRAPH" not in name and "save_counter" not in name
    )
    sums = hashlib.sha256()
    for name in names:
        sums.update(name.encode() + np.asarray(reader.get_tensor(name)).tobytes())
    return sums.hexdigest()
