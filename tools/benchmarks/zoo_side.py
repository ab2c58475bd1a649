"""The zoo's own worker: training steps, the likelihood bound, batches, and the machine's matrix products."""

import math
import time

import keras
import ml_collections
import numpy as np
import tensorflow as tf

from zoo import config as configs
from zoo import data as data_sets
from zoo.evaluation.likelihood import importance_weighted_bound
from zoo.models import build

from . import operations, profiling, turns
from .blocks import Blocks

SIDES_OF_MATRICES = (512, 1024, 2048)
OPERATIONS_OF_A_BLOCK = 4e10
PREPARED = 4  # batches that a pipeline may hold ready


def _built(config, data_dir):
    config = configs.check(ml_collections.ConfigDict(config))
    data = data_sets.load(config.data, data_dir)
    return config, data, build(config, data=data)


def parameters(model):
    """How many numbers are trained."""
    return sum(math.prod(variable.shape) for variables in model.networks().values() for variable in variables)


def _saved(data, path):
    """The raw examples in a file, for the peers; nothing if they are read one at a time."""
    split = data.splits["train"]
    if split.array is None or path is None:
        return {}
    np.save(path, split.array)
    return {"examples": path, "levels": data.preprocessing.levels}


def train(own, config, data_dir, block, counted=True, save=None):
    """Blocks of `block` steps of `fit`."""
    config, data, model = _built(config, data_dir)
    model.steps_per_execution = math.gcd(config.training.steps_per_execution, block)
    facts = {
        "parameters": parameters(model),
        "settings": f"XLA {'on' if model.jit_compile else 'off'}, {model.steps_per_execution} steps an execution",
    } | _saved(data, save)
    batches = data.batches("train", config.data.batch_size, seed=0)
    if counted:
        facts["operations"] = block * operations.count(model.train_step, batches.element_spec)
    model.fit(batches, steps_per_epoch=block, epochs=10**6, callbacks=[Blocks(own, facts)], shuffle=False, verbose=0)


def profile_train(config, data_dir, block, **_):
    """Where the time of a training step goes; in this process."""
    config, data, model = _built(config, data_dir)
    model.steps_per_execution = math.gcd(config.training.steps_per_execution, block)
    return profiling.of_step(model, data.batches("train", config.data.batch_size, seed=0))


def profile_bound(config, data_dir, images, num_samples):
    """Where the time of the bound of one image goes; in this process."""
    _, _, run = _bound(config, data_dir, images, num_samples)
    return profiling.of_call(run, images)


PROFILES = {"train": profile_train, "bound": profile_bound}


def _bound(config, data_dir, images, num_samples):
    """(data, model, a function that computes the bound of the first images)."""
    config, data, model = _built(config, data_dir)
    x = data.preprocessing(data.splits["train"].read_batch(np.arange(images)), (0, 0))
    compiled = tf.function(lambda x: importance_weighted_bound(model, x, num_samples, 0), autograph=False)
    return data, model, lambda: compiled(x)["importance_weighted_bound"].numpy()


def bound(own, config, data_dir, images, num_samples, save=None):
    """The importance-weighted bound of `images` examples."""
    data, model, run = _bound(config, data_dir, images, num_samples)
    z = tf.TensorSpec([num_samples, config["model"]["latent_size"]], tf.float32)
    decoded = operations.count(lambda z: model.likelihood(z).mean(), z)
    facts = {"operations": images * decoded, "parameters": parameters(model)} | _saved(data, save)
    own.repeat(facts, run)


def batches(own, config, data_dir, block):
    """`block` batches drawn and decoded, and nothing done with them."""
    config = configs.check(ml_collections.ConfigDict(config))
    data = data_sets.load(config.data, data_dir)
    data.place("train")
    size = config.data.batch_size
    decode = tf.function(lambda batch: data.decode(batch, tf.constant([0, 0])), autograph=False)
    iterator = iter(data.batches("train", size, seed=0))
    decode(next(iterator))
    own.ready({})
    while True:
        own.wait()
        # What the pipeline has prepared while others had their turn does not count.
        for _ in range(PREPARED):
            next(iterator)
        began = time.perf_counter()
        for _ in range(block):
            x = decode(next(iterator))
        x.numpy()
        own.done(time.perf_counter() - began)


def matrix_products(own):
    """float32 products of square matrices, the side that is fastest here: the rate that the floor is reckoned with."""

    def product(side):
        a, b = tf.random.normal([side, side]) / side**0.5, tf.random.normal([side, side])
        repeats = max(1, round(OPERATIONS_OF_A_BLOCK / len(SIDES_OF_MATRICES) / (2 * side**3)))

        @tf.function(autograph=False)
        def run():
            return tf.while_loop(lambda i, c: i < repeats, lambda i, c: (i + 1, tf.matmul(a, c)), (0, b))[1]

        return run, 2 * side**3 * repeats

    products = [product(side) for side in SIDES_OF_MATRICES]
    fastest = max(products, key=_rate)
    own.repeat({"operations": fastest[1]}, lambda: fastest[0]().numpy())


def _rate(made):
    run, count = made
    run()
    return count / min(_seconds(run) for _ in range(3))


def _seconds(run):
    began = time.perf_counter()
    run().numpy()
    return time.perf_counter() - began


def serve():
    """Runs the worker."""
    keras.config.disable_interactive_logging()
    turns.serve({"train": train, "bound": bound, "batches": batches, "matrix_products": matrix_products})
