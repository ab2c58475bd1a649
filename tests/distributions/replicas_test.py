"""Every conditional and prior draws on two replicas what it draws on one device."""

import keras
import numpy as np
import pytest

from tests import commands
from tests.distributions import replicated


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    """Name -> the two replicas' draws side by side, from a process of their own: it can hold one MirroredStrategy."""
    path = tmp_path_factory.mktemp("replicas") / "draws.npz"
    commands.run_module(replicated.__name__, path).check_returncode()
    return dict(np.load(path))


@pytest.mark.parametrize("name", replicated.NAMES)
def test_draws(replicas, float64, name):
    keras.utils.set_random_seed(0)
    found, expected = replicas[name], replicated.draws(name, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    axis = 1 if name.endswith("/several") else 0
    first, second = np.split(found, 2, axis)
    assert not np.array_equal(first, second)


def test_pseudo_inputs_are_projected_on_every_replica(replicas):
    np.testing.assert_array_equal(replicas["projected"], np.full([2, 2, 4], 0.6))
