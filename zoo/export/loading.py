"""Loads an exported model, and says what is wrong with what is none."""

import pathlib

import tensorflow as tf

# How a damaged SavedModel shows itself.
DAMAGE = (tf.errors.OpError, OSError, ValueError, IndexError, KeyError)


def load(path):
    """An exported model, ready to use: `loaded.sample(16, seed=0)`, `loaded.encode(x)`, ... (zoo/export/saved_model.py).

    Loading a model runs what its author put into it: load only what you trust. Keep the object as long as you use one of
    its functions, which do not keep its weights alive by themselves.

    Args:
      path: the folder that `python -m tools.export` or a finished training run has written.

    Returns:
      What tf.saved_model.load gives: its endpoints are attributes, and also entries of `signatures`.

    Raises:
      FileNotFoundError: if there is nothing at the path.
      ValueError: if what is there is no SavedModel, or a damaged one.
    """
    path = pathlib.Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"no model at {path}: there is no such folder")
    if not path.is_dir():
        raise ValueError(f"{path} is a file; give the folder of a SavedModel, which holds saved_model.pb")
    if not (path / "saved_model.pb").is_file():
        raise ValueError(f"{path} is no SavedModel: it holds no saved_model.pb; {_remedy(path)}")
    try:
        return tf.saved_model.load(str(path))
    except DAMAGE as error:
        raise ValueError(f"{path} is a damaged SavedModel: {str(error).strip().partition(chr(10))[0]}") from error


def _remedy(path):
    if (path / "saved_model" / "saved_model.pb").is_file():
        return f"it is a training run, whose model is {path / 'saved_model'}"
    if (path / "config.json").is_file():
        return f"it is a training run: python -m tools.export --workdir {path} --output DIR makes one of it"
    return "give a folder that python -m tools.export has written"
