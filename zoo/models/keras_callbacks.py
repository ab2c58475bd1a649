"""Keras' callbacks with a model of the zoo: what they watch, in which direction, and which have no place."""

import keras

# What has no place here, and what to use.
REFUSED = {
    keras.callbacks.SwapEMAWeights: "averaged weights are kept by config.training.ema, and evaluated by themselves",
    keras.callbacks.TerminateOnNaN: (
        "an update that is not finite is skipped and counted in skipped_updates; zoo.train stops after training.max_skipped"
    ),
}
COSTS = ("loss", "reconstruction", "negative_elbo", "distortion")


def direction(name):
    """ "min" for a cost, by the end of its name; None for what is neither better high nor low."""
    return "min" if name.removeprefix("val_").rpartition("/")[2] in COSTS else None


def prepare(callbacks, train_terms, test_terms, averages=False):
    """Tells callbacks in which direction what they watch is better.

    Args:
      callbacks: what `fit` was given: None, one or a list of them, or a keras.callbacks.CallbackList.
      train_terms: names of what an epoch of training shows.
      test_terms: of what its validation shows; empty where there is none.
      averages: whether the model keeps averaged weights, which are what validation is of.

    Raises:
      ValueError: one line, for a callback that has no place, or that watches what is not shown.
    """
    for callback in _listed(callbacks):
        for refused, reason in REFUSED.items():
            if isinstance(callback, refused):
                raise ValueError(f"{refused.__name__} has no place here: {reason}")
        if averages and getattr(callback, "restore_best_weights", False):
            raise ValueError(
                f"{type(callback).__name__}: restore_best_weights would bring back the weights, and not the averages that were "
                "best; leave it out, and keep a ModelCheckpoint with save_best_only=True"
            )
        if hasattr(callback, "monitor") and hasattr(callback, "mode") and getattr(callback, "save_best_only", True):
            _aim(callback, [*train_terms, *(f"val_{name}" for name in test_terms)])


def _listed(callbacks):
    callbacks = getattr(callbacks, "callbacks", callbacks)
    return [] if callbacks is None else callbacks if isinstance(callbacks, list | tuple) else [callbacks]


def _aim(callback, shown):
    called, name = type(callback).__name__, callback.monitor
    if name not in shown:
        best = [term for term in shown if direction(term)][::-1]
        validated = any(term.startswith("val_") for term in shown)
        hint = "" if validated or not name.startswith("val_") else " (fit has no validation_data)"
        raise ValueError(f"{called}: nothing shown is called {name!r}{hint}; choose monitor= from {', '.join(best)}")
    if callback.mode == "auto":
        if direction(name) is None:
            raise ValueError(f"{called}: {name} is neither better high nor low by itself; say mode='min' or mode='max'")
        callback.mode = direction(name)
