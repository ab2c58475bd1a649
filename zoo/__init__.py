"""A model zoo of symmetric latent-variable models: wake and sleep, from the VAE to the GAN."""

from zoo import backend  # noqa: F401  (before anything imports Keras)

__all__ = ["ConfigError", "TrainableModel", "as_layer", "build", "experiment", "load", "start_from"]


def __getattr__(name):
    """The public names, imported when first asked for: a tool that needs none of them does not wait for TensorFlow."""
    if name in ("ConfigError", "experiment"):
        from zoo import config as home
    elif name == "start_from":
        from zoo import config_files as home
    elif name in ("as_layer", "load"):
        from zoo import export as home
    elif name in ("TrainableModel", "build"):
        from zoo import models as home
    else:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    return getattr(home, name)


def __dir__():
    return [*globals(), *__all__]
