"""Export: a trained model as a SavedModel that TensorFlow alone can load; and loading one that can be trusted.

    zoo.export(model, "models/mine")

The package is what a program calls, of what `export` in it does.
"""

import sys
import types

from zoo.export.inspection import UnsafeModelError
from zoo.export.layers import as_layer
from zoo.export.loading import load
from zoo.export.saved_model import check_exportable, export

__all__ = ["UnsafeModelError", "as_layer", "check_exportable", "export", "load"]


class _Callable(types.ModuleType):
    """This module as a function: see zoo.export.export; of the averaged weights, where there are any."""

    def __call__(self, model, path, *, overwrite=False, about=None):
        with model.averaged():
            return export(model, path, overwrite=overwrite, about=about)


sys.modules[__name__].__class__ = _Callable
