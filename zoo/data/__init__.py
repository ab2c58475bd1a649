"""Data sets by name, and batches of them as a pure function of (seed, step)."""

from zoo.data.dataset import Dataset, Split
from zoo.data.loading import load_dataset as load
from zoo.data.preprocessing import Preprocessing

__all__ = ["Dataset", "Preprocessing", "Split", "load"]
