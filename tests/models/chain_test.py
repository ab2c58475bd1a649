"""The persistent chain of training: where it begins, what a round is, what begins anew, and that files keep it."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo import noise
from zoo.config import ConfigError
from zoo.models import chain as chains
from zoo.models import conditional

COUNT = 4000


def built(**options):
    model = tiny.build("calibrated_helmholtz", optimizers=tiny.sgd(), **options)
    step = model.training_step
    step.chain = chains.Chain(model.model, COUNT, seed=3)
    return model, step, functools.partial(noise.seed_for, 0, 0)


def x(count=COUNT):
    return tf.constant(np.random.default_rng(0).normal(size=(count, *tiny.VECTOR)), "float32")


def test_it_begins_at_the_prior():
    codes = built()[1].chain.codes.numpy()
    assert codes.shape == (COUNT, tiny.LATENT)
    np.testing.assert_allclose(codes.mean(0), 0, atol=5 / COUNT**0.5)
    np.testing.assert_allclose(codes.var(0), 1, atol=5 * (2 / COUNT) ** 0.5)


def test_its_pairs_are_codes_and_means_of_the_likelihood_held_fixed():
    model, step, seed = built()
    with tf.GradientTape() as tape:
        tape.watch(model.decoder.trainable_variables[0].value)
        pair = step.pairs(x(), seed)["chain"]
        value = tf.reduce_sum(pair.calibration)
    np.testing.assert_array_equal(pair.z, step.chain.codes)
    np.testing.assert_allclose(pair.read_x, model.generate(pair.z), rtol=1e-5)
    assert tape.gradient(value, model.decoder.trainable_variables[0].value) is None


def test_each_chain_of_a_class_conditional_model_stays_in_its_class():
    model, step, seed = built(condition="label", num_classes=3)
    of_batch = conditional.Labelled(x(), tf.ones(COUNT, tf.int32))
    pair, labels = step.pairs(of_batch, seed)["chain"], np.arange(COUNT) % 3
    np.testing.assert_array_equal(pair.label, labels)
    np.testing.assert_allclose(pair.read_x, model.generate(pair.z, label=labels), rtol=1e-5, atol=1e-6)
    own = model.posterior_family.training_distribution(model.encoder(pair.read_x, labels))
    np.testing.assert_allclose(pair.posterior.calibrated.mean(), own.calibrated.mean(), rtol=1e-5, atol=1e-6)
    assert not np.allclose(pair.read_x, model.generate(pair.z, label=1))


def test_a_round_draws_from_the_calibrated_posterior_and_begins_a_hundredth_anew():
    _, step, seed = built()
    pair = step.pairs(x(), seed)["chain"]
    drawn = noise.draw(pair.posterior.calibrated, seed("chain")).numpy()
    step.chain.move(pair, seed)
    kept = np.all(step.chain.codes.numpy() == drawn, axis=1)
    # A binomial share of COUNT codes has the standard deviation sqrt(p (1 - p) / COUNT).
    share = chains.RESTART
    assert abs(1 - kept.mean() - share) < 5 * (share * (1 - share) / COUNT) ** 0.5
    prior = noise.draw_batch(pair.prior, COUNT, seed("chain/prior")).numpy()
    np.testing.assert_array_equal(step.chain.codes.numpy()[~kept], prior[~kept])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e3])
def test_codes_that_are_lost_begin_anew(bad):
    model, step, seed = built()
    pair = step.pairs(x(), seed)["chain"]
    parameters = np.zeros([COUNT, *model.posterior_family.parameter_shape], "float32")
    parameters[:7, : tiny.LATENT] = bad
    lost = step.pairs(x(), seed).pair(pair.x, pair.z, posterior=model.posterior_family.training_distribution(parameters))
    step.chain.move(lost, seed)
    prior = noise.draw_batch(pair.prior, COUNT, seed("chain/prior")).numpy()
    np.testing.assert_array_equal(step.chain.codes.numpy()[:7], prior[:7])


def test_it_moves_once_a_step_and_the_encoder_alone_learns_from_it():
    model, step, _ = built()
    before = step.chain.codes.numpy()
    model.train_step(x(8))
    after = step.chain.codes.numpy()
    assert np.all(np.any(after != before, axis=1))
    assert step.moves["chain"] == ["encoder"]


def test_a_file_of_keras_keeps_it(tmp_path):
    model = tiny.build("calibrated_helmholtz", optimizers=tiny.sgd())
    model.train_step(x(8))
    import zoo

    found = zoo.interface.keras_file.state(model.training_step)["chain"]
    np.testing.assert_array_equal(found, model.training_step.chain.codes)
    assert found is model.training_step.chain.codes


def test_a_checkpoint_keeps_it(tmp_path):
    from zoo.training.checkpoints import Checkpoints

    first, second = (tiny.build("calibrated_helmholtz", optimizers=tiny.sgd(), training={"seed": s}) for s in (0, 1))
    first.train_step(x(8))
    Checkpoints(first, tmp_path / "c").save()
    Checkpoints(second, tmp_path / "c").restore()
    np.testing.assert_array_equal(second.training_step.chain.codes, first.training_step.chain.codes)


def test_it_needs_the_whole_batch():
    with pytest.raises(ConfigError, match="objective calibrated_helmholtz moves a chain once a step; set it to 1"):
        tiny.build("calibrated_helmholtz", training={"micro_batches": 2})
