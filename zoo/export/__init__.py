"""Export: a trained model as a SavedModel that TensorFlow alone can load."""

from zoo.export.loading import load
from zoo.export.saved_model import export

__all__ = ["export", "load"]
