"""Checkpoints of a run: weights, optimizers and step, kept few, restored from the newest that can be read."""

import pathlib
import shutil

import tensorflow as tf
from absl import logging

# How a damaged checkpoint shows itself when it is read.
DAMAGE = (tf.errors.OpError, IndexError, ValueError, OSError)


class Checkpoints:
    """The checkpoints of a model in one folder, named by their step.

    Args:
      model: a compiled model with a `step`.
      folder: made at the first save.
      keep: how many of the newest stay.
      **state: further tf.Variables to keep with it.
    """

    def __init__(self, model, folder, keep=3, **state):
        self.model = model
        self.folder = pathlib.Path(folder)
        # Keras does not hand the dictionaries of a model on to TensorFlow's tracking.
        held = {"approximators": dict(model.approximators), "optimizers": dict(model.optimizers)}
        self.checkpoint = tf.train.Checkpoint(model=model, **held, **state)
        self.keep = keep
        self.manager = None

    def save(self):
        """Writes a checkpoint of this step.

        Raises:
          OSError: one line, if it cannot be written; those before it are whole.
        """
        try:
            if self.manager is None:
                self._take_over()
            self.manager.save(checkpoint_number=int(self.model.step.numpy()))
        except tf.errors.OpError as error:
            reason = error.message.partition("\n")[0].partition(" [Op:")[0].rpartition("; ")[2]
            raise OSError(f"cannot write a checkpoint in {self.folder}: {reason}; those before it are whole") from error

    def _take_over(self):
        """Removes what a killed save has left, and puts what is there under the manager's care, oldest first.

        The list is made anew from the files: the one on disk may be damaged, or behind them.
        """
        for leftover in self.folder.glob("*_temp*"):
            shutil.rmtree(leftover, ignore_errors=True)
        prefixes = [self._prefix(step) for step in reversed(self.steps())]
        if prefixes:
            times = [pathlib.Path(f"{prefix}.index").stat().st_mtime for prefix in prefixes]
            tf.compat.v1.train.update_checkpoint_state(self.folder, prefixes[-1], prefixes, None, times)
        self.manager = tf.train.CheckpointManager(
            self.checkpoint, self.folder, self.keep, checkpoint_name="step", step_counter=self.model.step
        )

    def _prefix(self, step):
        return str(self.folder / f"step-{step}")

    def steps(self):
        """The steps of all checkpoints found on disk, newest first. The index file is written last, so it counts."""
        return sorted((int(path.stem.rpartition("-")[2]) for path in self.folder.glob("step-*.index")), reverse=True)

    def restore(self):
        """Loads the newest checkpoint that can be read; damaged ones are named and passed over.

        Returns:
          Its step, or None if the folder holds no checkpoint.

        Raises:
          ValueError: if there are checkpoints and none can be read; nothing is started afresh silently.
        """
        steps = self.steps()
        for step in steps:
            prefix = self._prefix(step)
            try:
                self.checkpoint.restore(prefix).assert_existing_objects_matched().expect_partial()
            except (*DAMAGE, AssertionError) as error:
                logging.warning(
                    "checkpoint %s cannot be read, trying the one before: %s", prefix, str(error).partition("\n")[0]
                )
                continue
            return step
        if steps or (self.folder / "checkpoint").exists():  # the list is written once a save is complete
            raise ValueError(
                f"none of the {len(steps)} checkpoints in {self.folder} can be read; remove the folder to start afresh"
            )
        return None
