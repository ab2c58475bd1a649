"""Saves a run, keeps its best validation, and stops it when that no longer improves."""

import time

import keras
import tensorflow as tf

from zoo.training.checkpoints import Checkpoints


class Saving(keras.callbacks.Callback):
    """Checkpoints by the clock and by steps, at the end of an execution.

    With the weights it saves the means of the log interval that is being formed, and the state of early stopping (best
    value, validations since), so that a run that was stopped and started again writes the same lines and ends where it
    would have ended. At the end of an interval it saves only once the interval's line is written, so it comes after what
    writes that. Workers beside the chief only restore, and judge the same validations as the chief.

    Attributes:
      stopped_early: whether the validations have stopped improving.
      saved_step: the step of the checkpoint that this process last saved or went on from; 0 for none.
    """

    def __init__(self, model, workdir, training, writes):
        super().__init__()
        self.training = training
        self.writes = writes
        self.best_value = tf.Variable(float("inf"))
        self.best_step = tf.Variable(0, dtype=tf.int64)
        self.failures = tf.Variable(0)
        # Each term summed over the steps since the last line of the log, and the number of these steps.
        self.sums, self.counts = (tf.Variable(tf.zeros([len(model.training_step.train_terms)])) for _ in range(2))
        state = {
            "best_value": self.best_value,
            "best_step": self.best_step,
            "failures": self.failures,
            "sums": self.sums,
            "counts": self.counts,
        }
        self.newest = Checkpoints(model, workdir.checkpoints, training.keep_checkpoints, **state)
        self.best = Checkpoints(model, workdir.best, 1, **state)
        self.saved_at = time.monotonic()
        self.saved_step = 0

    def restore(self):
        """Goes on from the newest checkpoint that can be read; returns its step, or 0 if there is none."""
        self.saved_step = self.newest.restore() or 0
        return self.saved_step

    @property
    def stopped_early(self):
        """True once `early_stopping_patience` validations in a row were no better than the best."""
        return 0 < self.training.early_stopping_patience <= int(self.failures)

    @property
    def best_known(self):
        """{"best_step", "best_negative_elbo"} of the validations so far; empty if there was none."""
        found = {"best_step": int(self.best_step), "best_negative_elbo": float(self.best_value)}
        return found if found["best_step"] else {}

    def on_epoch_begin(self, epoch, logs=None):
        """Takes up the means of the interval that the checkpoint was saved within."""
        if tf.reduce_any(self.counts > 0):
            self.model.means.add(tf.identity(self.sums), tf.identity(self.counts))
            self._forget_means()

    def on_train_batch_end(self, batch, logs=None):
        """Saves if it is time, except at the end of an interval."""
        if self._due() and batch + 1 < self.params["steps"]:
            self.save_within_interval()

    def on_epoch_end(self, epoch, logs=None):
        """Judges a validation if there was one; saves if it is time."""
        value = (logs or {}).get("val_negative_elbo")
        if value is not None:
            self._judge(value)
        if self.stopped_early:
            self.model.stop_training = True
        if self.model.stop_training or self._due():
            self.save()

    def _due(self):
        every = self.training.save_every
        by_steps = every and int(self.model.step.numpy()) // every > self.saved_step // every
        return by_steps or time.monotonic() - self.saved_at >= self.training.save_every_seconds

    def _judge(self, value):
        if value < float(self.best_value):
            self.best_value.assign(value)
            self.best_step.assign(int(self.model.step.numpy()))
            self.failures.assign(0)
            if self.writes:
                self.best.save()
        else:
            self.failures.assign_add(1)

    def save_within_interval(self):
        """Saves after an execution that is not the last of its log interval."""
        self.sums.assign(self.model.means.sums)
        self.counts.assign(self.model.means.weight)
        self.save()
        self._forget_means()

    def _forget_means(self):
        self.sums.assign(tf.zeros_like(self.sums))
        self.counts.assign(tf.zeros_like(self.counts))

    def save(self):
        """Saves now, unless this process has saved this step already."""
        step = int(self.model.step.numpy())
        if self.writes and step != self.saved_step:  # a file of this step may be there, and damaged
            self.newest.save()
        self.saved_step, self.saved_at = step, time.monotonic()
