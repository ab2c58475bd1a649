"""The importance weighted bound and reweighted wake-sleep: order in k, limits, numbers far apart."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tests.exact import closed_forms, tables
from tests.exact.formulas import random_log_densities
from tests.exact.tables import Closed, Tables, random_logits
from zoo.models.objective import Objective
from zoo.models.pairs import KINDS
from zoo.objectives import iwae, reweighted_wake_sleep

EXACT = {"rtol": 1e-12, "atol": 1e-12}


@pytest.mark.parametrize("seed", range(3))
def test_the_importance_weighted_bound_rises_with_k_and_stays_below_the_likelihood(seed):
    drawn, t = Tables(random_logits(seed)), Closed(random_logits(seed))
    bounds = [-tables.phase_mean(iwae, "wake", drawn, num_samples=k) for k in (1, 2, 3, 5)]
    np.testing.assert_allclose(bounds[0], -closed_forms.vae(t), **EXACT)
    assert np.all(np.diff(bounds) > 1e-3)
    assert bounds[-1] < (t.q_x * np.log(t.p_x)).sum() - 1e-3


def test_the_importance_weighted_bound_is_the_likelihood_where_the_posterior_is_exact():
    logits = random_logits(4)
    logits["q_z_given_x"] = np.log(Closed(logits).p_z_given_x)
    for k in (1, 3):
        found = tables.phase_mean(iwae, "wake", Tables(logits), num_samples=k)
        np.testing.assert_allclose(found, -(Closed(logits).q_x * np.log(Closed(logits).p_x)).sum(), **EXACT)


def test_kl_weight_zero_leaves_the_mean_likelihood():
    at = random_log_densities((3, 4))
    found = iwae.wake_loss(at, kl_weight=0.0)
    np.testing.assert_allclose(found, -np.log(np.exp(at.log_p_x_given_z).mean(0)), **EXACT)


def test_far_apart_weights_neither_overflow_nor_vanish():
    """Log-densities of images are thousands of nats apart; the largest weight wins."""
    at = types.SimpleNamespace(log_p_x_given_z=np.array([[-5e3], [-1e3], [-9e3]]), log_p_z=np.zeros((3, 1)))
    at.log_q_z_given_x = np.zeros((3, 1))
    np.testing.assert_allclose(iwae.wake_loss(at), [1e3 + np.log(3)], rtol=1e-12)
    np.testing.assert_allclose(reweighted_wake_sleep.wake_loss(at), [1e3], rtol=1e-12)


@pytest.mark.parametrize("kl_weight", [1.0, 0.4, 0.0])
def test_both_estimators_have_the_bounds_gradient_by_the_priors_weights(kl_weight):
    """Of log P(z) = w + const at fixed samples it is -kl_weight, whatever the weights of the samples are."""
    drawn = random_log_densities((3, 4))
    w = tf.Variable(0.25, dtype=tf.float64)
    for estimator in iwae.ENCODER_GRADIENTS:
        with tf.GradientTape() as tape:
            at = types.SimpleNamespace(
                log_p_x_given_z=tf.constant(drawn.log_p_x_given_z),
                log_p_z=tf.constant(drawn.log_p_z) + w,
                log_q_z_given_x=tf.constant(drawn.log_q_z_given_x),
            )
            at.at_fixed_sample = at
            loss = iwae.wake_loss(at, kl_weight=kl_weight, encoder_gradient=estimator)
        gradient = tape.jacobian(loss, w, unconnected_gradients="zero")
        np.testing.assert_allclose(gradient, np.full(4, -kl_weight), rtol=1e-9, atol=1e-12, err_msg=estimator)


def test_an_unknown_estimator_is_refused():
    with pytest.raises(ValueError, match="encoder_gradient must be one of pathwise, doubly_reparameterized, found 'other'"):
        Objective({"name": "iwae", "kl_weight": 1.0, "encoder_gradient": "other"}, KINDS).check({}, steps=1)
