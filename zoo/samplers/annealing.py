"""Annealed importance sampling: weights of chains along a path of densities, by any move that keeps each of them.

    path         p_0, p_1, ... p_T up to their constants
    forwards     log w = sum over t of log p_t(s_{t-1}) - log p_{t-1}(s_{t-1}),  s_0 ~ p_0,  s_t by a move that keeps p_t
    backwards    the same sum from s_T ~ p_T, by moves that are the reverse of those: log p_t - log p_{t-1} after the move of t

    E[w] = Z_T / Z_0 forwards,  E[1 / w] = Z_0 / Z_T backwards, so that log mean w is below in expectation and
    -log mean 1 / w is above: the sandwich

Source: Neal, "Annealed importance sampling" (2001); Grosse, Ghahramani and Adams, "Sandwiching the marginal likelihood using
bidirectional Monte Carlo" (2015).
"""

import typing

import tensorflow as tf


class Path(typing.NamedTuple):
    """A path of densities by what annealing asks of it; t is a scalar tensor from 1 to T.

    Attributes:
      rise: (t, state) -> log p_t - log p_{t-1} at a state, of the chains' shape.
      move: (t, state, seed, memory) -> (state, memory) after a move that keeps p_t.
    """

    rise: typing.Callable
    move: typing.Callable


def anneal(path, state, seed, steps, memory=(), backwards=False):
    """(log w, memory) of chains along a path, or back.

    Args:
      path: a Path.
      state: where the chains start, a tensor or tensors: exact samples of p_0, backwards of p_T.
      seed: a pair; the move of t has a seed of its own.
      steps: T.
      memory: what the moves hand on, tensors or TensorArrays.
      backwards: from p_T to p_0.
    """

    def body(number, log_w, state, memory):
        t = steps + 1 - number if backwards else number
        own = tf.random.fold_in(seed, t)
        if not backwards:
            log_w += path.rise(t, state)
        state, memory = path.move(t, state, own, memory)
        if backwards:
            log_w += path.rise(t, state)
        return number + 1, log_w, state, memory

    nothing = tf.zeros_like(path.rise(tf.constant(1), state))
    start = (tf.constant(1), nothing, state, memory)
    _, log_w, _, memory = tf.while_loop(lambda number, *_: number <= steps, body, start, parallel_iterations=1)
    return log_w, memory
