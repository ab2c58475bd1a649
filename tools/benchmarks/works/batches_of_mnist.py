"""The input pipeline on MNIST in memory, against the step of ehm_mnist that it feeds."""

from zoo import start_from

from .. import contestants as who
from ..results import divided

SUITE = "data"
UNIT, UNITS = "batch of 100", 10
AIMS = {"batches_over_step": ("<=", 0.05)}


def contestants(data_dir):
    """Batches alone, and steps."""
    config = start_from("ehm_mnist")
    options = {"config": config.to_dict(), "data_dir": data_dir, "block": UNITS}
    return {
        "batches": who.Contestant("zoo", "batches", options),
        "step": who.zoo_training(config, data_dir, UNITS, counted=False),
    }


def figures(entries):
    """The share of a step's time."""
    return {"batches_over_step": divided(entries["batches"].seconds, entries["step"].seconds)}
