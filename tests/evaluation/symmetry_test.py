"""The symmetry measures against linear Gaussian pairs, whose posterior, entropies and stationary chain are known."""

import types

import numpy as np
import pytest
import tensorflow as tf
from scipy import linalg, stats

from tests.evaluation import linear_models
from tests.evaluation.linear_models import LATENT, SIZE, B, S, T, W
from tests.models import tiny
from zoo import noise
from zoo.evaluation import chains, draws, symmetry
from zoo.evaluation.results import TooFewError, Unavailable

COUNT = 1500
# The true posterior N(x A + c, V), of a W whose rows are orthogonal so that V is a multiple of I.
W_ORTHOGONAL = 0.8 * np.linalg.qr(np.random.default_rng(1).normal(size=(SIZE, LATENT)))[0].T
VARIANCE = 1 / (1 + 0.8**2 / S**2)
TRUE_A = VARIANCE / S**2 * W_ORTHOGONAL.T
TRUE = (TRUE_A, -B @ TRUE_A)


def perfect():
    """A model whose Q(z|x) is P(z|x)."""
    return linear_models.build(encoder=TRUE, decoder=(W_ORTHOGONAL, B), t=float(np.sqrt(VARIANCE)))


@pytest.fixture(scope="module")
def found():
    return symmetry.sleep(perfect(), COUNT, seed=0)


def holds(found, name, exact, error_below):
    value, error = found[name].value, found[name].standard_error
    assert abs(value - exact) < 4 * error, (name, value, exact)
    assert 4 * error < error_below


def test_sleep_reconstruction_of_the_true_posterior_is_its_entropy(found):
    holds(found, "sleep_reconstruction", np.log(2 * np.pi * np.e * VARIANCE) / 2, 0.1)


def test_sleep_error_of_the_true_posterior_is_its_variance_over_that_of_the_prior(found):
    holds(found, "sleep_error", VARIANCE, 0.1)


def test_sleep_information_of_the_true_posterior_is_the_mutual_information(found):
    holds(found, "sleep_information", -LATENT / 2 * np.log(VARIANCE), 0.15)


def test_sleep_of_a_wrong_posterior_is_the_closed_form():
    """E over P of -log N(z; x A + c, t^2): the squared error in closed form."""
    A, c = linear_models.A, linear_models.C
    model = linear_models.build()
    square = ((np.eye(LATENT) - W @ A) ** 2).sum() + ((B @ A + c) ** 2).sum() + S**2 * (A**2).sum()
    nats = np.log(2 * np.pi * T**2) / 2 + square / (2 * T**2 * LATENT)
    found = symmetry.sleep(model, COUNT, seed=1)
    holds(found, "sleep_reconstruction", nats, 0.5)
    holds(found, "sleep_error", square / LATENT, 0.4)


@pytest.mark.slow
def test_calibration_accepts_the_true_posterior_and_refuses_one_that_is_too_narrow():
    right = symmetry.calibration(perfect(), COUNT, seed=0)
    assert right["calibration_p_value"].value > 1e-3
    assert sum(right["calibration_ranks"].value.values()) == COUNT * LATENT
    narrow = linear_models.build(encoder=TRUE, decoder=(W_ORTHOGONAL, B), t=0.6 * float(np.sqrt(VARIANCE)))
    wrong = symmetry.calibration(narrow, COUNT, seed=0)
    assert wrong["calibration_p_value"].value < 1e-6
    # Too narrow: the truth is at the ends of the ranks too often.
    assert wrong["calibration_ranks"].value["0"] > 2 * right["calibration_ranks"].value["0"]


def test_the_p_value_is_bonferronis_of_the_chi_squared_tests(monkeypatch):
    """Of one dimension without any deviation and one whose first two ranks are 85 and 15 of an expected 50 each."""
    even = np.repeat(np.arange(20), 50)
    uneven = even.copy()
    uneven[50:85] = 0
    monkeypatch.setattr(symmetry, "ranks", lambda *arguments: np.stack([even, uneven], 1))
    found = symmetry.calibration(perfect(), 1000, seed=0)
    statistic = 2 * 35**2 / 50
    np.testing.assert_allclose(found["calibration_p_value"].value, 2 * stats.chi2.sf(statistic, 19), rtol=1e-12)
    assert list(found["calibration_ranks"].value.values()) == [135, 65, *[100] * 18]


