"""Checkpoints of a run: weights, optimizers and step, kept few, restored from the newest that can be read."""

import pathlib
import shutil

import tensorflow as tf
from absl import logging

from zoo import atomic, paths

# How a damaged checkpoint shows itself when it is read.
DAMAGE = (tf.errors.OpError, IndexError, ValueError, OSError)
LIST = "checkpoint"  # the file's name is TensorFlow's


def _name(step):
    return f"step-{step}"


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
        # Keras does not hand the dictionaries of a layer on to TensorFlow's tracking.
        held = {"model": model.model, "approximators": dict(model.approximators), "step": model.training_step}
        self.checkpoint = tf.train.Checkpoint(**held, **state)
        self.keep = keep
        self.swept = False

    def save(self):
        """Writes a checkpoint of this step, and removes the oldest beyond those to keep.

        Raises:
          OSError: one line, if it cannot be written; those before it are whole.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.swept:
            self._sweep()
        newest = int(self.model.step.numpy())
        try:
            with paths.literal(self.folder) as folder:
                self.checkpoint.write(f"{folder}/{_name(newest)}")
        except tf.errors.OpError as error:
            reason = error.message.partition("\n")[0].partition(" [Op:")[0].rpartition("; ")[2]
            raise OSError(f"cannot write a checkpoint in {self.folder}: {reason}; those before it are whole") from error
        # One of a later step is damaged, or of a run that was killed: the steps up to it are taken again.
        kept = [step for step in self.steps() if step <= newest][: self.keep]
        self._list(sorted(kept))
        for step in set(self.steps()) - set(kept):
            self._remove(step)

    def _sweep(self):
        """Removes what a killed save, or a killed removal, has left."""
        atomic.sweep(self.folder)
        for leftover in self.folder.glob("*_temp*"):
            shutil.rmtree(leftover, ignore_errors=True)
        for data in self.folder.glob("step-*.data-*"):
            if not data.with_suffix(".index").exists():
                data.unlink()
        self.swept = True

    def _list(self, steps):
        """Writes the list by which TensorFlow's own functions find the checkpoints; nothing here reads it."""
        names = [_name(step) for step in steps]
        listed = tf.compat.v1.train.generate_checkpoint_state_proto(str(self.folder), names[-1], names)
        atomic.write(self.folder / LIST, str(listed))

    def _remove(self, step):
        """The index first: what has none is no checkpoint."""
        (self.folder / f"{_name(step)}.index").unlink()
        for data in self.folder.glob(f"{_name(step)}.data-*"):
            data.unlink()

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
            name = _name(step)
            try:
                with paths.literal(self.folder) as folder:
                    self.checkpoint.read(f"{folder}/{name}").assert_existing_objects_matched().expect_partial()
            except (*DAMAGE, AssertionError) as error:
                reason = str(error).partition("\n")[0]
                logging.warning("checkpoint %s cannot be read, trying the one before: %s", self.folder / name, reason)
                continue
            return step
        if steps or (self.folder / LIST).exists():  # the list is written once a save is complete
            raise ValueError(
                f"none of the {len(steps)} checkpoints in {self.folder} can be read; remove the folder to start afresh"
            )
        return None
