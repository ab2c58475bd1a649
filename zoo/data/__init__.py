"""Data sets by name, and batches of them as a pure function of (seed, step)."""

from zoo.data.augmentation import Augmentation
from zoo.data.dataset import Dataset, Split
from zoo.data.given import from_arrays
from zoo.data.loading import load_dataset as load
from zoo.data.preprocessing import Preprocessing

__all__ = ["Augmentation", "Dataset", "Preprocessing", "Split", "from_arrays", "load"]