def test_a_model_without_encoder_has_no_sleep_measures():
    gan = tiny.build("gan")
    for ask in (symmetry.sleep, symmetry.calibration):
        with pytest.raises(Unavailable, match="the model has no encoder"):
            ask(gan, 20, 0)


def test_a_rank_is_the_number_of_draws_below_the_code():
    """Of a posterior that hardly varies, those at its mean are below a code above it, and not below one under it."""
    model, x = linear_models.build(t=1e-6), linear_models.draw(2)
    mean = model.posterior(x).mean().numpy()
    z = mean + np.array([[0.1, -0.1], [-0.1, 0.1]], np.float32)
    np.testing.assert_array_equal(symmetry.ranks(model, z, x, 0, count=3), [[3, 0], [0, 3]])


def test_a_p_value_is_at_most_1_and_a_histogram_has_every_rank(monkeypatch):
    even = np.repeat(np.arange(20), 5)
    monkeypatch.setattr(symmetry, "ranks", lambda *arguments: np.stack([even, even], 1))
    assert symmetry.calibration(perfect(), 100, seed=0)["calibration_p_value"].value == 1
    monkeypatch.setattr(symmetry, "ranks", lambda *arguments: np.zeros((100, 2), int))
    found = symmetry.calibration(perfect(), 100, seed=0)
    assert list(found["calibration_ranks"].value.values()) == [200, *[0] * 19]
    assert found["calibration_p_value"].value < 1e-9


def test_ranks_are_of_real_codes():
    binary = linear_models.build(prior={"name": "bernoulli"}, posterior={"name": "bernoulli", "estimator": "straight_through"})
    with pytest.raises(Unavailable, match="ranks are of real codes"):
        symmetry.calibration(binary, 100, 0)


def test_calibration_needs_five_examples_a_rank(monkeypatch):
    monkeypatch.setattr(symmetry, "ranks", lambda *arguments: np.repeat(np.arange(20), 5)[:, None])
    assert symmetry.calibration(perfect(), 100, seed=0)["calibration_p_value"].value == 1
    with pytest.raises(TooFewError, match="calibration needs at least 100"):
        symmetry.calibration(perfect(), 99, seed=0)


@pytest.mark.parametrize(("planar", "asked", "noisy"), [(False, True, True), (True, False, True), (False, False, False)])
def test_x_is_drawn_where_it_is_asked_for_and_in_the_plane(planar, asked, noisy, monkeypatch):
    told = []

    def asked_for(*given):
        told.append(given[-2])
        raise Unavailable("it is not what this is about")

    for name in ("limiting", "sharpness"):
        monkeypatch.setattr(symmetry, name, asked_for)
    monkeypatch.setattr(symmetry.samples, "is_planar", lambda data: planar)
    symmetry.measure(linear_models.build(), linear_models.dataset(20), num_examples=20, observation_noise=asked)
    assert told == [noisy, noisy]


def test_each_block_of_chains_has_draws_of_its_own(monkeypatch):
    monkeypatch.setattr(chains, "CHAINS", 1)
    x = np.repeat(linear_models.draw(1), 2, axis=0)
    first, second = chains.chain(linear_models.build(), x, 1, noise.seed_for(0, 0, "chain"), noisy=False)["x"]
    assert np.abs(first - second).max() > 1e-3


