"""What the figures were measured on, and how busy it was."""

import os

from zoo import machine


def described():
    """Processor, cores, load before the run, versions; that of PyTorch stands among its settings."""
    return machine.described() | {"load_before": os.getloadavg()[0]}
