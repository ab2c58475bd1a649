"""Averaged weights: a running mean of every weight over the steps, to evaluate and to export.

    a_0 = w_0        a_t = decay a_{t-1} + (1 - decay) w_t        w_t: the weights after step t

so that after n steps a_n = decay^n w_0 + (1 - decay) sum over t = 1 ... n of decay^{n-t} w_t. Training goes on from w. What a
forward pass keeps by itself (statistics of a normalization) is not averaged.

Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992), in the exponential form.
"""

import contextlib

import tensorflow as tf


class Averages(tf.Module):
    """The averages of some weights. Their order is the order of the weights, and part of a checkpoint's format."""

    def __init__(self, weights, decay):
        super().__init__()
        self.decay = decay
        # A function hides the weights, which have their place in a checkpoint already.
        self._weights = lambda: weights
        # Every replica computes the same from weights that are the same: nothing is aggregated.
        self.values = [tf.Variable(weight.numpy(), trainable=False) for weight in weights]

    def restart(self):
        """Begins at the weights as they are: those before the first step have been put in place of others."""
        for value, weight in zip(self.values, self._weights(), strict=True):
            value.assign(weight.value)

    def update(self):
        """One step, after the weights have moved."""
        for value, weight in zip(self.values, self._weights(), strict=True):
            value.assign(self.decay * value + (1 - self.decay) * weight.value)

    def put(self):
        """Makes the averages the weights; for a model that is not trained on."""
        for value, weight in zip(self.values, self._weights(), strict=True):
            weight.assign(value)

    @contextlib.contextmanager
    def instead(self):
        """In this context the averages are the weights; after it the weights are what they were, bit for bit."""
        before = [tf.identity(weight.value) for weight in self._weights()]
        self.put()
        try:
            yield
        finally:
            for value, weight in zip(before, self._weights(), strict=True):
                weight.assign(value)


class OfAverages:
    """Mixed into a keras.Model with a training step: it is judged by the averaged weights, where there are any."""

    def averaged(self):
        """A context in which the weights are their averages, where averages are kept (config.training.ema)."""
        averages = self.training_step.averages
        return averages.instead() if averages else contextlib.nullcontext()

    def test_on_batch(self, x, y=None, **options):
        """keras.Model.test_on_batch, of the averaged weights."""
        with self.averaged():
            return super().test_on_batch(x, y, **options)

    def predict_on_batch(self, x):
        """keras.Model.predict_on_batch, of the averaged weights."""
        with self.averaged():
            return super().predict_on_batch(x)

    def set_weights(self, weights):
        """keras.Model.set_weights. The averages begin at these weights."""
        super().set_weights(weights)
        if self.training_step.averages:
            self.training_step.averages.restart()
