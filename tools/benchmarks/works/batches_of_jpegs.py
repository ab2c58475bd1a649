"""The input pipeline on 64x64 JPEG files that are decoded each time, against the step of ehm_bedrooms64 that it feeds."""

from zoo import start_from

from .. import contestants as who
from .. import experiments
from ..results import divided

SUITE = "data"
UNIT, UNITS = "batch of 64", 5
AIMS = {"batches_over_step": ("<=", 0.05)}


def contestants(data_dir):
    """Batches alone, and steps."""
    config = start_from("ehm_bedrooms64")
    folder = dict(name=f"{experiments.PACKAGE}.jpeg_folder", folder=config.data.folder, image_size=64, batch_size=64)
    options = {"config": config.to_dict() | {"data": folder}, "data_dir": data_dir, "block": UNITS}
    step = experiments.on_random_pictures(config, image_size=64)
    return {
        "batches": who.Contestant("zoo", "batches", options),
        "step": who.zoo_training(step, data_dir, UNITS, counted=False),
    }


def figures(entries):
    """The share of a step's time."""
    return {"batches_over_step": divided(entries["batches"].seconds, entries["step"].seconds)}
