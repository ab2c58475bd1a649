"""Every objective on random tables of x and z: values and total derivatives against exact sums, to rounding error.

The left-hand sides are the objectives' own functions, averaged by TensorFlow; the right-hand sides are the entropies and
divergences of the theory in NumPy, differentiated by complex steps.
"""

import functools
import types

import numpy as np
import pytest
import tensorflow as tf

from tests.exact import closed_forms, tables
from tests.exact.closed_forms import CLOSED_FORMS
from tests.exact.formulas import FORMULAS, LETTERS, evaluate
from tests.exact.tables import P_PARAMETERS, Q_PARAMETERS, Closed, Tables, divergence, entropy, objective, random_logits
from tests.repository import files
from zoo import registry

SEEDS = range(3)
EXACT = {"rtol": 1e-12, "atol": 1e-12}  # values are a few nats; sums of 20 terms round at about 1e-15


def module(name):
    return registry.find("objective", name)


def test_every_objective_has_its_formula_and_its_closed_form():
    """A new objective is proved by one line in tests/exact/formulas.py and one function in closed_forms.py beside it.

    One that is being tried out, and is not committed yet, is tested by everything that finds it by itself.
    """
    folder = "zoo/objectives/"
    committed = {name.removeprefix(folder).removesuffix(".py") for name in files("--cached") if name.startswith(folder)}
    assert committed & set(registry.names("objective")) <= set(FORMULAS)
    assert set(FORMULAS) == set(CLOSED_FORMS)


@pytest.mark.parametrize("name", FORMULAS)
def test_phases_are_the_formulas_of_the_theory(name):
    """On NumPy arrays, of which an objective with several samples takes the first axis for the codes."""
    at = types.SimpleNamespace(**{field: value.numpy() for field, value in vars(Tables(random_logits(0)).at).items()})
    phases = {phase for phase in tables.PHASES if hasattr(module(name), f"{phase}_loss")}
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
def test_derivative(name, side):
    """Total where samples are pathwise; partial, with the probabilities held, where they are held fixed."""
    logits = random_logits(3)
    found = tables.gradients(functools.partial(objective, module(name)), logits)
    exact = closed_forms.gradient(CLOSED_FORMS[name], logits)
    for table in side:
        np.testing.assert_allclose(found[table], exact[table], **EXACT)


def test_vae_with_closed_form_kl_has_the_same_value_and_derivative():
    logits = random_logits(4)
    loss = functools.partial(objective, module("vae"), closed_form_kl=True)
    np.testing.assert_allclose(loss(Tables(logits)), closed_forms.vae(Closed(logits)), **EXACT)
    found, exact = tables.gradients(loss, logits), closed_forms.gradient(closed_forms.vae, logits)
    for table in (*Q_PARAMETERS, *P_PARAMETERS):
        np.testing.assert_allclose(found[table], exact[table], **EXACT)


