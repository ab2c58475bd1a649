"""Every objective on random tables of x and z: values and total derivatives against exact sums, to rounding error.

The left-hand sides are the objectives' own functions, averaged by TensorFlow; the right-hand sides are the entropies and
divergences of the theory in NumPy, differentiated by complex steps.
"""

import types

import numpy as np
import pytest
import tensorflow as tf

from tests.exact import complex_step
from tests.exact.formulas import FORMULAS, LETTERS, evaluate
from tests.exact.tables import P_PARAMETERS, Q_PARAMETERS, Closed, Tables, divergence, entropy, gradients, objective, random_logits
from zoo import registry

SEEDS = range(3)
EXACT = {"rtol": 1e-12, "atol": 1e-12}  # values are a few nats; sums of 20 terms round at about 1e-15


def vae(t):
    """E over Q(x) of KL(Q(z|x) || P(z|x)) - log P(x)."""
    return divergence(t.q, t.q_x[:, None] * t.p_z_given_x) - (t.q_x * np.log(t.p_x)).sum()


def symmetric_vae(t):
    """KL(Q || P) + KL(P || Q) + H[Q(x)] + H[P(z)]."""
    return divergence(t.q, t.p) + divergence(t.p, t.q) + entropy(t.q_x) + entropy(t.p_z)


def extended_helmholtz(t):
    """KL(Q || P) + KL(P || Q) + H[Q(x, z)] + H[P(x, z)]."""
    return divergence(t.q, t.p) + divergence(t.p, t.q) + entropy(t.q) + entropy(t.p)


def gan(t):
    """With f = log Q(x): KL(P(x) || Q(x)) + H[P(x)]; without the entropy's term nothing keeps P(x) from a single point."""
    return divergence(t.p_x, t.q_x) + entropy(t.p_x)


CLOSED_FORMS = {function.__name__: function for function in (vae, symmetric_vae, extended_helmholtz, gan)}


def module(name):
    return registry.find("objective", name)


def test_every_objective_has_its_formula_and_its_closed_form():
    """A new objective is proved by one line in tests/exact/formulas.py and one closed form above."""
    assert set(registry.names("objective")) == set(FORMULAS) == set(CLOSED_FORMS)


@pytest.mark.parametrize("name", FORMULAS)
def test_phases_are_the_formulas_of_the_theory(name):
    at = Tables(random_logits(0)).at
    phases = {phase for phase in ("wake", "sleep") if hasattr(module(name), f"{phase}_loss")}
    assert phases == set(FORMULAS[name])
    for phase, formula in FORMULAS[name].items():
        np.testing.assert_allclose(getattr(module(name), f"{phase}_loss")(at), evaluate(formula, at), **EXACT)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_value(name, seed):
    logits = random_logits(seed)
    np.testing.assert_allclose(objective(module(name), Tables(logits)), CLOSED_FORMS[name](Closed(logits)), **EXACT)


@pytest.mark.parametrize("side", [Q_PARAMETERS, P_PARAMETERS], ids=["Q", "P"])
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_total_derivative(name, side):
    logits = random_logits(3)
    found = gradients(module(name), logits)
    exact = complex_step.gradient(lambda logits: CLOSED_FORMS[name](Closed(logits)), logits)
    for table in side:
        np.testing.assert_allclose(found[table], exact[table], **EXACT)
        # A GAN's x does not depend on the encoder; every other objective moves every table.
        assert np.any(found[table]) == ((name, table) != ("gan", "q_z_given_x"))


def test_vae_with_closed_form_kl_has_the_same_value_and_derivative():
    logits = random_logits(4)
    value = objective(module("vae"), Tables(logits), closed_form_kl=True)
    np.testing.assert_allclose(value, vae(Closed(logits)), **EXACT)
    found = gradients(module("vae"), logits, closed_form_kl=True)
    exact = complex_step.gradient(lambda logits: vae(Closed(logits)), logits)
    for table in (*Q_PARAMETERS, *P_PARAMETERS):
        np.testing.assert_allclose(found[table], exact[table], **EXACT)


