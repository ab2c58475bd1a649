"""EHM, DCGAN networks on 32x32x3, 32 base channels, batch 64, one critic step with gradient penalty."""

from .. import contestants as who
from .. import experiments

SUITE = "train"
UNIT, UNITS = "step", 10
AIMS = {"fastest_pytorch_over_zoo": (">=", 1.3), "share_of_floor": (">=", 0.55)}


def contestants(data_dir):
    """Everyone."""
    return who.training(experiments.dcgan("extended_helmholtz"), data_dir, block=UNITS)
