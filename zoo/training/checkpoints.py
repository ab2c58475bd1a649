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
        """Writes a checkpoint of this step."""
        if self.manager is None:
            self._sweep()
            # The manager takes over what is there already, oldest first.
            self.manager = tf.train.CheckpointManager(
                self.checkpoint, self.folder, self.keep, checkpoint_name="step", step_counter=self.model.step
            )
        self.manager.save(checkpoint_number=int(self.model.step.numpy()))

    def _sweep(self):
        """Removes what a killed save has left."""
        for leftover in self.folder.glob("*_temp*"):
            shutil.rmtree(leftover, ignore_errors=True)

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
            prefix = str(self.folder / f"step-{step}")
            try:
                self.checkpoint.restore(prefix).assert_existing_objects_matched().expect_partial()
            except (*DAMAGE, AssertionError) as error:
                logging.warning(
                    "checkpoint %s cannot be read, trying the one before: %s", prefix, str(error).partition("\n")[0]
                )
                continue
            return step
        if steps:
            raise ValueError(
                f"none of the {len(steps)} checkpoints in {self.folder} can be read; remove the folder to start afresh"
            )
        return None
