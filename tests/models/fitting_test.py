"""A prior that is fitted between steps: when, to which codes, what it leaves alone, and what is refused."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo import noise
from zoo.config import ConfigError
from zoo.distributions import fitted_mixture
from zoo.models import fitting

STEPS, COMPONENTS, SEED = 6, 2, 3
DATA = np.random.default_rng(0).normal(size=(64, *tiny.VECTOR)).astype("float32")


def experiment(fits=2, objective="vae", training=None, **model):
    prior = {"name": "fitted_mixture", "components": COMPONENTS, "fits": fits, "examples": 50}
    training = {"steps": STEPS, "seed": SEED, "validate_every": 0, "log_every": 2} | (training or {})
    made = tiny.experiment(objective, training=training, optimizers=tiny.sgd(), **{"prior": prior} | model)
    made.data.batch_size = 8
    return made


def build(**options):
    return zoo.build(experiment(**options), data=DATA)


def fit(model, steps):
    model.fit(model.data.batches("train", 8, seed=0), steps_per_epoch=steps, verbose=0)


def prior_of(model):
    return np.concatenate([weight.ravel() for weight in model.prior_family.get_weights()])


def test_it_is_fitted_after_half_of_the_steps_and_at_the_end():
    model = build()
    seen = [prior_of(model)]
    for _ in range(STEPS):
        fit(model, 1)
        seen.append(prior_of(model))
    changed = [step for step in range(1, STEPS + 1) if not np.array_equal(seen[step], seen[step - 1])]
    assert changed == [3, 6]


def test_it_is_fitted_at_the_first_end_of_an_execution_after_that():
    model = build(training={"steps_per_execution": 2})
    fit(model, 2)
    assert np.all(model.prior_family.loc.numpy() == 0)
    fit(model, 2)
    assert np.all(model.prior_family.loc.numpy() != 0)


def test_the_codes_are_those_of_the_averaged_weights():
    model = build(fits=1, training={"ema": 0.5})
    fit(model, STEPS)
    other = fitted_mixture.prior((tiny.LATENT,), components=COMPONENTS)
    with model.averaged():
        codes = fitting.codes(model.model, model.data, 50, SEED)
    other.fit(codes, SEED)
    split = model.data.splits["train"]
    rows = np.sort(np.random.RandomState(SEED).permutation(split.size)[:50])
    with model.averaged():
        posterior = model.posterior(tf.constant(split.array[rows]))
        drawn = noise.draw(posterior, noise.seed_for(SEED, int(rows[0]), "fit/codes"))
    np.testing.assert_allclose(codes, drawn, rtol=1e-5, atol=1e-6)
    for one, known in zip(model.prior_family.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, known, rtol=1e-5, atol=1e-6)


def test_a_noisy_code_is_fitted_to_codes_of_samples():
    """Mean and covariance of the codes of each normal's samples, by the averaged weights, after the prior itself."""
    model = build(objective="extended_helmholtz", posterior={"name": "noisy_code"}, training={"ema": 0.5})
    fit(model, STEPS)
    with model.averaged():
        codes = fitting.codes_of_samples(model.model, model.data, fitting.SAMPLES, SEED)
        _, means, factors = model.prior_family.normals()
        e = np.random.RandomState(SEED).normal(size=(COMPONENTS, fitting.SAMPLES, tiny.LATENT))[1, 7]
        z = (means[1] + tf.linalg.matvec(factors[1], e.astype("float32")))[tf.newaxis]
        np.testing.assert_allclose(codes[1, 7], model.code(model.generate(z))[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.posterior_family.loc, codes.mean(1), rtol=1e-4, atol=1e-5)
    whitening = model.posterior_family.whitening.numpy()
    for one, of_normal in zip(whitening, codes.astype("float64"), strict=True):
        known = np.cov(of_normal.T, bias=True) + fitted_mixture.FLOOR * np.eye(tiny.LATENT)
        np.testing.assert_allclose(one @ known @ one.T, np.eye(tiny.LATENT), atol=1e-3)


def test_codes_of_samples_of_a_model_of_classes():
    made = experiment(objective="extended_helmholtz", posterior={"name": "noisy_code"}, condition="label", num_classes=3)
    model = zoo.build(made, data=(DATA, np.arange(64) % 3))
    codes = fitting.codes_of_samples(model.model, model.data, 5, SEED)
    assert codes.shape == (COMPONENTS, 5, tiny.LATENT)
    random = np.random.RandomState(SEED)
    z = random.normal(size=(COMPONENTS, 5, tiny.LATENT)).astype("float32").reshape(-1, tiny.LATENT)
    drawn = random.choice(model.data.splits["train"].labels, len(z))
    np.testing.assert_allclose(codes.reshape(z.shape), model.code(model.generate(z, drawn), drawn), rtol=1e-4, atol=1e-5)


def test_of_a_noisy_code_it_is_the_code_without_noise():
    model = build(objective="extended_helmholtz", posterior={"name": "noisy_code"})
    split = model.data.splits["train"]
    rows = np.sort(np.random.RandomState(SEED).permutation(split.size)[:50])
    found = fitting.codes(model.model, model.data, 50, SEED)
    np.testing.assert_allclose(found, model.code(tf.constant(split.array[rows])), rtol=1e-5, atol=1e-6)


def test_a_fit_does_not_spoil_the_elbo():
    """It is to Q(z), widths of Q(z|x) included. Fitted to modes it lost 42 nats here."""
    count = 2000
    data = np.random.default_rng(0).normal(size=(count, *tiny.VECTOR)).astype("float32")
    model = zoo.build(experiment(fits=1), data=data)
    x = model.data.splits["train"].array
    before = model.evaluate(x, batch_size=len(x), verbose=0, return_dict=True)["negative_elbo"]
    model.prior_family.fit(fitting.codes(model.model, model.data, count, SEED), SEED)
    after = model.evaluate(x, batch_size=len(x), verbose=0, return_dict=True)["negative_elbo"]
    # 19 numbers are fitted: in expectation 19 / 2 / n nats lost on other draws.
    assert after < before + 10 * 19 / 2 / len(x)


@pytest.mark.parametrize("objective", ["vae", "extended_helmholtz"])
def test_with_one_fit_the_run_is_that_of_a_standard_normal(objective):
    models = [build(fits=1, objective=objective), build(objective=objective, prior={"name": "standard_normal"})]
    for model in models:
        fit(model, STEPS)
    for name in models[0].networks():
        for one, other in zip(models[0].networks()[name], models[1].networks()[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    assert np.all(models[0].prior_family.loc.numpy() != 0)


def test_a_run_that_is_killed_between_the_fits_ends_where_it_would_have_ended(tmp_path):
    config = experiment(training={"save_every": 1, "keep_checkpoints": 9, "save_every_seconds": 1e9})
    whole = zoo.train(config, tmp_path / "whole", data=DATA)
    shutil.copytree(tmp_path / "whole", tmp_path / "killed")
    (tmp_path / "killed/finished.json").unlink()
    for file in (tmp_path / "killed/checkpoints").glob("step-[56].*"):
        file.unlink()
    again = zoo.train(config, tmp_path / "killed", data=DATA)
    assert np.any(prior_of(whole))
    for one, other in zip(whole.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(prior_of(whole), prior_of(again))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "gan"}, "fitted to codes, and this model has no encoder"),
        ({"training": {"keep_best": True, "validate_every": 2}}, "set keep_best to False"),
        ({"prior": {"name": "fitted_mixture", "components": 99, "examples": 99}}, "99 are more than the .* training examples"),
    ],
    ids=str,
)
def test_what_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        build(**options)


def test_without_data_the_first_step_says_so():
    model = zoo.build(experiment(), event_shape=tiny.VECTOR)
    with pytest.raises(ValueError, match="build the model with data="):
        model.fit(tf.data.Dataset.from_tensor_slices(DATA).batch(8), verbose=0)
