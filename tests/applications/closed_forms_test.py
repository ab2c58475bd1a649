"""What people do with a model, against closed forms on a linear Gaussian model.

P(z) = N(0, I)    P(x|z) = N(z W + b, s^2 I)    Q(z|x) = N(x A + c, t^2 I)
"""

import numpy as np
import pytest
from scipy import stats

import zoo
from tests.evaluation import linear_models as linear
from tests.models import tiny
from zoo import applications, data
from zoo.applications.interpolation import between, spherical
from zoo.evaluation.exported import Exported

X, OTHERS = linear.draw(40), linear.draw(30, seed=1)


@pytest.fixture(scope="module")
def model():
    return linear.build()


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The model whose encoder is exact, as it is loaded again."""
    path = tmp_path_factory.mktemp("exported") / "model"
    zoo.export(exact(), path)
    return Exported(zoo.load(path))


def encoded(x):
    return x @ linear.A + linear.C


def decoded(z):
    return z @ linear.W + linear.B


def test_interpolation_is_that_of_the_codes(model):
    found = applications.interpolate(model, X, X[::-1], steps=5)
    wanted = [decoded((1 - t) * encoded(X) + t * encoded(X[::-1])) for t in (0, 0.25, 0.5, 0.75, 1)]
    np.testing.assert_allclose(found, np.stack(wanted, 1), rtol=1e-4, atol=1e-5)


def test_between_codes_no_encoder_is_asked():
    model = zoo.build(tiny.experiment("gan", approximators={"log_q_x": "wasserstein"}), event_shape=tiny.VECTOR)
    start, end = np.random.default_rng(0).normal(size=(2, 5, tiny.LATENT)).astype(np.float32)
    found = between(model, start, end, steps=3)
    np.testing.assert_allclose(found[:, 1], model.generate((start + end) / 2), rtol=1e-4, atol=1e-5)


def test_a_great_circle_turns_by_equal_angles_and_keeps_the_length():
    start, end = np.array([[[2.0, 0.0]]]), np.array([[[0.0, 2.0]]])
    t = np.linspace(0, 1, 4)[np.newaxis, :, np.newaxis]
    angle = np.pi / 2 * np.linspace(0, 1, 4)
    np.testing.assert_allclose(spherical(start, end, t)[0], 2 * np.stack([np.cos(angle), np.sin(angle)], 1), atol=1e-12)
    np.testing.assert_allclose(spherical(start, 3 * start, t)[0, :, 0], [2, 10 / 3, 14 / 3, 6])  # on a line: linear
    assert np.isfinite(spherical(0 * start, end, t)).all()


def test_a_direction_is_the_difference_of_means_and_moves_x_along_it(model):
    has = X[:, 0] > 0
    direction = applications.attribute_direction(model, X, has)
    wanted = (X[has].mean(0) - X[~has].mean(0)) @ linear.A
    np.testing.assert_allclose(direction, wanted, rtol=1e-4, atol=1e-5)
    moved = applications.change(model, OTHERS, direction, strength=-2.0)
    np.testing.assert_allclose(moved, decoded(encoded(OTHERS) - 2 * wanted), rtol=1e-4, atol=1e-4)


def test_neighbours_are_nearest_in_codes(model):
    rows, distances = applications.nearest(model, OTHERS, X, count=3)
    table = np.linalg.norm(encoded(OTHERS)[:, np.newaxis] - encoded(X)[np.newaxis], axis=-1)
    np.testing.assert_array_equal(rows, np.argsort(table, 1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(table, 1)[:, :3], rtol=1e-3, atol=1e-5)


# Orthogonal rows of equal length: the posterior is isotropic, and an encoder can be exact.
EXACT_W = 1.5 * np.array([[0.6, 0.8, 0.0], [-0.48, 0.36, 0.8]])
VARIANCE = linear.S**2 / (1.5**2 + linear.S**2)
EXACT_A = EXACT_W.T * VARIANCE / linear.S**2


def exact(t=VARIANCE**0.5, **options):
    """A model whose encoder has the mean of P(z|x); its variance too, unless `t` says otherwise."""
    return linear.build((EXACT_A, -linear.B @ EXACT_A), (EXACT_W, linear.B), t=t, **options)


def test_the_score_by_log_prob_is_exact_where_the_encoder_is(exported):
    """All weights of importance are P(x) then, whatever is drawn."""
    scores = applications.anomaly_scores(exact(), X, num_samples=2)
    normal = stats.multivariate_normal(linear.B, EXACT_W.T @ EXACT_W + linear.S**2 * np.eye(3))
    np.testing.assert_allclose(scores["log_prob"], -normal.logpdf(X), rtol=1e-4, atol=1e-4)
    rest = X - linear.B - (X - linear.B) @ EXACT_A @ EXACT_W
    np.testing.assert_allclose(scores["reconstruction"], np.mean(rest**2, 1), rtol=1e-3, atol=1e-5)
    assert scores.keys() == {"log_prob", "reconstruction"}
    found = applications.anomaly_scores(exported, X, num_samples=2)
    for name, values in scores.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-4)


def test_the_score_of_a_boltzmann_machine_is_its_free_energy():
    model = tiny.build("contrastive_divergence")
    x = np.float32(np.random.default_rng(0).random((5, *tiny.VECTOR)) > 0.5)
    found = applications.anomaly_scores(model, x)
    np.testing.assert_allclose(found["free_energy"], -model.unnormalized_log_p(x), rtol=1e-5)
    assert found.keys() == {"free_energy", "reconstruction"}


def test_the_score_by_a_critic_is_its_own_value():
    model = zoo.build(tiny.experiment("extended_helmholtz"), event_shape=tiny.VECTOR)
    x = np.random.default_rng(0).normal(size=(5, *tiny.VECTOR)).astype(np.float32)
    np.testing.assert_allclose(applications.anomaly_scores(model, x)["critic"], -model.critic(x).numpy(), rtol=1e-5, atol=1e-6)


def test_a_calibrated_score_is_the_share_of_training_that_is_as_high():
    found = applications.calibrated([0.0, 1.0, 2.5, 9.0], [3.0, 1.0, 2.0])
    np.testing.assert_allclose(found, [1.0, 1.0, 0.5, 0.25])
    rank = stats.kstest(
        applications.calibrated(np.random.default_rng(0).random(2000), np.random.default_rng(1).random(20000)), "uniform"
    )
    assert rank.pvalue > 1e-4


SEEN, VALUES, CHAINS = np.array([False, True, True]), np.float32([np.nan, 1.0, -0.5]), 4000


def conditional():
    """Mean and variance of P(x_0 | x_1, x_2)."""
    covariance = EXACT_W.T @ EXACT_W + linear.S**2 * np.eye(3)
    gain = covariance[0, 1:] @ np.linalg.inv(covariance[1:, 1:])
    return linear.B[0] + gain @ (VALUES[1:] - linear.B[1:]), covariance[0, 0] - gain @ covariance[1:, 0]


@pytest.mark.parametrize("wide", [1, 2])
def test_imputation_draws_from_the_conditional_of_what_is_seen(wide):
    """By an encoder that is exact, or twice as wide; 5 standard errors of mean and variance over independent chains."""
    mean, variance = conditional()
    found, taken = applications.impute(exact(wide * VARIANCE**0.5), np.tile(VALUES, (CHAINS, 1)), SEEN, gibbs=5, metropolis=40)
    np.testing.assert_array_equal(found[:, 1:], np.tile(VALUES[1:], (CHAINS, 1)))
    assert abs(found[:, 0].mean() - mean) < 5 * np.sqrt(variance / CHAINS)
    assert abs(found[:, 0].var(ddof=1) - variance) < 5 * variance * np.sqrt(2 / CHAINS)
    if wide == 1:
        np.testing.assert_allclose(taken, 1, atol=1e-6)  # the proposal is the target
    else:
        assert 0.1 < taken.mean() < 0.95


def test_an_exported_model_imputes_from_the_same_conditional(exported):
    mean, variance = conditional()
    found, taken = applications.impute(exported, np.tile(VALUES, (CHAINS, 1)), SEEN, gibbs=5, metropolis=10)
    np.testing.assert_array_equal(found[:, 1:], np.tile(VALUES[1:], (CHAINS, 1)))
    assert abs(found[:, 0].mean() - mean) < 5 * np.sqrt(variance / CHAINS)
    assert abs(found[:, 0].var(ddof=1) - variance) < 5 * variance * np.sqrt(2 / CHAINS)
    np.testing.assert_allclose(taken, 1, atol=1e-3)


def test_examples_of_two_blocks_start_from_noise_of_their_own():
    """Where a proposal was refused, what is missing is of the first z; P(x|z) and Q(z|x) are so that this is seen in x."""
    sharp = linear.build((EXACT_A, -linear.B @ EXACT_A), (EXACT_W, linear.B), s=0.01, t=1.0)
    found, taken = applications.impute(sharp, np.tile(VALUES, (1000, 1)), SEEN, gibbs=0, metropolis=1)
    first, second = found[:500, 0], found[500:, 0]
    refused = (taken[:500] == 0) & (taken[500:] == 0)
    correlation = np.corrcoef(first[refused], second[refused])[0, 1]
    print(f"{refused.sum()} pairs, correlation {correlation:.3f}")
    assert refused.sum() > 100
    assert abs(correlation) < 5 / np.sqrt(refused.sum())


def test_pseudo_gibbs_alone_follows_a_wrong_encoder():
    """x_0 is a first-order autoregression, whose variance is not that of the conditional: what Metropolis is for."""
    t = 2 * VARIANCE**0.5
    found, taken = applications.impute(exact(t), np.tile(VALUES, (CHAINS, 1)), SEEN, gibbs=45, metropolis=0)
    kept = (EXACT_A @ EXACT_W)[0, 0]
    wrong = (t**2 * np.sum(EXACT_W[:, 0] ** 2) + linear.S**2) / (1 - kept**2)
    _, right = conditional()
    assert abs(found[:, 0].var(ddof=1) - wrong) < 5 * wrong * np.sqrt(2 / CHAINS)
    assert abs(wrong - right) > 10 * right * np.sqrt(2 / CHAINS)
    assert not taken.any()


def test_exports_are_asked_as_they_are_loaded(tmp_path):
    zoo.export(exact(), tmp_path / "m")
    found = applications.interpolate(zoo.load(tmp_path / "m"), X, X[::-1], steps=3)
    np.testing.assert_allclose(found, applications.interpolate(exact(), X, X[::-1], steps=3), rtol=1e-4, atol=1e-5)


def test_grey_levels_are_what_fit_makes_of_them():
    shape = data.Preprocessing(event_shape=(2, 2, 1), levels=256)
    model = zoo.build(tiny.experiment("vae"), preprocessing=shape)
    levels = np.random.default_rng(0).integers(0, 256, (5, 2, 2), np.uint8)
    floats = (levels[..., np.newaxis] / 255).astype(np.float32)
    for name, scores in applications.anomaly_scores(model, levels).items():
        np.testing.assert_allclose(scores, applications.anomaly_scores(model, floats)[name], rtol=1e-6)
    seen = np.array([[True, False], [True, True]])
    filled, _ = applications.impute(model, levels, seen, gibbs=1, metropolis=1)
    np.testing.assert_allclose(filled[:, seen], floats[:, seen])


REFUSED = {
    "no examples": (lambda model: applications.anomaly_scores(model, X[:0]), "expected one example at least"),
    "other examples": (lambda model: applications.anomaly_scores(model, X[:, :2]), r"expected x of shape .*found \(40, 2\)"),
    "NaN": (lambda model: applications.nearest(model, X + np.nan, X), "x must be finite"),
    "fewer ends": (lambda model: applications.interpolate(model, X, X[:3]), "found 40 and 3"),
    "one step": (lambda model: applications.interpolate(model, X, X, steps=1), "steps must be at least 2"),
    "no path": (lambda model: applications.interpolate(model, X, X, path="round"), "must be one of linear, spherical"),
    "all have it": (lambda model: applications.attribute_direction(model, X, np.ones(40)), "give some of both"),
    "truths of others": (lambda model: applications.attribute_direction(model, X, np.ones(3)), "found shape"),
    "too many": (lambda model: applications.nearest(model, X, X[:2], count=3), "count must be from 1 to 2"),
    "a mask of others": (lambda model: applications.impute(model, X, np.ones(2)), "seen must have the shape of x"),
    "NaN that is seen": (lambda model: applications.impute(model, X + np.nan, np.ones(3)), "must be finite"),
    "no rounds": (lambda model: applications.impute(model, X, np.ones(3), 0, 0), "give one round"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_is_refused(what, model):
    ask, reason = REFUSED[what]
    with pytest.raises(ValueError, match=reason):
        ask(model)
