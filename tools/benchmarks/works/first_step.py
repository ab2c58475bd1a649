"""From the start of the process to the first step finished: ehm_mnist."""

from .. import TOOLS
from .. import contestants as who

SUITE = "start"
UNIT, UNITS = "start", 1
ROUNDS = 2
AIMS = {"seconds": ("<=", 20)}
ARGUMENTS = (f"{TOOLS}.train", "--config", "ehm_mnist", "--config.training.steps=1")


def contestants(data_dir):
    """The training tool itself."""
    options = {"arguments": ARGUMENTS, "line": "step 1/1", "data_dir": data_dir}
    return {"start": who.Contestant("process", "until", options)}


def figures(entries):
    """The time itself."""
    return {"seconds": entries["start"].seconds}
