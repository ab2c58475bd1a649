"""A flow: moves that know where they began, without a test and without a distribution that they keep."""

import typing

import tensorflow as tf
import tensorflow_probability as tfp


class Began(typing.NamedTuple):
    """Where each chain began."""

    state: tf.Tensor


class Flow(tfp.mcmc.TransitionKernel):
    """state' = move(state, state at the beginning, seed)."""

    def __init__(self, move):
        self.move = move

    @property
    def parameters(self):
        return {"move": self.move}

    @property
    def is_calibrated(self):
        return False

    def bootstrap_results(self, init_state):
        """Keeps the beginning."""
        return Began(tf.convert_to_tensor(init_state))

    def one_step(self, current_state, previous_kernel_results, seed=None):
        """One move."""
        return self.move(current_state, previous_kernel_results.state, seed), previous_kernel_results


def per_chain(values, like):
    """Numbers [chains] in a shape that multiplies states [chains, *event]."""
    return tf.reshape(values, [-1, *[1] * (like.shape.rank - 1)])
