"""Chains of linear Gaussian models by both protocols, against closed forms; the error of codes; the floor of distances."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import linalg

from tests.evaluation import linear_models
from tests.evaluation.linear_models import LATENT, SIZE, A, B, C, S, T, W
from tests.models import tiny
from zoo.data import Dataset, Preprocessing, Split, from_arrays
from zoo.evaluation import chains, draws, features, floor, results, samples

COUNT = 1000
DATA = linear_models.dataset(COUNT)
X = DATA.splits["test"].array
PIXELS = features.load("pixels")


class Signs(features.Features):
    """A classifier by the sign of the first value."""

    classifies = True

    def logits(self, x):
        """[n, 2]."""
        return np.stack([x[:, 0], -x[:, 0]], 1)


def after(model, first, rounds, noisy, net=PIXELS):
    """What is told of the chain after so many rounds."""
    return chains.along(model, DATA, (X, first, first), (rounds,), net, noisy, seed=0)[str(rounds)]


@pytest.mark.parametrize("noisy", [False, True])
def test_the_variance_of_z_goes_to_that_of_the_stationary_chain(noisy):
    """x' = (x A + c + t e) W + b, and + s e' on samples; z = x A + c + t e of x at C = (A W)^T C A W + t^2 W^T W (+ s^2 I)."""
    step = A @ W
    noise = T**2 * W.T @ W + noisy * S**2 * np.eye(SIZE)
    covariance = A.T @ linalg.solve_discrete_lyapunov(step.T, noise) @ A + T**2 * np.eye(LATENT)
    found = after(linear_models.build(), X, 40, noisy)["code_variance"].value
    # A variance of n draws has a relative error of about (2/n)^1/2; of two dimensions' mean no more.
    assert abs(found / (np.trace(covariance) / LATENT) - 1) < 4 * np.sqrt(2 / COUNT)


def test_the_variance_of_few_codes_is_that_of_draws():
    """Over n - 1, of the codes that the chain ends at."""
    ((_, at),) = chains.walk(linear_models.build(), X[:3], (2,), 0, noisy=False)
    found = after(linear_models.build(), X[:3], 2, noisy=False)["code_variance"].value
    np.testing.assert_allclose(found, at["z"].astype(np.float64).var(0).mean() * 3 / 2, rtol=1e-6)


def test_what_is_shown_of_a_noisy_chain_is_the_mean_at_its_last_code():
    found = chains.chain(linear_models.build(), X[:50], 3, np.array([0, 1], np.int32), noisy=True)
    np.testing.assert_allclose(found["mean"], found["z"] @ W + B, rtol=1e-4, atol=1e-5)
    assert abs((found["x"] - found["mean"]).std() - S) < 4 * S / np.sqrt(2 * 150)


def mirrored(t=1e-3):
    """A model whose x comes back as -x: orthonormal W, z = -x W^T."""
    weights = np.linalg.qr(np.random.default_rng(1).normal(size=(SIZE, LATENT)))[0].T
    return linear_models.build(encoder=(-weights.T, np.zeros(LATENT)), decoder=(weights, np.zeros(SIZE)), t=t), weights


def test_a_chain_goes_on_where_it_was_looked_at():
    """Its sign tells how many rounds there were; on samples, the next code is that of the last x with its noise."""
    model, weights = mirrored()
    start = (np.random.default_rng(2).normal(size=(50, LATENT)) @ weights).astype(np.float32)
    for number, at in chains.walk(model, start, (1, 2, 4), 0, noisy=False):
        np.testing.assert_allclose(at["x"], (-1) ** number * start, atol=0.02)
    (_, first), (_, second) = chains.walk(model, start, (1, 2), 0, noisy=True)
    np.testing.assert_allclose(second["z"], -first["x"] @ weights.T, atol=0.02)


@pytest.mark.parametrize(("rounds", "changed"), [(1, 1.0), (2, 0.0), (3, 1.0)])
def test_the_share_of_chains_that_changed_their_class(rounds, changed):
    model, weights = mirrored()
    first = (np.random.default_rng(2).normal(size=(200, LATENT)) @ weights).astype(np.float32)
    first = first[np.abs(first[:, 0]) > 0.02]  # far from where the classes meet, against a noise of 0.001 a round
    found = after(model, first, rounds, False, Signs("pixels"))["class_changed"]
    assert found.value == changed
    assert found.count == len(first)


def test_the_class_at_the_start_is_that_of_the_mean_there(monkeypatch):
    """Of an x with much noise the class is chance, and that of its mean is the code's."""
    loud = linear_models.build(encoder=(0 * A, [3.0, 0]), decoder=(np.eye(LATENT, SIZE), np.zeros(SIZE)), s=50.0, t=1e-3)
    monkeypatch.setattr(chains, "load", lambda name: Signs("pixels"))
    found = chains.measure(loud, DATA, num_examples=400, rounds=(1,))["chain[samples, prior]"].value["1"]["class_changed"]
    # The first value of the mean is that of z, and every chain ends at 3.
    assert found.value == np.mean(draws.codes(loud, 400, 0)[:, 0] < 0)