def test_the_limiting_distribution_is_the_stationary_one():
    """x' = (x A + c + t e) W + b + s e' is stationary at C = (A W)^T C A W + t^2 W^T W + s^2 I."""
    model = linear_models.build()
    step = linear_models.A @ W
    assert np.abs(np.linalg.eigvals(step)).max() < 0.8  # forgotten after 40 rounds to 0.8^40 = 1e-4
    x = np.full((4000, SIZE), 3.0, np.float32)
    at = draws.flat(chains.chain(model, x, 40, noise.seed_for(0, 0, "chain"), noisy=True)["x"])
    covariance = linalg.solve_discrete_lyapunov(step.T, T**2 * W.T @ W + S**2 * np.eye(SIZE))
    mean = np.linalg.solve(np.eye(SIZE) - step.T, linear_models.C @ W + B)
    error = np.sqrt(np.diag(covariance) / len(x))
    assert (np.abs(at.mean(0) - mean) < 4.5 * error).all()
    # The variance of a product of normals: c_ii c_jj + c_ij^2.
    spread = np.sqrt((np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / len(x))
    assert (np.abs(np.cov(at, rowvar=False) - covariance) < 4.5 * spread).all()


def test_a_chain_without_noise_in_x_takes_means():
    model = linear_models.build(t=1e-2)
    x = linear_models.draw(5)
    at = chains.chain(model, x, 1, noise.seed_for(0, 0, "chain"), noisy=False)["x"]
    np.testing.assert_allclose(at, (x @ linear_models.A + linear_models.C) @ W + B, atol=6e-2)


def test_sharpness_of_a_scaled_set_is_the_square_of_the_scale():
    images = np.random.default_rng(0).normal(size=(20, 8, 8, 1))
    energy = symmetry.laplacian_energy(images)
    found = symmetry._ratio(symmetry.laplacian_energy(images / 2), energy)
    np.testing.assert_allclose(found.value, 1 / 4, rtol=1e-12)
    np.testing.assert_allclose(found.standard_error, 0, atol=1e-12)
    # Each image and each channel by itself, and no smaller where others are beside it.
    np.testing.assert_allclose(symmetry.laplacian_energy(images)[3:4], symmetry.laplacian_energy(images[3:4]))
    both = np.concatenate([images[3:4], images[4:5]], -1)
    np.testing.assert_allclose(symmetry.laplacian_energy(both), energy[3:5].mean())
    # A ramp is flat to the Laplacian but for its border; a checkerboard is as sharp as can be: 8 to each pixel inside.
    board = np.indices((8, 8)).sum(0)[None, :, :, None] % 2 * 2.0 - 1
    assert symmetry.laplacian_energy(board)[0] > 36


def test_sharpness_is_of_what_the_model_makes(monkeypatch):
    """A decoder that gives 3 x and samples that are 2 x: sharpness 9 and 4."""
    x = np.random.default_rng(0).random((30, 4, 4, 1)).astype(np.float32)
    data = linear_models.dataset(x=x)
    monkeypatch.setattr(draws, "generated", lambda model, count, seed, noisy: 2 * x[:count])
    model = types.SimpleNamespace(has_posterior=True, reconstruct=lambda rows: 3 * rows)
    found = symmetry.sharpness(model, data, x, False, 0)
    assert found.keys() == {"sharpness", "sharpness_of_samples"}
    np.testing.assert_allclose([found["sharpness"].value, found["sharpness_of_samples"].value], [9, 4], rtol=1e-5)
    model.has_posterior = False
    found = symmetry.sharpness(model, data, x, False, 0)
    assert found["sharpness"].reason == "the model has no encoder"
    np.testing.assert_allclose(found["sharpness_of_samples"].value, 4, rtol=1e-5)
    with pytest.raises(Unavailable, match="is of images"):
        symmetry.sharpness(model, linear_models.dataset(), x, False, 0)


def test_the_error_of_a_ratio_is_that_of_the_residuals():
    """Of 1, 3 over 1, 2 the ratio is 4/3, the residuals are -1/3, 1/3, and their mean's error is 1/3, over the mean 3/2."""
    found = symmetry._ratio(np.array([1.0, 3]), np.array([1.0, 2]))
    np.testing.assert_allclose([found.value, found.standard_error], [4 / 3, (1 / 3) / (3 / 2)], rtol=1e-12)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_draws_go_with_examples_whatever_the_block(block, monkeypatch):
    model, x = linear_models.build(), linear_models.draw(20)
    whole = draws.encoded(model, x, 0), draws.pairs(model, 20, 0)
    monkeypatch.setattr(draws.in_blocks, "__kwdefaults__", draws.in_blocks.__kwdefaults__ | {"block": block})
    parts = draws.encoded(model, x, 0), draws.pairs(model, 20, 0)
    tf.nest.map_structure(lambda first, second: np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6), whole, parts)
