"""The generator's losses of a GAN, and which of them go with which kind of critic."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tests.exact import closed_forms, tables
from tests.exact.formulas import random_log_densities
from tests.exact.tables import P_PARAMETERS, Closed, Tables, divergence, random_logits
from zoo.models.objective import Objective
from zoo.models.pairs import KINDS
from zoo.objectives import gan

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@pytest.mark.parametrize("generator_loss", ["minimax", "non_saturating"])
def test_losses_of_a_ratio_in_terms_of_the_discriminator(generator_loss):
    """log(1 - D) and -log D, with D = sigmoid(f) the probability that x is real."""
    f = np.linspace(-5, 5, 11)
    d = 1 / (1 + np.exp(-f))
    found = gan.sleep_loss(types.SimpleNamespace(log_q_x=f), generator_loss=generator_loss)
    np.testing.assert_allclose(found, {"minimax": np.log(1 - d), "non_saturating": -np.log(d)}[generator_loss], rtol=1e-12)


def test_the_minimax_loss_at_the_exact_ratio_is_the_jensen_shannon_divergence():
    """2 JS(Q(x), P(x)) - 2 log 2 = E over Q of log D + E over P of log(1 - D), in value and gradient for P."""
    logits = random_logits(8)

    def generators(drawn):
        q, p = tf.reduce_sum(drawn.q, 1, keepdims=True), tf.reduce_sum(drawn.p, 1, keepdims=True)
        at = types.SimpleNamespace(log_q_x=tf.stop_gradient(tf.math.log(q / p)))
        return tf.reduce_sum(p * gan.sleep_loss(at, generator_loss="minimax"))

    def exact(t):
        middle = (t.q_x + t.p_x) / 2
        twice = divergence(t.q_x, middle) + divergence(t.p_x, middle)
        return twice - 2 * np.log(2) - (t.held.q_x * np.log(t.held.q_x / (t.held.q_x + t.held.p_x))).sum()

    np.testing.assert_allclose(generators(Tables(logits)), exact(Closed(logits)), **EXACT)
    found, wanted = tables.gradients(generators, logits), closed_forms.gradient(exact, logits)
    for table in P_PARAMETERS:
        np.testing.assert_allclose(found[table], wanted[table], **EXACT)


@pytest.mark.parametrize("generator_loss", ["wasserstein", "hinge"])
def test_losses_of_a_potential_are_minus_the_potential(generator_loss):
    at = random_log_densities((3, 4))
    np.testing.assert_array_equal(gan.sleep_loss(at, generator_loss=generator_loss), -at.log_q_x)


def test_the_relativistic_loss_is_the_critics_with_the_roles_exchanged():
    """-log sigmoid(f(sample) - f(example)), example by example."""
    f, real = random_log_densities((5,)).log_q_x, np.linspace(-2, 2, 5)
    at = types.SimpleNamespace(log_q_x=f, batch={"wake": types.SimpleNamespace(log_q_x=real)})
    np.testing.assert_allclose(gan.sleep_loss(at, generator_loss="relativistic"), np.log1p(np.exp(real - f)), rtol=1e-12)


@pytest.mark.parametrize(
    ("generator_loss", "kind", "valid"),
    [
        ("minimax", "potential", "wasserstein or hinge or relativistic"),
        ("non_saturating", "potential", "wasserstein or hinge or relativistic"),
        ("wasserstein", "ratio", "minimax or non_saturating"),
        ("hinge", "ratio", "minimax or non_saturating"),
        ("least_squares", "ratio", "minimax or non_saturating"),
    ],
)
def test_a_generator_loss_of_another_kind_is_refused(generator_loss, kind, valid):
    chosen = Objective({"name": "gan", "generator_loss": generator_loss}, KINDS)
    with pytest.raises(ValueError, match=f"generator_loss {generator_loss} .* a {kind}; choose {valid}$"):
        chosen.check({"log_q_x": kind}, steps=1)
