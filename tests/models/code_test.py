"""The code of x: one z for all of Q(z|x), the same one wherever a code is asked for."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo import applications
from zoo.applications import codes

X = np.random.default_rng(0).normal(size=(6, *tiny.VECTOR)).astype(np.float32)


@pytest.fixture(scope="module")
def noisy():
    return tiny.build("extended_helmholtz", posterior={"name": "noisy_code", "noise": 0.8})


def test_of_a_noisy_code_it_is_what_the_encoder_says(noisy, tmp_path):
    """And not the mean of Q(z|x), which noise of 0.8 shrinks to 0.6 of it."""
    m = noisy.encoder(X).numpy()
    np.testing.assert_array_equal(noisy.code(X), m)
    assert np.abs(m - noisy.posterior(X).mean()).max() > 0.3 * np.abs(m).max()
    decoded = noisy.generate(m).numpy()
    np.testing.assert_allclose(noisy.reconstruct(X), decoded, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(noisy.encode_mean(X), m, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(codes.of(noisy, X), m, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(applications.interpolate(noisy, X, X[::-1])[:, 0], decoded, rtol=1e-4, atol=1e-5)
    zoo.export(noisy, tmp_path / "m")
    loaded = zoo.load(tmp_path / "m")
    np.testing.assert_allclose(loaded.encode_mean(X), m, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(loaded.reconstruct(X), decoded, rtol=1e-5, atol=1e-6)


def test_of_binary_units_it_is_the_likelier_state():
    model = tiny.build("wake_sleep", posterior="bernoulli", prior="bernoulli")
    probs = model.encode(X)["probs"].numpy()
    np.testing.assert_array_equal(model.code(X), probs > 0.5)
    np.testing.assert_array_equal(model.encode_mean(X), probs > 0.5)
    np.testing.assert_allclose(model.reconstruct(X), model.generate(tf.cast(probs > 0.5, tf.float32)), rtol=1e-6)


def test_of_a_normal_it_is_the_mean():
    model = tiny.build("vae")
    np.testing.assert_array_equal(model.code(X), model.posterior(X).mean())


def test_without_an_encoder_there_is_none():
    model = tiny.build("gan", approximators={"log_q_x": "wasserstein"})
    with pytest.raises(ValueError, match="no encoder"):
        model.code(X)
    with pytest.raises(ValueError, match="no encoder"):
        codes.of(model, X)
