"""Samples in the plane: modes, good samples and the true likelihood; and questions that fail alone."""

import types

import numpy as np
import pytest
from scipy import stats

import zoo
from tests.evaluation import linear_models
from zoo import data as data_sets
from zoo.data import Preprocessing, rings
from zoo.evaluation import latent, results, samples, symmetry
from zoo.evaluation.results import Unavailable


@pytest.fixture(scope="module")
def data():
    return data_sets.load(zoo.experiment(data={"name": "rings"}, model={}, training={}).data)


def test_draws_of_the_mixture_itself_cover_every_mode(data):
    found = samples.modes(data, data.splits["test"].array)
    assert found["modes_covered"].value == found["num_modes"] == 8
    # In the plane the distance in standard deviations is Rayleigh: exp(-9/2) lie beyond three.
    assert abs(found["good_samples"].value - (1 - np.exp(-4.5))) < 4 * np.sqrt(np.exp(-4.5) / 10_000)


def test_lost_modes_and_bad_samples_are_seen(data):
    x = np.repeat(rings.MEANS[:3], [500, 400, 100], axis=0)
    x[:250] += 0.5
    assert samples.modes(data, x)["modes_covered"].value == 3
    # Without the first 250, 750 are good: 250, 400 and 100 of three modes, where an eighth would be 93.75.
    np.testing.assert_allclose(samples.modes(data, x)["mode_imbalance"].value, (250 + 400 + 100 - 3 * 93.75) / 750)
    good = samples.modes(data, x)["good_samples"]
    assert good.value == 0.75
    np.testing.assert_allclose(good.standard_error, np.sqrt(0.75 * 0.25 / 1000), rtol=1e-12)
    # One sample of 2,000 is less than covers a mode.
    x = np.concatenate([np.repeat(rings.MEANS[:1], 1999, axis=0), rings.MEANS[1:2]])
    assert samples.modes(data, x)["modes_covered"].value == 1


@pytest.mark.parametrize(
    ("x", "covered", "uneven", "good"),
    [
        ([[1, 0], [0, 2]], 2, 0, 1),
        ([[1, 0], [1, 0]], 1, 0.5, 1),
        ([[0, 2]], 1, 0.5, 1),
        ([[-1, 0], [0, -2]], 0, 0.5, 0),
        ([[1, 0], [0, 2], [0, 2.1], [3, 3]], 2, 1 / 6, 0.75),
    ],
)
def test_modes_by_hand(x, covered, uneven, good, monkeypatch):
    monkeypatch.setattr(samples, "_mixture", lambda data: (np.array([[1.0, 0.0], [0.0, 2.0]]), 0.1))
    found = samples.modes(None, np.array(x, float))
    assert found["modes_covered"].value == covered
    assert found["mode_imbalance"].value == pytest.approx(uneven)
    assert found["good_samples"].value == good


def test_answers_of_a_classifier_by_hand():
    """Answers (3/4, 1/4) and (1/2, 1/2): their mean is (5/8, 3/8)."""
    found = samples.answers_of_classifier(np.log([[3.0, 1.0], [1.0, 1.0]]))
    entropies = [stats.entropy([0.75, 0.25]), np.log(2)]
    values = {name: result.value for name, result in found.items()}
    assert values == {
        "classifier_entropy": pytest.approx(np.mean(entropies)),
        "class_balance_entropy": pytest.approx(stats.entropy([0.625, 0.375])),
        "rarest_class": pytest.approx(0.375),
    }


def test_what_features_see_is_clipped_where_there_are_grey_levels():
    for levels, shown, told in ((256, [0, 0.5, 1], "float32 in [0, 1], clipped"), (0, [-1, 0.5, 3], "real values as they are")):
        data = types.SimpleNamespace(preprocessing=Preprocessing(event_shape=(3,), levels=levels))
        np.testing.assert_array_equal(samples.to_unit(data, np.array([[-1, 0.5, 3]], np.float32)), [shown])
        assert samples.range_of(data) == told