def test_without_a_classifier_no_class_is_known():
    found = after(linear_models.build(), X, 1, False)["class_changed"]
    assert "needs --features of a classifier" in found.reason
    assert not found.failed


def test_a_chain_that_keeps_its_code_has_the_variance_of_its_start():
    """From data five times as wide the codes' variance is 25 times that of the prior's."""
    model, weights = mirrored()
    wide = (5 * draws.codes(model, COUNT, 1) @ weights).astype(np.float32)
    found = chains.measure(model, linear_models.dataset(x=wide), num_examples=COUNT, rounds=(2,))
    for protocol in ("means", "samples"):
        noise = 2 * S**2 * (protocol == "samples")
        for start, variance in (("data", 25), ("prior", 1 + noise / 2)):
            exact = variance + noise / 2
            value = found[f"chain[{protocol}, {start}]"].value["2"]["code_variance"].value
            assert abs(value / exact - 1) < 5 / np.sqrt(COUNT), (protocol, start)
    assert found["num_chains"] == COUNT
    assert not results.reasons(found, failed=True)


@pytest.mark.parametrize("noisy", [False, True])
def test_the_error_of_codes_is_the_closed_form(noisy):
    """E |z - (z W + b + s e) A - c|^2, over the latent size; s is 0 for means."""
    exact = ((np.eye(LATENT) - W @ A) ** 2).sum() + ((B @ A + C) ** 2).sum() + noisy * S**2 * (A**2).sum()
    found = chains.code_error(linear_models.build(), COUNT, noisy, seed=1)
    assert abs(found.value - exact / LATENT) < 4 * found.standard_error < 0.2 * exact


def test_rounds_that_do_not_rise_are_refused():
    found = chains.measure(linear_models.build(), DATA, num_examples=20, rounds=(1, 1))
    assert "--rounds" in found["chain[means, data]"].reason
    assert isinstance(found["code_error[means]"].value, float)


def test_in_the_plane_the_noise_belongs_to_the_model():
    decoder = W[:, :2], B[:2]
    model = linear_models.build(encoder=(A[:2], C), decoder=decoder)
    found = chains.measure(model, linear_models.dataset(x=X[:100, :2]), num_examples=50, rounds=(1,))
    assert {name for name in found if name.startswith("chain")} == {"chain[samples, data]", "chain[samples, prior]"}


def test_the_floor_is_of_two_halves_of_the_test_split():
    found = floor.measure(None, DATA, num_examples=COUNT)
    assert found["num_floor_examples"] == COUNT // 2
    table = found["floor"].value["data"]
    assert table.keys() == samples.scores(PIXELS, DATA, X[:50], X[50:100], 0).keys()
    kernel = table["kernel_distance[pixels]"]
    assert abs(kernel.value) < 4 * kernel.standard_error
    # The same points twice would be at 0. Of other n points the means alone are at 2 tr C / n on average.
    assert 0 < table["frechet_distance[pixels]"].value < 20 * np.trace(linear_models.MARGINAL) / (COUNT / 2)
    assert table["precision[pixels]"].value < 1
    assert floor.measure(None, DATA, num_examples=50)["num_floor_examples"] == 50


