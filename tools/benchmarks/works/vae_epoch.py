"""VAE 784-400-40, batch 100, static MNIST: an epoch with shuffling and metrics."""

from zoo import start_from

from .. import contestants as who

SUITE = "train"
UNIT, UNITS = "epoch of 500 steps", 1
AIMS = {"fastest_pytorch_over_zoo": (">=", 2.0), "keras_over_zoo": (">=", 5.0), "share_of_floor": (">=", 0.5)}


def contestants(data_dir):
    """Everyone."""
    return who.training(start_from("vae_static_mnist"), data_dir, block=500)
