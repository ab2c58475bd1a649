"""scikit-learn's 1,797 handwritten 8x8 digits with 17 grey levels; 1,500 to train, 297 to test. No download.

Source: E. Alpaydin and C. Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (the
test set of that collection, by 13 people).
"""

import numpy as np

from zoo.data.dataset import Split

TRAIN_SIZE = 1500


def load(data_dir):
    """Splits of uint8 images [8, 8, 1] with labels 0 ... 9, cut by a fixed permutation; nothing is read from data_dir."""
    from sklearn import datasets  # half a second that only this set should cost

    images, labels = datasets.load_digits(return_X_y=True)
    images = images.astype(np.uint8).reshape(-1, 8, 8, 1)
    permutation = np.random.RandomState(0).permutation(len(images))  # numpy promises that RandomState never changes
    everything = Split(images, labels.astype(np.int64))
    rows = {"train": permutation[:TRAIN_SIZE], "test": permutation[TRAIN_SIZE:]}
    return {name: everything.subset(indices) for name, indices in rows.items()}, 17
