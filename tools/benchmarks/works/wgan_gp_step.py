"""WGAN-GP, the DCGAN networks of the EHM step, one critic step."""

from .. import contestants as who
from .. import experiments

SUITE = "train"
UNIT, UNITS = "step", 20
AIMS = {"fastest_pytorch_over_zoo": (">=", 1.3)}


def contestants(data_dir):
    """Everyone."""
    return who.training(experiments.dcgan("gan"), data_dir, block=UNITS)