@pytest.mark.parametrize(("name", "options"), [("vae", {}), ("vae", {"closed_form_kl": True}), ("symmetric_vae", {})], ids=str)
def test_kl_weight_multiplies_the_divergence_and_not_the_reconstruction(name, options):
    logits = random_logits(5)
    t = Closed(logits)
    rate = divergence(t.q, t.q_x[:, None] * t.p_z)  # E over Q(x) of KL(Q(z|x) || P(z))
    distortion = -(t.q * np.log(t.p_x_given_z)).sum()
    found = tables.phase_mean(module(name), "wake", Tables(logits), kl_weight=0.3, **options)
    np.testing.assert_allclose(found, 0.3 * rate + distortion, **EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_extended_helmholtz_is_symmetric_vae_without_the_two_precisions(seed):
    """EHM = Symmetric VAE + E over Q of -log Q(z|x) + E over P of -log P(x|z)."""
    logits = random_logits(seed)
    t = Closed(logits)
    precisions = (t.q * np.log(t.q_z_given_x)).sum() + (t.p * np.log(t.p_x_given_z)).sum()
    helmholtz, symmetric = (objective(module(name), Tables(logits)) for name in ("extended_helmholtz", "symmetric_vae"))
    np.testing.assert_allclose(helmholtz - symmetric, -precisions, **EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_extended_helmholtz_is_twice_mim_without_the_entropies(seed):
    """EHM = 2 MIM - H[Q(x, z)] - H[P(x, z)]."""
    logits = random_logits(seed)
    t = Closed(logits)
    helmholtz, mim = (objective(module(name), Tables(logits)) for name in ("extended_helmholtz", "mim"))
    np.testing.assert_allclose(helmholtz, 2 * mim - entropy(t.q) - entropy(t.p), **EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_importance_identity_of_the_normalizing_constant(seed):
    """Z = sum over x of Q''(x) = E over P of Q''(x) Q(z|x) / P(x, z), whatever Q(z|x) is."""
    drawn = Tables(random_logits(seed))
    potential = np.random.default_rng(seed).normal(size=[5, 1])
    at = drawn.at
    weights = tf.exp(potential + at.log_q_z_given_x - at.log_p_x_given_z - at.log_p_z)
    np.testing.assert_allclose(drawn.mean("sleep", weights), np.exp(potential).sum(), **EXACT)


def matched_logits(seed):
    """Tables whose generative model is the data's exactly: P(x, z) = Q(x, z)."""
    logits = random_logits(seed)
    t = Closed(logits)
    q_z = t.q.sum(0)
    return logits | {"p_z": np.log(q_z), "p_x_given_z": np.log(t.q / q_z)}


def test_the_symmetric_vae_rests_at_the_truth_while_its_prior_is_fixed():
    """At P = Q both divergences and their gradients vanish; H[P(z)], a constant for a fixed prior, moves a learned one."""
    logits = matched_logits(7)
    found = tables.gradients(functools.partial(objective, module("symmetric_vae")), logits)
    for table in ("q_z_given_x", "p_x_given_z"):
        np.testing.assert_allclose(found[table], 0, atol=1e-12)
    exact = closed_forms.gradient(lambda t: entropy(t.p_z), logits)
    np.testing.assert_allclose(found["p_z"], exact["p_z"], **EXACT)
    assert np.abs(found["p_z"]).max() > 1e-2


@pytest.mark.parametrize(("name", "share"), [("extended_helmholtz", 1), ("mim", 1), ("bridge", 0.5)])
def test_the_others_leave_the_truth_by_shrinking_entropies(name, share):
    """At P = Q the gradient is that of H[Q(x, z)] + H[P(x, z)], or a share of it (H[P(z)] aside), which is not zero."""
    logits = matched_logits(7)
    found = tables.gradients(functools.partial(objective, module(name)), logits)
    exact = closed_forms.gradient(
        lambda t: share * (entropy(t.q) + entropy(t.p)) + (1 - share) * (entropy(t.q_x) + entropy(t.p_z)), logits
    )
    for table in (*Q_PARAMETERS, *P_PARAMETERS):
        np.testing.assert_allclose(found[table], exact[table], **EXACT)
        assert np.abs(found[table]).max() > 1e-2


def test_letters_and_fields_are_those_of_the_theory():
    drawn = Tables(random_logits(8))
    fields = {letter: getattr(drawn.at, name) for letter, name in LETTERS.items()}
    np.testing.assert_allclose(tf.exp(fields["a"] + fields["b"]), drawn.p, **EXACT)
    np.testing.assert_allclose(tf.exp(fields["c"] + fields["d"]), drawn.q, **EXACT)
    np.testing.assert_allclose(fields["t"], tf.math.log(drawn.q / drawn.p), **EXACT)
    np.testing.assert_allclose(fields["t1"] - fields["t2"], fields["t"], **EXACT)
    np.testing.assert_allclose(fields["t1"], fields["c"] - fields["b"], **EXACT)
