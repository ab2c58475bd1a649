"""Two checkpoints of a tiny model in which every value tells the step, so that a mixture of the two would show."""

import numpy as np
import tensorflow as tf

import zoo
from tests.training.runs import experiment
from zoo.training.checkpoints import Checkpoints

DATA, INDEX = "step-20.data-00000-of-00001", "step-20.index"


def build(latent_size=3):
    """The model, without data."""
    config = experiment()
    config.model.latent_size = latent_size
    return zoo.build(config, event_shape=(4, 4, 1))


def fill(model, step):
    """Gives every weight and slot a value that tells the step."""
    for variable in model.variables + [v for optimizer in model.training_step.optimizers.values() for v in optimizer.variables]:
        variable.assign(tf.cast(tf.fill(variable.shape, step), variable.dtype))
    model.step.assign(step)


def values(model):
    """All values of the model's variables."""
    return {float(value) for variable in model.variables for value in np.unique(variable.numpy())}


def save_two(model, folder):
    """Checkpoints of the steps 10 and 20; returns the folder."""
    checkpoints = Checkpoints(model, folder)
    for step in (10, 20):
        fill(model, step)
        checkpoints.save()
    return folder


def restored(model, folder):
    """The step that is gone on from; every value must be of that step."""
    fill(model, 0)
    step = Checkpoints(model, folder).restore()
    assert values(model) == {step}
    return step
