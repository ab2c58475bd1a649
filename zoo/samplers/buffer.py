"""A replay buffer: a .npy file of states [n, *event] in which chains end, and from which others start.

A share of the chains start afresh, so that what the buffer has lost can come back.

Source: Du and Mordatch, "Implicit Generation and Modeling with Energy-Based Models" (2019), section 3.2.
"""

import numpy as np
import tensorflow as tf

from zoo import atomic

SIZE = 10_000  # states: the newest
FRESH = 0.05  # of the chains


def _stored(path, like):
    """The states of a buffer, which must be like these; None where there is no file."""
    if not path.exists():
        return None
    try:
        states = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: is no array: {error}") from error
    if states.shape[1:] != tuple(like.shape[1:]) or not len(states) or states.dtype != np.dtype(like.dtype):
        raise ValueError(
            f"{path}: has {states.dtype} states of shape {states.shape}, and this sampler's are {np.dtype(like.dtype)} of "
            f"{tuple(like.shape[1:])} each; name another file"
        )
    return states


def drawn(path, fresh, seed):
    """Where chains start: at states of the buffer, but for a share of them at their own in `fresh` [chains, *event].

    Raises:
      ValueError: one line, for no file, or states of another kind.
    """
    states = _stored(path, fresh.numpy())
    if states is None:
        raise ValueError(f"{path}: there is no file of states yet; chains that start elsewhere make it")
    generator = np.random.RandomState(seed)
    chosen = states[generator.randint(len(states), size=len(fresh))]
    new = generator.random_sample(len(fresh)) < FRESH
    return tf.where(tf.reshape(new, [-1, *[1] * (fresh.shape.rank - 1)]), fresh, chosen)


def keep(path, states):
    """Puts states, a numpy array, at the end of the buffer, whose oldest go."""
    stored = _stored(path, states)
    whole = states if stored is None else np.concatenate([stored, states])
    with atomic.file(path) as file:
        np.save(file, whole[-SIZE:])
