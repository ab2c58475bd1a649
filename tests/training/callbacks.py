"""What the tests of callbacks share: a model and a clock that only take notes."""

import types

import tensorflow as tf


class Means:
    """Sums of terms and the weight of each, as a model collects them."""

    def __init__(self):
        self.sums, self.weight, self.added = tf.constant([3.0, 4.0]), tf.constant([2.0, 2.0]), []

    def add(self, sums, weight):
        self.added.append((sums.numpy().tolist(), weight.numpy().tolist()))


class Model:
    """What callbacks look at."""

    def __init__(self, step=0):
        self.step = tf.Variable(step)
        self.skipped, self.fault = tf.Variable(0), tf.Variable([7, 1])
        self.train_terms, self.means = ["wake/loss", "sleep/loss"], Means()
        self.training_step = self
        self.stop_training = False
        self.steps_per_execution = 100


def set_by_hand(monkeypatch, module):
    """The clock of a module, at 100 seconds."""
    now = types.SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: now.seconds))
    return now
