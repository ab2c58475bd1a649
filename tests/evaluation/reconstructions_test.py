"""Reconstructions by linear Gaussian models, whose error is a closed form; and of models that have none."""

import numpy as np

import zoo
from tests.evaluation import linear_models
from tests.evaluation.linear_models import A, B, C, W
from tests.models import tiny
from zoo.evaluation import reconstructions

DATA = linear_models.dataset(500)


def test_the_error_is_that_of_the_mean_at_the_posteriors_mode():
    """x comes back as (x A + c) W + b: no noise is in it."""
    found = reconstructions.measure(linear_models.build(), DATA)
    x = DATA.splits["test"].array.astype(np.float64)
    squares = (((x @ A + C) @ W + B - x) ** 2).mean(1)
    np.testing.assert_allclose(found["reconstruction_error"].value, squares.mean(), rtol=1e-5)
    np.testing.assert_allclose(found["reconstruction_error"].standard_error, squares.std(ddof=1) / 500**0.5, rtol=1e-5)
    assert found["num_reconstructions"] == 500


def test_descent_comes_to_the_posteriors_mean():
    """Of a linear Gaussian model: z minimizes |x - z W - b|^2 / (2 s^2) + |z|^2 / 2, wherever the encoder's code lies."""
    model = linear_models.build()
    found = reconstructions.measure(model, DATA, descent_steps=200)
    x = DATA.splits["test"].array.astype(np.float64)
    s = float(model.likelihood(np.zeros([1, len(W)], np.float32)).stddev()[0, 0])
    z = (x - B) @ W.T @ np.linalg.inv(W @ W.T + s**2 * np.eye(len(W)))
    squares = ((z @ W + B - x) ** 2).mean(1)
    np.testing.assert_allclose(found["reconstruction_error"].value, squares.mean(), rtol=1e-4)
    encoders = reconstructions.measure(model, DATA)["reconstruction_error"].value
    assert abs(encoders - squares.mean()) > 0.01 * encoders  # else the test would show nothing


def test_what_has_no_density_to_descend_says_so():
    model = zoo.build(tiny.experiment("joint_ratio"), event_shape=(3,))
    found = reconstructions.measure(model, DATA, descent_steps=1)["reconstruction_error"]
    assert found.reason == "descent needs real codes, and a likelihood and a prior with densities"


def test_their_distribution_is_compared_with_the_datas():
    """All are moved by m = (1, 0, 0): a Frechet distance of |m|^2, and of |m|^2 / 3 along a random direction."""
    weights = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    model = linear_models.build(encoder=(weights.T, np.zeros(3)), decoder=(weights, np.array([1.0, 0, 0])))
    table = reconstructions.measure(model, DATA)["reconstructions"].value["data"]
    np.testing.assert_allclose(table["frechet_distance[pixels]"].value, 1, rtol=1e-4)
    sliced = table["sliced_wasserstein[pixels]"]
    assert abs(sliced.value - 1 / 3) < 4 * sliced.standard_error < 0.1


def test_a_model_without_encoder_has_none():
    sections = {"latent_size": 2, "decoder": linear_models.LINEAR, "likelihood": "deterministic", "objective": "gan"}
    critic = {"log_q_x": {"name": "wasserstein", "network": linear_models.LINEAR}}
    config = zoo.experiment(data={}, model=sections | {"approximators": critic}, training={"jit_compile": "off"})
    found = reconstructions.measure(zoo.build(config, event_shape=(3,)), DATA)
    for name in ("reconstruction_error", "reconstructions"):
        assert (found[name].reason, found[name].failed) == ("the model has no encoder", False)
