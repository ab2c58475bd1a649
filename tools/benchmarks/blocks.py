"""A Keras callback that makes an epoch of `fit` a block: what is measured is the loop that users run."""

import time

import keras


class Blocks(keras.callbacks.Callback):
    """The first epoch compiles and is not measured; each later one waits for its turn."""

    def __init__(self, turns, facts):
        super().__init__()
        self.turns = turns
        self.facts = facts
        self.began = None

    def on_epoch_begin(self, epoch, logs=None):
        """Waits, but for the first."""
        if epoch == 1:
            self.turns.ready(self.facts)
        if epoch:
            self.began = self.turns.wait()

    def on_epoch_end(self, epoch, logs=None):
        """Reports, but for the first."""
        if epoch:
            self.turns.done(time.perf_counter() - self.began)
