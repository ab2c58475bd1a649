"""What every objective declares beside its losses, checked against what the losses do. A new file is found by itself."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tests.exact.formulas import LETTERS
from zoo import registry
from zoo.models.pairs import KINDS

NAMES = registry.names("objective")
PHASES = tuple(KINDS)
FIELDS = (*LETTERS.values(), "rate")
DENSITIES = {"log_p_x_given_z", "log_p_z", "log_q_z_given_x", "unnormalized_log_p"}
DENSITIES |= {"log_p_features_given_z"}


class Recorder:
    """Log-densities that remember which of them were asked for."""

    def __init__(self, at):
        self.at, self.used = at, set()

    def __getattr__(self, name):
        self.used.add(name)
        return getattr(self.at, name)


def log_densities(dtype, size=(3, 6)):
    """A struct of random numbers."""
    generator = np.random.default_rng(0)
    return types.SimpleNamespace(**{field: tf.constant(generator.normal(size=size), dtype) for field in FIELDS})


def phase_losses(module):
    """Phase -> its loss, with the options' defaults."""
    functions = {phase: getattr(module, f"{phase}_loss", None) for phase in PHASES}
    return {phase: function for phase, function in functions.items() if function}


@pytest.fixture(params=NAMES)
def module(request):
    return registry.find("objective", request.param)


def test_the_fields_it_needs_are_those_its_losses_use(module):
    recorder = Recorder(log_densities(tf.float64))
    for loss in phase_losses(module).values():
        loss(recorder)
    assert recorder.used == set(module.NEEDS)


def test_each_phase_says_what_it_moves(module):
    present = {f"{phase.upper()}_MOVES" for phase in PHASES if hasattr(module, f"{phase}_loss")}
    assert present == {name for name in dir(module) if name.endswith("_MOVES")}
    assert present
    assert {getattr(module, name) for name in present} <= {"P", "Q", "PQ"}


def test_it_says_whether_samples_are_held_fixed(module):
    assert module.SAMPLES in ("pathwise", "held_fixed")


def test_it_names_the_kinds_of_every_stand_in_and_of_nothing_else(module):
    stand_ins = {*module.NEEDS} - DENSITIES | {*getattr(module, "STAND_INS", ())}
    takes = getattr(module, "TAKES", {})
    assert takes.keys() == stand_ins <= {*module.NEEDS}
    for kinds in takes.values():
        assert kinds
        assert {*kinds} <= {"density", "ratio", "potential", "gradient"}


ANY = {"density", "ratio", "potential", "gradient"}
TAKEN = {
    # Linear in log Q(x): its gradient is all that is used, so a constant, a scale or the values themselves may be wrong.
    **{(name, "log_q_x"): ANY for name in ("bridge", "extended_helmholtz", "mim", "symmetric_vae")},
    # Log-ratios in nats beside log-densities: a potential has another unit, a density another meaning, a gradient no value.
    ("adversarial_variational_bayes", "log_posterior_ratio"): {"ratio"},
    ("as_vae", "log_posterior_ratio"): {"ratio"},
    ("as_vae", "log_likelihood_ratio"): {"ratio"},
    ("joint_ratio", "log_ratio"): {"ratio"},
    # A game against what tells both sides apart: a density of one side alone does not, and a gradient has no value to play for.
    ("gan", "log_q_x"): {"ratio", "potential"},
    # -log D of a ratio; a potential has no D.
    ("vae_gan", "log_q_x"): {"ratio"},
    ("adversarial_autoencoder", "log_p_z"): {"ratio", "potential"},
}


@pytest.mark.parametrize(("name", "stand_in"), TAKEN, ids=map("-".join, TAKEN))
def test_it_takes_the_kinds_that_its_formula_allows(name, stand_in):
    assert {*registry.find("objective", name).TAKES[stand_in]} == TAKEN[name, stand_in]


def test_a_stand_in_of_which_the_gradient_alone_is_known_enters_linearly(module):
    """The derivative by it is the same whatever its value."""
    for stand_in, kinds in getattr(module, "TAKES", {}).items():
        for loss in phase_losses(module).values() if "gradient" in kinds else ():
            derivatives = []
            for shift in (0.0, 3.0):
                at = log_densities(tf.float64)
                value = tf.Variable(getattr(at, stand_in) + shift)
                setattr(at, stand_in, value)
                with tf.GradientTape() as tape:
                    found = loss(at)
                derivatives.append(tape.gradient(found, value, unconnected_gradients="zero"))
            np.testing.assert_allclose(*derivatives, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_ranges_are_of_options_whose_defaults_lie_inside(name):
    options = registry.options("objective", name)
    for option, (low, high) in getattr(registry.find("objective", name), "RANGES", {}).items():
        assert low <= options[option].default <= high


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=["float32", "float64"])
def test_losses_keep_the_dtype(module, dtype):
    for loss in phase_losses(module).values():
        assert loss(log_densities(dtype)).dtype == dtype


@pytest.mark.parametrize("samples", [(), (3,)], ids=["one", "three"])
def test_losses_neither_reduce_nor_mix_the_examples(module, samples):
    """[batch] -> [batch]; [samples, batch] -> the same, or [batch] where the wake phase is about several samples."""
    for phase, loss in phase_losses(module).items():
        several = phase == "wake" and getattr(module, "SEVERAL_SAMPLES", False)
        shape = (3, 6) if several else (*samples, 6)
        at = log_densities(tf.float64, shape)
        half = types.SimpleNamespace(**{name: value[..., ::2] for name, value in vars(at).items()})
        assert loss(at).shape == ((6,) if several else shape)
        np.testing.assert_allclose(loss(at)[..., ::2], loss(half), rtol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_a_default(name):
    options = registry.options("objective", name)
    assert not [key for key, option in options.items() if option.default is registry.REQUIRED]
