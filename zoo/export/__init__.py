"""Export: a trained model as a SavedModel that TensorFlow alone can load; and loading one that can be trusted."""

from zoo.export.inspection import UnsafeModelError
from zoo.export.layers import as_layer
from zoo.export.loading import load
from zoo.export.saved_model import check_exportable, export

__all__ = ["UnsafeModelError", "as_layer", "check_exportable", "export", "load"]
