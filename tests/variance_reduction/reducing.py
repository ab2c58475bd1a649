"""Small models whose steps reduce variance, on a data set of 20 examples."""

import numpy as np
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo.data import Dataset, Preprocessing, Split
from zoo.variance_reduction.reduced import Gathered

BATCH, EXAMPLES = 4, 20


def dataset(**options):
    """Standard normal examples."""
    x = np.random.default_rng(0).normal(size=(EXAMPLES, *tiny.VECTOR)).astype(np.float32)
    return Dataset("some", {"train": Split(x, **options)}, Preprocessing(event_shape=tiny.VECTOR, levels=0))


def build(objective, method="svrg", reduced=(), training=None, data=None, **parts):
    """A tiny model on these data; `method` is a name or a section."""
    section = {"name": method} if isinstance(method, str) else method
    training = (training or {}) | {"variance_reduction": section, "reduced": reduced}
    config = tiny.experiment(objective, training=training, **parts)
    config.data.batch_size = BATCH
    return zoo.build(config, data=data or dataset())


def perturb(model, scale=0.3, seed=1):
    """Moves every trained weight somewhere else."""
    generator = np.random.default_rng(seed)
    for variables in model.networks().values():
        for variable in variables:
            variable.assign(variable.numpy() + scale * generator.normal(size=variable.shape))


def gathered(function):
    """{network: gradients of its updates, [updates, weights]} of `function(updates)`, which takes a step."""
    updates = Gathered()
    function(updates)
    flat = lambda gradients: tf.concat([tf.reshape(g, [-1]) for g in gradients], 0)  # noqa: E731
    return {name: tf.stack([flat(gradients) for gradients in several]) for name, several in updates.found.items()}


def over_the_bank(step):
    """{network: (plain, corrected)}: the gradients on every batch of the bank and of every update, [updates, weights].

    What the passes move by themselves is put back after each.
    """
    kept = [(variable, variable.numpy()) for variable in step.model.non_trainable_variables]
    plain = tf.function(lambda k: gathered(lambda updates: step.at_once(*step._batch(k), updates)), autograph=False)
    corrected = tf.function(lambda k: gathered(lambda updates: step.at(k, updates)), autograph=False)
    found = {name: ([], []) for name in step.reduced}
    for k in range(step.number):
        for i, run in enumerate((plain, corrected)):
            for name, gradients in run(tf.constant(k)).items():
                found[name][i].append(gradients.numpy())
            for variable, value in kept:
                variable.assign(value)
    return {name: tuple(map(np.concatenate, both)) for name, both in found.items()}
