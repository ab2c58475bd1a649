"""Which tables each phase of each objective moves, and where its gradient is exactly zero. A new file is found by itself."""

import functools
import itertools

import numpy as np
import pytest

from tests.exact import closed_forms, tables
from tests.exact.formulas import FORMULAS
from tests.exact.tables import P_PARAMETERS, PHASES, Q_PARAMETERS, divergence, random_logits
from zoo import registry

SIDES = {"Q": Q_PARAMETERS, "P": P_PARAMETERS}
CASES = [
    pytest.param(name, phase, id=f"{name}-{phase}")
    for name in registry.names("objective")
    for phase in PHASES
    if hasattr(registry.find("objective", name), f"{phase}_loss")
]
EXACT = {"rtol": 1e-12, "atol": 1e-12}


def phase_gradients(name, phase, logits, **options):
    """Table -> derivative of one phase."""
    function = functools.partial(tables.phase_mean, registry.find("objective", name), phase, **options)
    return tables.gradients(function, logits)


@pytest.mark.parametrize(("name", "phase"), CASES)
def test_a_phase_has_a_gradient_for_the_sides_it_says_it_moves_and_exactly_zero_for_the_other(name, phase):
    found = phase_gradients(name, phase, random_logits(0))
    moved = {side for side, names in SIDES.items() if any(np.any(found[table]) for table in names)}
    assert moved == set(getattr(registry.find("objective", name), f"{phase.upper()}_MOVES"))


# Where the gradient is zero although the objective as a whole has one; the reasons are in the objectives' docstrings.
ZERO = {
    "wake_sleep-wake": ("q_z_given_x",),
    "wake_sleep-sleep": ("p_z", "p_x_given_z"),
    "reweighted_wake_sleep-sleep": ("p_z", "p_x_given_z"),
    "contrastive_divergence-wake": ("q_z_given_x",),
    "contrastive_divergence-sleep": ("q_z_given_x",),
    "joint_ratio-wake": ("p_z", "p_x_given_z"),
    "joint_ratio-sleep": ("q_z_given_x",),
    "gan-sleep": ("q_z_given_x",),
    "vae_gan-sleep": ("q_z_given_x",),
    "vae_gan-reconstruction": ("q_z_given_x", "p_z"),
    "latent_regressor-sleep": ("q_z_given_x",),
    "latent_regressor-fantasy": ("p_z", "p_x_given_z"),
    "adversarial_autoencoder-wake": ("p_z",),
    "adversarial_variational_bayes-wake": ("p_z",),
    "as_vae-wake": ("p_z",),
}


@pytest.mark.parametrize(("name", "phase"), [case for case in CASES if case.values[0] in FORMULAS])
def test_the_tables_that_a_phase_does_not_move(name, phase):
    found = phase_gradients(name, phase, random_logits(1))
    zero = {table for table in (*Q_PARAMETERS, *P_PARAMETERS) if not np.any(found[table])}
    assert zero == set(ZERO.get(f"{name}-{phase}", ()))


def test_with_the_joint_ratio_each_net_gets_one_of_the_two_divergences():
    logits = random_logits(2)
    encoder = closed_forms.gradient(lambda t: divergence(t.q, t.p), logits)["q_z_given_x"]
    decoder = closed_forms.gradient(lambda t: divergence(t.p, t.q), logits)
    np.testing.assert_allclose(phase_gradients("joint_ratio", "wake", logits)["q_z_given_x"], encoder, **EXACT)
    for table in P_PARAMETERS:
        np.testing.assert_allclose(phase_gradients("joint_ratio", "sleep", logits)[table], decoder[table], **EXACT)


@pytest.mark.parametrize("phase", ["wake", "sleep"])
def test_as_vae_with_exact_ratios_is_the_symmetric_vae(phase):
    """In value and for every table, but P(z) in the wake phase, whose -log P(z) is inside the fixed ratio."""
    logits = random_logits(3)
    found, wanted = (phase_gradients(name, phase, logits) for name in ("as_vae", "symmetric_vae"))
    for table in (*Q_PARAMETERS, *P_PARAMETERS):
        if (phase, table) != ("wake", "p_z"):
            np.testing.assert_allclose(found[table], wanted[table], **EXACT)
    values = [
        tables.phase_mean(registry.find("objective", name), phase, tables.Tables(logits))
        for name in ("as_vae", "symmetric_vae")
    ]
    np.testing.assert_allclose(*values, **EXACT)


def test_adversarial_variational_bayes_with_the_exact_ratio_is_the_vae():
    logits = random_logits(4)
    found, wanted = (phase_gradients(name, "wake", logits) for name in ("adversarial_variational_bayes", "vae"))
    for table in ("q_z_given_x", "p_x_given_z"):
        np.testing.assert_allclose(found[table], wanted[table], **EXACT)


def test_the_wake_phase_of_reweighted_wake_sleep_moves_p_as_the_importance_weighted_bound_does():
    """Where the bound's samples are held fixed too: the weights' own gradient is the bound's."""
    logits = random_logits(5)
    for num_samples in (1, 2, 4):
        found, wanted = (
            phase_gradients(name, "wake", logits, num_samples=num_samples) for name in ("reweighted_wake_sleep", "iwae")
        )
        for table in P_PARAMETERS:
            np.testing.assert_allclose(found[table], wanted[table], **EXACT)


def test_with_one_sample_the_weight_is_one():
    """The wake phase is the Helmholtz machine's for P, and the encoder's gradient is the mean of its score: zero."""
    logits = random_logits(6)
    found = phase_gradients("reweighted_wake_sleep", "wake", logits, num_samples=1)
    wanted = phase_gradients("wake_sleep", "wake", logits)
    for table in P_PARAMETERS:
        np.testing.assert_allclose(found[table], wanted[table], **EXACT)
    np.testing.assert_allclose(found["q_z_given_x"], 0, atol=1e-14)


def test_with_many_samples_the_encoder_is_moved_towards_the_posterior():
    """The gradient comes near that of E over Q(x) of KL(P(z|x) || Q(z|x)), with an error of the order of 1/k."""
    logits = random_logits(7, num_x=3, num_z=3)
    wanted = closed_forms.gradient(
        lambda t: divergence(t.q_x[:, None] * t.held.p_z_given_x, t.q_x[:, None] * t.q_z_given_x), logits
    )["q_z_given_x"]
    errors = [
        np.abs(phase_gradients("reweighted_wake_sleep", "wake", logits, num_samples=k)["q_z_given_x"] - wanted).max()
        for k in (1, 2, 4, 8)
    ]
    for error, smaller in itertools.pairwise(errors):
        assert smaller < 0.75 * error
