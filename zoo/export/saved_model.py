"""Writes a model as a SavedModel: named endpoints, weights that can be trained on, and no need for this package to load it.

    loaded = tf.saved_model.load(path)
    loaded.encode(x, seed=3)["sample"]                   attributes take Python integers
    loaded.signatures["encode"](x=x, seed=seed)          signatures of the same names take tensors, all of them by name
    loaded(z), loaded(z, training=True)                  is loaded.decoder, and not in training loaded.generate too
    loaded.encoder(x, training=True)                     the networks, to be trained on (zoo/export/reusable.py)

Beside it stand README.md, the model's card (zoo/export/card.py), samples.png if the model makes images, model.json
(zoo/export/facts.py) and manifest.json (zoo/export/manifest.py).
"""

import os
import pathlib
import shutil
import uuid

import tensorflow as tf

from zoo import atomic, paths
from zoo.export import archive, card, endpoints, facts, inspection, manifest, reusable
from zoo.networks import pixel_convolution
from zoo.samplers import partition


def export(model, path, *, overwrite=False, about=None):
    """Writes a SavedModel, whole or not at all.

    It is made in a hidden folder beside `path` and renamed. When a folder replaces another, there is a moment between two
    renames in which `path` does not exist.

    Args:
      model: what `zoo.build` returns; its `preprocessing` (or None) says how images in [0, 1] become x.
      path: of the folder to make, or of an archive if it ends in .tar.gz.
      overwrite: whether a SavedModel (an archive, an empty folder) that is there may be replaced.
      about: a zoo.export.card.About: what the card says beyond what the model tells.

    Returns:
      The names of the endpoints, a tuple.

    Raises:
      FileExistsError: if the path exists and may not be replaced.
      UnsafeModelError: for a model with an operation that zoo.load would refuse.
      OSError: if it cannot be written.
    """
    path = paths.named(path).resolve()
    _check_free(path, overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    if model.energy is not None:
        partition.store(model.energy.machine)
    with atomic.folder_beside(path) as temporary:
        new, old = pathlib.Path(temporary, "new"), pathlib.Path(temporary, "old")
        _write(model, new, about or card.about_model(path.name.removesuffix(archive.SUFFIX), model))
        if path.name.endswith(archive.SUFFIX):
            archive.pack(new, pathlib.Path(temporary, "packed"))
            shutil.rmtree(new)
            os.rename(pathlib.Path(temporary, "packed"), new)
        _replace(path, new, old)
    return endpoints.names(model)


def check_exportable(model):
    """Refuses a model that could not be exported: before it is trained, say. Takes as long as an export; writes no file.

    Args:
      model: what `zoo.build` returns, trained or not.

    Raises:
      UnsafeModelError: one line, for a model with an operation that zoo.load would refuse.
    """
    folder = f"ram://{uuid.uuid4()}"  # TensorFlow's file system in memory
    try:
        _save(model, folder)
        with tf.io.gfile.GFile(f"{folder}/saved_model.pb", "rb") as program:
            inspection.check(program.read())
    finally:
        if tf.io.gfile.exists(folder):
            tf.io.gfile.rmtree(folder)


def _save(model, folder):
    with pixel_convolution.written_plainly():
        root, signatures = reusable.root(model)
        tf.saved_model.save(root, folder, signatures=signatures)


def _write(model, folder, about):
    with paths.literal(folder.parent) as parent:
        _save(model, f"{parent}/{folder.name}")
    inspection.check((folder / "saved_model.pb").read_bytes())
    facts.write(model, folder)
    card.write(model, folder, about)
    manifest.write(folder)


def _check_free(path, overwrite):
    if not path.exists():
        return
    if not overwrite:
        raise FileExistsError(f"{path} exists already; choose another path, or allow to overwrite it")
    if path.name.endswith(archive.SUFFIX) and path.is_file():
        return
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
