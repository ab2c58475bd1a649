"""Loads an exported model once it is known to be whole, and to be made of allowed operations."""

import collections.abc
import pathlib
import tempfile

import tensorflow as tf

from zoo import paths
from zoo.export import facts, handles, inspection, manifest

# How a damaged SavedModel shows itself.
DAMAGE = (tf.errors.OpError, OSError, ValueError, IndexError, KeyError, TypeError, AttributeError)


def load(handle, *, allow_untrusted=False):
    """An exported model, ready to use: `loaded.sample(16, seed=0)`, `loaded.encode(x)`, ... (zoo/export/saved_model.py).

    The files are copied to a private folder, compared with the model's manifest, and its program is read; only then it is
    loaded, from that copy. See SECURITY.md for what that protects from.

    Args:
      handle: the name of a pretrained model, a folder, a .tar.gz, the URL of one, or hf://OWNER/NAME (zoo/export/handles.py).
      allow_untrusted: whether to load a model that has no manifest, or operations that are not on the list
        (zoo/export/allowed_ops.py). Such a model can do whatever the user of this process can: load only what you trust.

    Returns:
      What tf.saved_model.load gives: its endpoints are attributes, and also entries of `signatures`. `facts` is a dictionary
      of what they do not say (zoo/export/facts.py).

    Raises:
      FileNotFoundError: if there is nothing under the handle.
      UnsafeModelError: for a model that may do more than compute; a ValueError.
      ValueError: if what is there is no SavedModel, or a damaged one.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-") as folder:
        folder = pathlib.Path(folder)
        handles.fetch(handle, folder)
        _check_files(handle, folder, allow_untrusted)
        found = _facts(handle, folder)
        if not allow_untrusted:
            _check_program(handle, folder)
        try:
            with paths.literal(folder) as literal:
                loaded = tf.saved_model.load(str(literal))
        except DAMAGE as error:
            raise ValueError(f"{handle} is a damaged SavedModel: {str(error).strip().partition(chr(10))[0]}") from error
    _keep_alive(handle, loaded)
    object.__setattr__(loaded, "facts", found)  # not as a part of it, which would be saved again
    return loaded


def _facts(handle, folder):
    try:
        return facts.read(folder)
    except ValueError as error:
        raise ValueError(f"{handle} is a damaged model: {error}") from error


def _check_files(handle, folder, allow_untrusted):
    if not (folder / manifest.NAME).is_file():
        if allow_untrusted:
            return
        raise inspection.UnsafeModelError(
            f"{handle} has no {manifest.NAME}, so it is not from this package; allow_untrusted=True loads it all the same"
        )
    try:
        manifest.verify(folder)
    except ValueError as error:
        raise ValueError(f"{handle} is a damaged model: {error}") from error


def _check_program(handle, folder):
    for other in ("saved_model.pbtxt", "saved_model.cpb"):
        if (folder / other).exists():
            raise inspection.UnsafeModelError(f"{handle} holds a second program, {other}")
    try:
        inspection.check((folder / "saved_model.pb").read_bytes())
    except inspection.UnsafeModelError as error:
        raise inspection.UnsafeModelError(f"{handle} is not loaded: {error}; allow_untrusted=True loads it") from error
    except ValueError as error:
        raise ValueError(f"{handle} is a damaged SavedModel: {error}") from error


def _keep_alive(handle, loaded):
    """Lets each endpoint hold the model: functions do not keep the weights alive that they use."""
    signatures = getattr(loaded, "signatures", None)
    if not isinstance(signatures, collections.abc.Mapping):
        raise ValueError(f"{handle} has no signatures, as every model of this package has; export it again")
    for name in (*signatures, "encoder", "decoder"):
        for endpoint in (getattr(loaded, name, None), signatures.get(name)):
            if callable(endpoint) and not name.startswith("_"):
                object.__setattr__(endpoint, "_model", loaded)  # not as a part of it, which would be saved again