@pytest.mark.parametrize(
    ("name", "options"), [("vae", {}), ("vae", {"closed_form_kl": True}), ("symmetric_vae", {})], ids=str
)
def test_kl_weight_multiplies_the_divergence_and_not_the_reconstruction(name, options):
    logits = random_logits(5)
    tables, t = Tables(logits), Closed(logits)
    rate = divergence(t.q, t.q_x[:, None] * t.p_z)  # E over Q(x) of KL(Q(z|x) || P(z))
    distortion = -(t.q * np.log(t.p_x_given_z)).sum()
    found = tables.mean("wake", module(name).wake_loss(tables.at, kl_weight=0.3, **options))
    np.testing.assert_allclose(found, 0.3 * rate + distortion, **EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_extended_helmholtz_is_symmetric_vae_without_the_two_precisions(seed):
    """EHM = Symmetric VAE + E over Q of -log Q(z|x) + E over P of -log P(x|z)."""
    logits = random_logits(seed)
    tables, t = Tables(logits), Closed(logits)
    precisions = (t.q * np.log(t.q_z_given_x)).sum() + (t.p * np.log(t.p_x_given_z)).sum()
    difference = objective(module("extended_helmholtz"), tables) - objective(module("symmetric_vae"), tables)
    np.testing.assert_allclose(difference, -precisions, **EXACT)


def mim(at):
    """A phase of the mutual information machine, which is the same in both."""
    return -(at.log_p_x_given_z + at.log_p_z + at.log_q_z_given_x + at.log_q_x) / 2


def bridge(k):
    """From the EHM, k = 0, to the Symmetric VAE, k = 1."""
    return types.SimpleNamespace(
        wake_loss=lambda at: k * at.log_q_z_given_x - at.log_p_x_given_z - at.log_p_z,
        sleep_loss=lambda at: k * at.log_p_x_given_z - at.log_q_x - at.log_q_z_given_x,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_extended_helmholtz_is_twice_mim_without_the_entropies(seed):
    """EHM = 2 MIM - H[Q(x, z)] - H[P(x, z)]."""
    logits = random_logits(seed)
    tables, t = Tables(logits), Closed(logits)
    twice = 2 * objective(types.SimpleNamespace(wake_loss=mim, sleep_loss=mim), tables)
    np.testing.assert_allclose(
        objective(module("extended_helmholtz"), tables), twice - entropy(t.q) - entropy(t.p), **EXACT
    )


@pytest.mark.parametrize("k", [0.0, 0.3, 1.0])
def test_the_bridge_runs_between_the_two(k):
    tables = Tables(random_logits(6))
    ends = [objective(module(name), tables) for name in ("extended_helmholtz", "symmetric_vae")]
    np.testing.assert_allclose(objective(bridge(k), tables), (1 - k) * ends[0] + k * ends[1], **EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_importance_identity_of_the_normalizing_constant(seed):
    """Z = sum over x of Q''(x) = E over P of Q''(x) Q(z|x) / P(x, z), whatever Q(z|x) is."""
    tables = Tables(random_logits(seed))
    potential = np.random.default_rng(seed).normal(size=[5, 1])
    at = tables.at
    weights = tf.exp(potential + at.log_q_z_given_x - at.log_p_x_given_z - at.log_p_z)
    np.testing.assert_allclose(tables.mean("sleep", weights), np.exp(potential).sum(), **EXACT)


def matched_logits(seed):
    """Tables whose generative model is the data's exactly: P(x, z) = Q(x, z)."""
    logits = random_logits(seed)
    t = Closed(logits)
    q_z = t.q.sum(0)
    return logits | {"p_z": np.log(q_z), "p_x_given_z": np.log(t.q / q_z)}


def test_the_symmetric_vae_rests_at_the_truth_while_its_prior_is_fixed():
    """At P = Q both divergences and their gradients vanish; H[P(z)], a constant for a fixed prior, moves a learned one."""
    logits = matched_logits(7)
    found = gradients(module("symmetric_vae"), logits)
    for table in ("q_z_given_x", "p_x_given_z"):
        np.testing.assert_allclose(found[table], 0, atol=1e-12)
    exact = complex_step.gradient(lambda logits: entropy(Closed(logits).p_z), logits)
    np.testing.assert_allclose(found["p_z"], exact["p_z"], **EXACT)
    assert np.abs(found["p_z"]).max() > 1e-2


def test_the_extended_helmholtz_machine_leaves_the_truth_by_shrinking_entropies():
    """At P = Q its gradient is that of H[Q(x, z)] + H[P(x, z)], which is not zero."""
    logits = matched_logits(7)
    found = gradients(module("extended_helmholtz"), logits)
    exact = complex_step.gradient(lambda logits: entropy(Closed(logits).q) + entropy(Closed(logits).p), logits)
    for table in (*Q_PARAMETERS, *P_PARAMETERS):
        np.testing.assert_allclose(found[table], exact[table], **EXACT)
        assert np.abs(found[table]).max() > 1e-2


def test_letters_and_fields_are_those_of_the_theory():
    tables = Tables(random_logits(8))
    for letter, joint in (("a", "b"), ("c", "d")):
        fields = [getattr(tables.at, LETTERS[name]) for name in (letter, joint)]
        np.testing.assert_allclose(tf.exp(fields[0] + fields[1]), {"a": tables.p, "c": tables.q}[letter], **EXACT)
