"""What every objective declares beside its losses, checked against what the losses do. A new file is found by itself."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tests.exact.formulas import LETTERS
from zoo import registry

NAMES = registry.names("objective")
PHASES = ("wake", "sleep")
FIELDS = (*LETTERS.values(), "rate")


class Recorder:
    """Log-densities that remember which of them were asked for."""

    def __init__(self, at):
        self.at, self.used = at, set()

    def __getattr__(self, name):
        self.used.add(name)
        return getattr(self.at, name)


def log_densities(dtype, size=6):
    """A struct of [size] random numbers."""
    generator = np.random.default_rng(0)
    return types.SimpleNamespace(**{field: tf.constant(generator.normal(size=size), dtype) for field in FIELDS})


def losses(module, at):
    """Phase -> loss at a struct of log-densities, with the options' defaults."""
    functions = {phase: getattr(module, f"{phase}_loss", None) for phase in PHASES}
    return {phase: function(at) for phase, function in functions.items() if function}


@pytest.fixture(params=NAMES)
def module(request):
    return registry.find("objective", request.param)


def test_the_fields_it_needs_are_those_its_losses_use(module):
    recorder = Recorder(log_densities(tf.float64))
    losses(module, recorder)
    assert recorder.used == set(module.NEEDS)


def test_each_phase_says_what_it_moves(module):
    present = {f"{phase.upper()}_MOVES" for phase in PHASES if hasattr(module, f"{phase}_loss")}
    assert present == {name for name in dir(module) if name.endswith("_MOVES")}
    assert present
    assert {getattr(module, name) for name in present} <= {"P", "Q", "PQ"}


def test_it_says_whether_samples_are_held_fixed(module):
    assert module.SAMPLES in ("pathwise", "held_fixed")


def test_it_names_the_kinds_that_may_stand_in_for_the_data(module):
    kinds = getattr(module, "LOG_Q_X", ())
    assert bool(kinds) == ("log_q_x" in module.NEEDS)
    assert set(kinds) <= {"density", "ratio", "potential"}


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=["float32", "float64"])
def test_losses_keep_the_dtype(module, dtype):
    for loss in losses(module, log_densities(dtype)).values():
        assert loss.dtype == dtype


def test_losses_neither_reduce_nor_mix_the_examples(module):
    at = log_densities(tf.float64)
    half = types.SimpleNamespace(**{name: value[::2] for name, value in vars(at).items()})
    whole, part = losses(module, at), losses(module, half)
    for phase in whole:
        assert whole[phase].shape == [6]
        np.testing.assert_array_equal(whole[phase][::2], part[phase])


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_a_default(name):
    options = registry.options("objective", name)
    assert not [key for key, option in options.items() if option.default is registry.REQUIRED]
