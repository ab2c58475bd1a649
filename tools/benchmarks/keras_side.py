"""The stock Keras worker: `keras.Model` subclasses as Keras' own guides write them, trained by its own `fit`."""

import math

import numpy as np

from zoo import registry

from . import keras_models, turns
from .blocks import Blocks

# The settings that suit `fit` best here: XLA for dense networks, which it makes slower for convolutions on a CPU.
TUNED_STEPS = 50


def _settings(config, tuned):
    dense = all(config["model"][part].get("name") in ("", "mlp") for part in ("encoder", "decoder"))
    return {"steps_per_execution": TUNED_STEPS if dense else 10, "jit_compile": dense} if tuned else {}


def train(own, config, block, tuned, examples, levels):
    """Blocks of `block` steps of `fit` on an array in memory, which Keras shuffles."""
    x = np.load(examples).astype("float32") / (levels - 1)
    model = keras_models.build(config, x.shape[1:], registry.make)
    settings = _settings(config, tuned)
    model.compile(**settings)
    facts = {
        "parameters": sum(math.prod(variable.shape) for variable in model.trainable_variables),
        "settings": ", ".join(f"{key}={value}" for key, value in settings.items()) or "as they come",
    }
    batch_size = config["data"]["batch_size"]
    # So many examples that a block is an epoch: of an array that ends within one, `fit` would take fewer steps.
    x = x[: block * batch_size]
    if len(x) < block * batch_size:
        raise ValueError(f"{len(x)} examples are too few for {block} steps of {batch_size}")
    model.fit(x, batch_size=batch_size, epochs=10**6, callbacks=[Blocks(own, facts)], verbose=0)


def serve():
    """Runs the worker."""
    turns.serve({"train": train})
