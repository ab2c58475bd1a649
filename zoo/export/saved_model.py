"""Writes a model as a SavedModel: named endpoints, weights that can be trained on, and no need for this package to load it.

    loaded = tf.saved_model.load(path)
    loaded.encode(x, seed=3)["sample"]                   attributes take Python integers
    loaded.signatures["encode"](x=x, seed=seed)          signatures of the same names take tensors, all of them by name
    loaded(z)                                            is loaded.generate(z), and so is the signature serving_default

The root follows the Reusable SavedModel interface of TF Hub: `__call__`, `variables`, `trainable_variables`,
`regularization_losses`. Its endpoints are those of zoo/export/endpoints.py that the model has.
"""

import functools
import os
import pathlib
import tempfile

import tensorflow as tf

from zoo.export.endpoints import functions


def export(model, path, *, overwrite=False):
    """Writes a SavedModel, whole or not at all.

    It is made in a hidden folder beside `path` and renamed. When it replaces another, there is a moment between two
    renames in which `path` does not exist.

    Args:
      model: a zoo.models.TwoPhaseModel; its `preprocessing` (or None) says how images in [0, 1] become x.
      path: of the folder to make.
      overwrite: whether a SavedModel, or an empty folder, that is there may be replaced.

    Returns:
      The names of the endpoints, a tuple.

    Raises:
      FileExistsError: if the path exists and may not be replaced.
      OSError: if it cannot be written.
    """
    path = pathlib.Path(path).expanduser().resolve()
    _check_free(path, overwrite)
    endpoints = functions(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as temporary:
        new, old = pathlib.Path(temporary, "new"), pathlib.Path(temporary, "old")
        signatures = endpoints | {"serving_default": endpoints["generate"]}
        tf.saved_model.save(_reusable(model, endpoints), str(new), signatures=signatures)
        _replace(path, new, old)
    return tuple(endpoints)


def _check_free(path, overwrite):
    if not path.exists():
        return
    if not overwrite:
        raise FileExistsError(f"{path} exists already; choose another path, or allow to overwrite it")
    if not path.is_dir() or (any(path.iterdir()) and not (path / "saved_model.pb").is_file()):
        raise FileExistsError(f"{path} is no SavedModel, so it is not overwritten; choose another path")


def _replace(path, new, old):
    """Puts `new` at `path`; what was there goes to `old`, or back if that fails."""
    if path.exists():
        os.rename(path, old)
    try:
        os.rename(new, path)
    except OSError:
        if old.exists():
            os.rename(old, path)
        raise


def _reusable(model, endpoints):
    """The object that is saved: of this class, because a tf.Module would come back without its lists of variables."""
    return tf.train.Checkpoint(
        **endpoints,
        **{"__call__": endpoints["generate"]},
        variables=[variable.value for variable in model.variables],
        trainable_variables=[variable.value for variable in model.trainable_variables],
        regularization_losses=[
            tf.function(functools.partial(variable.regularizer, variable), input_signature=[])
            for variable in model.trainable_variables
            if variable.regularizer is not None
        ],
    )
