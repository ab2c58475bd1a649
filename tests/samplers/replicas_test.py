"""Samplers on two replicas, two logical devices of a process of its own: the same chains as on one device."""

import numpy as np
import pytest
import tensorflow as tf

from tests import commands
from tests.samplers import replicated
from zoo.samplers.replicated import shared
from zoo.samplers.targets import Target


@pytest.fixture(scope="module")
def on_two(tmp_path_factory):
    """{sampler: what two replicas have found}."""
    output = tmp_path_factory.mktemp("chains") / "found.npz"
    commands.run_module(replicated.__name__, output).check_returncode()
    return dict(np.load(output))


@pytest.fixture(scope="module")
def on_one():
    """The same of this process's one device."""
    return replicated.chains()


@pytest.mark.parametrize("name", replicated.NAMES)
def test_chains_are_the_same_on_two_replicas(on_one, on_two, name):
    """States, acceptance and the step size that it led to, up to rounding; and the chains have moved."""
    np.testing.assert_allclose(on_two[name], on_one[name], rtol=1e-9, atol=1e-12)
    states = on_one[name][:-2].reshape(replicated.STEPS, replicated.CHAINS, 2)
    assert (states[0] != states[-1]).any(1).all()


def test_one_replica_evaluates_as_before():
    target = Target(critic=lambda x: x)
    assert shared(target, tf.distribute.get_strategy()) is target
