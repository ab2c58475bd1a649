"""log Z by annealing against enumeration, and the sandwich of both directions."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from tests.models.boltzmann_machine_test import MACHINES, build, softmax, states, table
from zoo.samplers import partition

CHAINS = 1000


@pytest.mark.parametrize("name", [*MACHINES, "normal"])
def test_annealing_finds_the_enumerated_log_z(name):
    """Within five of its own standard errors, which 200 steps make less than 0.05 nats / 5."""
    machine = build(**MACHINES.get(name, {"visible": "normal", "scale": 0.7})).model.machine
    found = partition.annealed(machine, CHAINS, steps=200)
    exact = partition.enumerated(machine.joint())
    assert found.standard_error < 0.05
    assert abs(found.log_z - exact) < 5 * found.standard_error
    assert 1 < found.effective_sample_size <= CHAINS


def test_both_directions_enclose_log_z():
    """With so few steps that the bounds are loose: forwards below in the mean of log w, backwards above."""
    machine = build().model.machine
    machine.weights_between.assign(3 * machine.weights_between)
    p = softmax(table(machine)).ravel()
    rows = np.random.default_rng(0).choice(p.size, size=CHAINS, p=p)
    x, z = states(4)[rows // 8].astype("float32"), states(3)[rows % 8].astype("float32")
    joint, base = machine.joint(), machine.base.value
    exact = partition.enumerated(joint) - float(partition.independent(joint, base))
    start = machine.independent(CHAINS, [1, 2])
    forwards = partition.anneal(joint, base, *start, [3, 4], steps=3).numpy()
    backwards = partition.anneal(joint, base, tf.constant(x), tf.constant(z), [5, 6], steps=3, backwards=True).numpy()
    error = max(forwards.std(), backwards.std()) / CHAINS**0.5
    assert forwards.mean() + 5 * error < exact < backwards.mean() - 5 * error
    # And the means of the weights are without bias.
    for log_w, sign in ((forwards, 1), (backwards, -1)):
        found = partition.estimate(sign * log_w)
        assert abs(found.log_z - sign * exact) < 5 * found.standard_error


def test_annealing_in_many_steps_is_within_a_twentieth_of_a_nat_from_both_sides():
    machine = build().model.machine
    exact, lower = partition.enumerated(machine.joint()), partition.annealed(machine, CHAINS, steps=500)
    x, z = machine.fantasies(CHAINS, [7, 8])
    upper = partition.annealed_backwards(machine, x, z, steps=500)
    assert abs(lower.log_z - exact) < 0.05
    assert abs(upper.log_z - exact) < 0.05


def test_the_schedule_rises_from_independent_units_to_the_machine():
    shares = partition.schedule(100)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert np.all(np.diff(shares) > 0)


def test_too_many_units_are_refused_and_annealed_instead():
    model = tiny.build("contrastive_divergence", latent_size=21, event_shape=(21,))
    with pytest.raises(ValueError, match="20 units at most, and 21 would have to be"):
        partition.enumerated(model.model.machine.joint())
    # Nearly independent units: log Z is nearly known.
    found = partition.of(model.model.machine, chains=50, steps=20)
    assert found.effective_sample_size is not None
    # 42 units of weights 0.01: log Z = 42 log 2 + about a sum of 441 weights / 4, of standard deviation 0.05.
    assert abs(found.log_z - 42 * np.log(2)) < 5 * 0.06


def test_annealing_backwards_refuses_coupled_units():
    machine = build(hidden_couplings=True).model.machine
    with pytest.raises(ValueError, match="independent within each layer"):
        partition.annealed_backwards(machine, *machine.fantasies(4, [1, 2], 3), steps=2)
