"""Models: networks, distributions, approximators and an objective put together, with the step that trains them."""

from zoo.models.building import build
from zoo.models.latent_variable_model import LatentVariableModel
from zoo.models.trainable_model import TrainableModel

__all__ = ["LatentVariableModel", "TrainableModel", "build"]
