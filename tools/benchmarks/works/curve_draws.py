"""The importance-weighted bound at K = 1 to 5,000, ten images."""

from zoo import start_from

from .. import contestants as who
from .. import curves

SUITE = "curves"
UNIT, UNITS = "image", 10
AIMS = {}


def contestants(data_dir):
    """The zoo at each K."""
    options = {"config": start_from("vae_static_mnist").to_dict(), "images": UNITS, "data_dir": data_dir}
    return {f"K {k}": who.Contestant("zoo", "bound", options | {"num_samples": k}) for k in (1, 10, 100, 1000, 5000)}


figures = curves.exponent
