"""The bridge between the EHM and the Symmetric VAE: its ends, what lies between, and the range of k."""

import functools
import types

import numpy as np
import pytest
import tensorflow as tf

from tests.exact import closed_forms, tables
from tests.exact.formulas import random_log_densities
from tests.exact.tables import P_PARAMETERS, Q_PARAMETERS, Closed, Tables, objective, random_logits
from zoo.models.objective import Objective
from zoo.models.pairs import KINDS
from zoo.objectives import bridge, extended_helmholtz, symmetric_vae

EXACT = {"rtol": 1e-12, "atol": 1e-12}
RAMP = {"name": "PolynomialDecay", "initial_learning_rate": 0.0, "decay_steps": 100}


@pytest.mark.parametrize(("k", "end"), [(0.0, extended_helmholtz), (1.0, symmetric_vae)])
def test_the_ends_of_the_bridge_to_the_last_bit(k, end):
    at = random_log_densities((3, 4))
    for phase in ("wake_loss", "sleep_loss"):
        np.testing.assert_array_equal(getattr(bridge, phase)(at, k=k), getattr(end, phase)(at))


@pytest.mark.parametrize("k", [0.0, 0.3, 1.0])
def test_the_bridge_is_straight(k):
    logits = random_logits(6)
    loss = functools.partial(objective, bridge, k=k)
    form = functools.partial(closed_forms.bridge, k=k)
    np.testing.assert_allclose(loss(Tables(logits)), form(Closed(logits)), **EXACT)
    found, exact = tables.gradients(loss, logits), closed_forms.gradient(form, logits)
    for table in (*Q_PARAMETERS, *P_PARAMETERS):
        np.testing.assert_allclose(found[table], exact[table], **EXACT)


def test_a_schedule_of_k_is_followed():
    chosen = Objective({"name": "bridge", "k": RAMP | {"end_learning_rate": 1.0}}, KINDS)
    at = types.SimpleNamespace(
        **{name: tf.constant(value, tf.float32) for name, value in vars(random_log_densities((3, 4))).items()}
    )
    for step, k in ((0, 0.0), (25, 0.25), (100, 1.0), (500, 1.0)):
        for phase, loss in (("wake", bridge.wake_loss), ("sleep", bridge.sleep_loss)):
            np.testing.assert_allclose(chosen.loss(phase, at, tf.constant(step, tf.int64)), loss(at, k=k), rtol=1e-6)


@pytest.mark.parametrize("end", [1.0, 0.0, 0.4])
def test_a_schedule_within_the_range_is_accepted(end):
    Objective({"name": "bridge", "k": RAMP | {"end_learning_rate": end}}, KINDS).check({"log_q_x": "density"}, steps=1000)


@pytest.mark.parametrize(
    ("k", "found"),
    [
        (-0.1, "found -0.1 at step 0"),
        (1.5, "found 1.5 at step 0"),
        (float("nan"), "found nan at step 0"),
        (RAMP | {"end_learning_rate": 2.0}, "at step"),
        ({"name": "PiecewiseConstantDecay", "boundaries": (700, 703), "values": (0.0, 1.01, 1.0)}, "found 1.01 at step 701"),
    ],
    ids=["below", "above", "nan", "ramp", "a_few_steps_only"],
)
def test_a_k_outside_of_its_range_is_refused(k, found):
    with pytest.raises(ValueError, match=r"objective bridge: k must stay in \[0, 1\]") as caught:
        Objective({"name": "bridge", "k": k}, KINDS).check({"log_q_x": "density"}, steps=100_000)
    assert found in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_schedule_that_leaves_its_range_only_after_the_run_is_accepted():
    late = {"name": "PiecewiseConstantDecay", "boundaries": (1000,), "values": (0.5, 2.0)}
    chosen = Objective({"name": "bridge", "k": late}, KINDS)
    chosen.check({"log_q_x": "density"}, steps=1000)
    with pytest.raises(ValueError, match="found 2 at step 1001"):
        chosen.check({"log_q_x": "density"}, steps=1002)
