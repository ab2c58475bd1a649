"""The prior that is fitted beside a VAE: it moves nothing else, and comes to the codes' own density."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo import noise
from zoo.models.pair import Pair

RATE = 0.01


@pytest.fixture(scope="module")
def trained():
    """(a VAE, the same with a fitted mixture, its prior's gradient by hand) after two steps from the same weights."""
    models = [tiny.build("vae", optimizers=tiny.sgd(RATE))]
    models.append(tiny.build("vae_fitted_prior", prior=tiny.part("prior", "mixture"), optimizers=tiny.sgd(RATE)))
    for part in ("encoder", "decoder", "likelihood_family"):
        getattr(models[1], part).set_weights(getattr(models[0], part).get_weights())
    x = tf.constant(np.random.default_rng(0).normal(size=(16, *tiny.VECTOR)), "float32")
    prior = models[1].prior_family.trainable_variables
    before = [variable.numpy() for variable in prior]
    z = models[1].training_step.pairs(x, functools.partial(noise.seed_for, 0, 0))["wake"].z
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(models[1].prior().log_prob(z))
    slopes = tape.gradient(loss, [variable.value for variable in prior])
    expected = [was - RATE * slope.numpy() for was, slope in zip(before, slopes, strict=True)]
    for model in models:
        model.train_step(x)
    after = [variable.numpy() for variable in prior]
    for model in models:
        model.train_step(x)
    return *models, after, expected


def test_encoder_and_decoder_are_those_of_the_vae(trained):
    vae, fitted, *_ = trained
    for part in ("encoder", "decoder", "likelihood_family"):
        for one, other in zip(*(getattr(model, part).get_weights() for model in (vae, fitted)), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_the_prior_descends_the_cross_entropy_of_the_codes(trained):
    *_, after, expected = trained
    for found, wanted in zip(after, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


def test_the_density_of_codes_under_a_standard_normal():
    z = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    found = Pair(None, None, tf.constant(z)).log_normal_z
    np.testing.assert_allclose(found, -(np.sum(z**2, -1) + 3 * np.log(2 * np.pi)) / 2, rtol=1e-5)


def test_a_prior_of_pseudo_inputs_leaves_the_encoder_alone():
    """log P(z) of a VampPrior holds encoder weights; the encoder moves as the VAE's all the same."""
    vae, fitted = (
        tiny.build("vae", optimizers=tiny.sgd(RATE)),
        tiny.build("vae_fitted_prior", prior=tiny.part("prior", "vamp_prior"), optimizers=tiny.sgd(RATE)),
    )
    for part in ("encoder", "decoder", "likelihood_family"):
        getattr(fitted, part).set_weights(getattr(vae, part).get_weights())
    for model in (vae, fitted):
        model.train_step(tf.constant(np.random.default_rng(0).normal(size=(16, *tiny.VECTOR)), "float32"))
    for one, other in zip(vae.encoder.get_weights(), fitted.encoder.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
