"""Draws from a mixture of equal isotropic Gaussians: what the toy sets are made of."""

import numpy as np

from zoo.data.dataset import Split

TRAIN_SIZE = 200_000  # 20 epochs' worth of the 10,000 draws an epoch that published results on toy4 use
TEST_SIZE = 10_000


def draw(means, std, count, seed):
    """x float32 [count, d] from 1/n sum_k N(means[k], std^2 I), and the int64 labels k [count]; means is [n, d]."""
    random = np.random.RandomState(seed)  # numpy promises that its draws never change
    labels = random.randint(len(means), size=count)
    x = means[labels] + std * random.standard_normal((count, means.shape[1]))
    return x.astype(np.float32), labels.astype(np.int64)


def splits(means, std):
    """200,000 draws to train and 10,000 fresh ones to test, each of its own fixed seed."""
    return {
        "train": Split(*draw(means, std, TRAIN_SIZE, seed=0)),
        "test": Split(*draw(means, std, TEST_SIZE, seed=1)),
    }
