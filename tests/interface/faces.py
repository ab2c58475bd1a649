"""Small grey pictures that are no squares, and runs on them that take no time."""

import numpy as np

import zoo

FACES = np.random.RandomState(0).randint(256, size=(60, 8, 6)).astype(np.uint8)
X = (FACES[:7, ..., None] / 255).astype(np.float32)


def config(model="vae_digits", **changes):
    """A config of the zoo, cut to 20 steps of small networks."""
    mlp = {"name": "mlp", "hidden_sizes": (5,)}
    small = {"data.batch_size": 20, "model.latent_size": 3, "model.encoder": mlp, "model.decoder": mlp}
    small |= {"training.steps": 20, "training.log_every": 10, "training.steps_per_execution": 5, "training.pictures_every": 0}
    return zoo.start_from(model, small | {"training.jit_compile": "off"} | changes)


def critic():
    """The change by which the EHM's critic is as small."""
    return {"model.approximators.log_q_x.network": {"name": "mlp", "hidden_sizes": (5,)}}


def equal(first, second):
    """Whether two lists of variables hold the same numbers."""
    return all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(first, second, strict=True))
