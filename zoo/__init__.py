"""A model zoo of symmetric latent-variable models: wake and sleep, from the VAE to the GAN."""

from zoo.config import ConfigError, experiment
from zoo.models import TwoPhaseModel, build

__all__ = ["ConfigError", "TwoPhaseModel", "build", "experiment"]
