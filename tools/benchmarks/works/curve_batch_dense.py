"""VAE 784-400-40 at batch 16 to 1024."""

from zoo import start_from

from .. import contestants as who
from .. import curves

SUITE = "curves"
UNIT, UNITS = "20 steps", 1
AIMS = {}


def contestants(data_dir):
    """The zoo at each size."""
    configs = {f"batch {size}": start_from("vae_static_mnist") for size in (16, 64, 256, 1024)}
    for label, config in configs.items():
        config.data.batch_size = int(label.split()[1])
    return {label: who.zoo_training(config, data_dir, 20) for label, config in configs.items()}


figures = curves.exponent
