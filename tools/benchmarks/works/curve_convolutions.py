"""The EHM step at batch 16 to 256, width 32 and 64, images of 28, 32 and 64."""

from .. import contestants as who
from .. import curves, experiments

SUITE = "curves"
UNIT, UNITS = "step", 2
AIMS = {}
SIZES = (
    {"batch_size": 16},
    {"batch_size": 64},
    {"batch_size": 256},
    {"batch_size": 1024},
    {"width": 64},
    {"image_size": 28},
    {"image_size": 64},
)


def contestants(data_dir):
    """The zoo at each size."""
    labels = {" ".join(f"{key} {value}" for key, value in size.items()): size for size in SIZES}
    made = {label: experiments.dcgan("extended_helmholtz", **size) for label, size in labels.items()}
    return {label: who.zoo_training(config, data_dir, UNITS) for label, config in made.items()}


figures = curves.exponent
