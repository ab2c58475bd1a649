"""VampPrior VAE, gated layers 300-300, 500 pseudo-inputs, batch 100, static MNIST."""

from zoo import start_from

from .. import contestants as who

SUITE = "train"
UNIT, UNITS = "step", 50
AIMS = {"fastest_pytorch_over_zoo": (">=", 2.0)}


def contestants(data_dir):
    """The zoo and PyTorch."""
    peers = ("pytorch", "pytorch_compiled")
    return who.training(start_from("vamp_prior_static_mnist"), data_dir, block=UNITS, peers=peers)
