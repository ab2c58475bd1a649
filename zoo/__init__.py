"""A model zoo of symmetric latent-variable models: wake and sleep, from the VAE to the GAN."""

from zoo import backend  # noqa: F401  (before anything imports Keras)

__all__ = ["ConfigError", "Model", "TrainableModel", "applications", "as_layer", "build", "data", "experiment"]
__all__ += ["export", "load", "load_model", "restore", "start_from", "train"]


def __getattr__(name):
    """The public names, imported when first asked for: a tool that needs none of them does not wait for TensorFlow."""
    if name in ("ConfigError", "experiment"):
        from zoo import config as home
    elif name == "start_from":
        from zoo import config_files as home
    elif name == "data":
        import zoo.data as home

        return home
    elif name == "applications":
        import zoo.applications as home

        return home
    elif name == "export":
        import zoo.export as home  # a package that can be called

        return home
    elif name in ("as_layer", "load"):
        from zoo import export as home
    elif name == "TrainableModel":
        from zoo import models as home
    elif name in ("Model", "build", "load_model", "restore", "train"):
        from zoo import interface as home
    else:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    return getattr(home, name)


def __dir__():
    return [*globals(), *__all__]
