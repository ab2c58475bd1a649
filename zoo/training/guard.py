"""Stops a run that keeps meeting values that are not finite, and says where it began.

The step itself skips the update of a network whose loss or gradient is not finite (zoo/models/updates.py). A few of those may
be an accident; more than `config.training.max_skipped` are not.
"""

import keras
import numpy as np

from zoo import atomic

LISTED = 10  # indices that a message names; the file has all


class FaultError(ValueError):
    """Too many updates were skipped; the message is one line."""


class Guard(keras.callbacks.Callback):
    """Looks at the model's count of skipped updates after each execution; one number is copied to the host.

    Args:
      config: of the run.
      data: its data set.
      folder: where fault_STEP.npz is left, with the indices and the raw examples of the batch; None to leave none.
    """

    def __init__(self, config, data, folder):
        super().__init__()
        self.config = config
        self.data = data
        self.folder = folder

    def on_train_batch_end(self, batch, logs=None):
        """Raises FaultError once too much was skipped."""
        skipped = int(self.model.training_step.skipped.numpy())
        if skipped <= self.config.training.max_skipped:
            return
        step, term = self.model.training_step.fault.numpy()
        shown = self.model.training_step.train_terms[term]
        indices = self.model.training_step.rows_of(int(step))
        raise FaultError(
            f"{skipped} updates were skipped, more than config.training.max_skipped: the first value that was not finite is "
            f"{shown} at step {step}, examples {_listed(indices)}{self._left(step, indices)}; "
            "lower a learning rate, clip the gradients (config.training.clip_norm) or look at these examples"
        )

    def _left(self, step, indices):
        if self.folder is None:
            return ""
        path = self.folder / f"fault_{step}.npz"
        examples = self.data.splits["train"].read_batch(indices)
        try:
            with atomic.file(path) as opened:
                np.savez(opened, indices=indices, examples=examples)
        except OSError as error:  # a full disk is not why the run stops
            return f" (cannot write all to {path}: {error.strerror})"
        return f" (all in {path})"


def _listed(indices):
    more = ", ..." if len(indices) > LISTED else ""
    return ", ".join(map(str, indices[:LISTED])) + more