def test_the_halves_of_the_floor_are_disjoint_examples_with_the_noise_of_the_seed(monkeypatch):
    seen, split = [], Split(np.zeros((20, 2), np.uint8))
    noisy = Preprocessing(event_shape=(2,), levels=256, dequantization="uniform")
    data = Dataset("noise", {"train": split, "test": split}, noisy)
    monkeypatch.setattr(floor.samples, "scores", lambda net, data, *halves_and_seed: seen.extend(halves_and_seed[:2]))
    floor.measure(None, data, num_examples=5, seed=7)
    assert [len(half) for half in seen] == [5, 5]
    rows = {tuple(row) for row in np.concatenate(seen)}
    assert len(rows) == 10
    assert rows <= {tuple(row) for row in draws.examples(data, seed=7)[0]}


def test_a_part_of_the_chains_has_the_figures_of_all_of_them():
    model = linear_models.build()
    whole, part = (
        chains.measure(model, DATA, num_examples=50, rounds=(2,), **chosen)
        for chosen in ({}, {"protocols": ("means",), "starts": ("data",)})
    )
    assert {name for name in part if name.startswith("chain[")} == {"chain[means, data]"}
    assert results.as_json(part) == results.as_json({name: whole[name] for name in part})


def test_the_seed_tells_all_noise_and_that_of_x_is_not_that_of_z(monkeypatch):
    monkeypatch.setattr(chains, "CHAINS", 1)
    model, x, found = linear_models.build(), X[:20], []
    for of_tensorflow in (1, 2):
        tf.random.set_seed(of_tensorflow)  # what operations without a seed would go by
        found.append(chains.chain(model, x, 1, np.array([0, 1], np.int32), noisy=True))
    for name in ("x", "z"):
        np.testing.assert_array_equal(found[0][name], found[1][name])
    # One seed for both would give x the numbers of z first.
    of_z, of_x = (found[0]["z"] - x @ A - C) / T, (found[0]["x"] - found[0]["mean"]) / S
    assert (np.abs(of_z - of_x[:, :LATENT]) > 1e-3).all()


def test_a_model_without_encoder_has_no_chain():
    found = chains.measure(tiny.build("gan"), DATA, num_examples=20, rounds=(1,))
    assert {item.reason for _, item in results.results(found)} == {"the model has no encoder"}


def test_the_error_of_codes_is_that_of_its_protocol():
    model = linear_models.build()
    found = chains.measure(model, DATA, num_examples=30, rounds=(1,), protocols=("means",), starts=("data",))
    for protocol, noisy in (("means", False), ("samples", True)):
        assert found[f"code_error[{protocol}]"].value == chains.code_error(model, 30, noisy, 0).value


def test_a_chain_from_data_has_their_labels_and_one_from_the_prior_those_of_samples(monkeypatch):
    data = from_arrays(np.zeros((6, *tiny.VECTOR), np.float32), labels=np.full(6, 2))
    model, told = tiny.build("vae", condition="label", num_classes=3), {}

    def along(model, data, starts, rounds, net, noisy, seed, labels):
        return told.setdefault(len(told), labels.tolist())

    monkeypatch.setattr(chains, "along", along)
    found = chains.measure(model, data, num_examples=6, rounds=(1,), protocols=("means",))
    size = found["num_chains"]
    assert told == {0: [2] * size, 1: [number % 3 for number in range(size)]}


@pytest.mark.parametrize("given", [{"protocols": ("mean",)}, {"starts": ()}])
def test_chains_that_do_not_exist_are_refused(given):
    (option,) = given
    with pytest.raises(ValueError, match=f"^--{option}: must be of "):
        chains.measure(linear_models.build(), DATA, num_examples=20, **given)