def test_a_set_without_known_modes_says_so():
    with pytest.raises(Unavailable, match="no known modes"):
        samples.modes(linear_models.dataset(), np.zeros((3, 2)))


def test_the_density_of_a_mixture_of_normals_has_its_entropy_and_integrates_to_one():
    data = data_sets.load(zoo.experiment(data={"name": "toy4"}, model={}, training={}).data)
    x = data.splits["test"].array
    log_q = samples.log_density(data, x)
    assert abs(-log_q.mean() - 1.557) < 4 * log_q.std() / len(log_q) ** 0.5
    axis = np.arange(-2.5, 2.5, 0.05)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    np.testing.assert_allclose(np.exp(samples.log_density(data, grid)).sum() * 0.05**2, 1, atol=1e-4)


def planar():
    decoder = linear_models.W[:, :2], linear_models.B[:2]
    return linear_models.build(encoder=(linear_models.A[:2], linear_models.C), decoder=decoder)


def test_a_model_of_the_data_is_as_good_as_can_be():
    """Samples of P(x), with noise, against data drawn from the same P(x): distances are 0 within their errors."""
    x = linear_models.draw(1000)[:, :2]
    found = samples.measure(planar(), linear_models.dataset(x=x), num_examples=1000)
    kernel = found["kernel_distance[pixels]"]
    assert abs(kernel.value) < 4 * kernel.standard_error
    assert found["frechet_distance[pixels]"].value < 0.05
    assert min(found[f"{name}[pixels]"].value for name in ("precision", "recall", "coverage")) > 0.85
    exact = -stats.multivariate_normal(linear_models.B[:2], linear_models.MARGINAL[:2, :2]).logpdf(x).mean()
    np.testing.assert_allclose(found["true_negative_log_likelihood"].value, exact, rtol=1e-4)
    for name in ("modes_covered", "mode_imbalance", "good_samples", "divergence_from_data"):
        assert found[name].reason.startswith("data set linear has no known modes")
    assert found["features[pixels]"]["num_generated"] == 1000


def test_the_divergence_is_of_the_data_from_the_model(data):
    """KL(Q || P) = E_Q log Q - E_Q log P on the same examples, of which log P is a linear Gaussian model's."""
    x = data.splits["test"].array[:500]
    found = samples.true_likelihood(planar(), data, x)
    log_p = stats.multivariate_normal(linear_models.B[:2], linear_models.MARGINAL[:2, :2]).logpdf(x)
    difference = samples.log_density(data, x) - log_p
    np.testing.assert_allclose(found["divergence_from_data"].value, difference.mean(), rtol=1e-3)
    np.testing.assert_allclose(found["divergence_from_data"].standard_error, difference.std(ddof=1) / 500**0.5, rtol=1e-3)
    assert difference.mean() > 1


def test_too_few_examples_are_one_line_for_what_needs_more_and_the_rest_is_there():
    found = samples.measure(linear_models.build(), linear_models.dataset(), num_examples=6)
    assert found["precision[pixels]"].failed
    assert isinstance(found["frechet_distance[pixels]"].value, float)


def test_of_a_small_set_only_what_it_cannot_have_is_missing_and_that_is_no_fault():
    found = samples.measure(linear_models.build(), linear_models.dataset(6))
    assert found["precision[pixels]"].reason == "a ball of 5 neighbours needs at least 7 examples, found 6, and there are 6"
    assert isinstance(found["frechet_distance[pixels]"].value, float)
    assert not results.reasons(found, failed=True)


@pytest.mark.parametrize(("measure", "options"), [(latent, {}), (symmetry, {"rounds": (1,)})], ids=["latent", "symmetry"])
def test_other_measures_say_so_too(measure, options):
    found = measure.measure(linear_models.build(), linear_models.dataset(6), **options)
    reasons = results.reasons(found)
    assert any(reason.endswith("examples, found 6, and there are 6") for reason in reasons.values())
    assert not results.reasons(found, failed=True)
