"""A model zoo of symmetric latent-variable models: wake and sleep, from the VAE to the GAN."""

from zoo import backend  # noqa: F401  (before anything imports Keras)
from zoo.config import ConfigError, experiment
from zoo.export import as_layer, load
from zoo.models import TwoPhaseModel, build

__all__ = ["ConfigError", "TwoPhaseModel", "as_layer", "build", "experiment", "load"]
