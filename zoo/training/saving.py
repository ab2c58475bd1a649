"""Saves a run at the end of its log intervals, keeps its best validation, and stops it when that no longer improves."""

import time

import keras
import tensorflow as tf

from zoo.training.checkpoints import Checkpoints


class Saving(keras.callbacks.Callback):
    """Checkpoints by the clock, at log intervals only: between them the means that are being formed would be lost.

    The state of early stopping (best value, validations since) is saved with the weights, so that a run that was stopped
    and started again ends where it would have ended.

    Workers beside the chief only restore, and judge the same validations as the chief.

    Attributes:
      stopped_early: whether the validations have stopped improving.
    """

    def __init__(self, model, workdir, training, writes=True):
        super().__init__()
        self.training = training
        self.writes = writes
        self.best_value = tf.Variable(float("inf"), trainable=False)
        self.failures = tf.Variable(0, trainable=False)
        state = {"best_value": self.best_value, "failures": self.failures}
        self.newest = Checkpoints(model, workdir.checkpoints, training.keep_checkpoints, **state)
        self.best = Checkpoints(model, workdir.best, 1, **state)
        self.saved_at = time.monotonic()

    @property
    def stopped_early(self):
        """True once `early_stopping_patience` validations in a row were no better than the best."""
        return 0 < self.training.early_stopping_patience <= int(self.failures)

    def on_epoch_end(self, epoch, logs=None):
        """Judges a validation if there was one; saves if it is time."""
        value = (logs or {}).get("val_negative_elbo")
        if value is not None:
            self._judge(value)
        if self.stopped_early:
            self.model.stop_training = True
        if self.model.stop_training or time.monotonic() - self.saved_at >= self.training.save_every_seconds:
            self.save()

    def _judge(self, value):
        if value < float(self.best_value):
            self.best_value.assign(value)
            self.failures.assign(0)
            if self.writes:
                self.best.save()
        else:
            self.failures.assign_add(1)

    def save(self):
        """Saves now, unless this step is saved already."""
        if self.writes and int(self.model.step.numpy()) not in self.newest.steps():
            self.newest.save()
        self.saved_at = time.monotonic()
