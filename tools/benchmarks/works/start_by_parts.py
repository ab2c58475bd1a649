"""Start time as the zoo grows by 0, 10 and 40 parts: building vae_toy4 in a new process."""

from .. import TOOLS
from .. import contestants as who
from ..results import divided

SUITE = "start"
UNIT, UNITS = "start", 1
ROUNDS = 3
AIMS = {"start_with_40_more_parts_over_start": ("<=", 1.05)}
ARGUMENTS = (f"{TOOLS}.train", "--config", "vae_toy4", "--dry_run")


def contestants(data_dir):
    """The same tool in copies of the project."""
    options = {"arguments": ARGUMENTS, "line": "memory for weights"}
    return {f"{n} more": who.Contestant("process", "with_more_parts", options | {"count": n}) for n in (0, 10, 40)}


def figures(entries):
    """How much longer it takes."""
    return {"start_with_40_more_parts_over_start": divided(entries["40 more"].seconds, entries["0 more"].seconds)}
