"""What a program uses: a model that has all that its export has, and build, train, restore and load_model, which return one."""

from zoo.interface.keras_file import load_model
from zoo.interface.model import Model
from zoo.interface.running import build, restore, train

__all__ = ["Model", "build", "load_model", "restore", "train"]
