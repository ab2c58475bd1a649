"""Examples to measure on: a random choice that the seed makes, in the order of the data, with their labels."""

import types

import numpy as np
import pytest

from tests.evaluation import linear_models
from tests.models import tiny
from zoo.evaluation import draws
from zoo.evaluation.results import Unavailable

COUNT = 1000
DATA = linear_models.dataset(COUNT, labels=np.arange(COUNT))


def chosen(count, seed):
    """Which examples were chosen; the labels are their positions."""
    x, rows = draws.examples(DATA, count, seed)
    np.testing.assert_array_equal(x, DATA.splits["test"].array[rows])
    return rows


def test_examples_are_chosen_at_random_from_the_whole_split():
    rows = np.stack([chosen(50, seed) for seed in range(40)])
    assert (np.diff(rows, axis=1) > 0).all()  # each once, in order
    # Uniform on 0 ... 999: mean 499.5 and standard deviation 288.7, of 2,000 positions.
    assert abs(rows.mean() - 499.5) < 4 * 288.7 / 2000**0.5
    assert len(np.unique(rows[:, 0])) > 20
    np.testing.assert_array_equal(chosen(50, 3), rows[3])


def test_all_examples_are_taken_where_so_many_are_asked_for_or_more():
    for count in (None, COUNT, COUNT + 1):
        np.testing.assert_array_equal(chosen(count, 0), np.arange(COUNT))


def test_some_rows_are_chosen_at_random_and_stay_in_order():
    x = np.arange(100)
    found = np.stack([draws.some(x, 10, seed) for seed in range(200)])
    assert (np.diff(found, axis=1) > 0).all()
    # Uniform on 0 ... 99: mean 49.5 and standard deviation 28.9, of 2,000 rows.
    assert abs(found.mean() - 49.5) < 4 * 28.9 / 2000**0.5
    np.testing.assert_array_equal(draws.some(x, 100, 0), x)


def test_the_error_of_codes_is_in_shares_of_the_variance_of_the_prior_whatever_that_is():
    """Codes of variance 9 that are missed by 1 and by 2 have an error of (1 + 4) / 2 / 9."""
    z = 3 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    model = types.SimpleNamespace(has_posterior=True, num_classes=0, code=lambda x: x + [1, 2])
    np.testing.assert_allclose(draws.errors_of_codes(model, z, z), [2.5 / 9] * 2)


def test_the_error_of_codes_is_of_the_code_and_not_of_the_mean_of_noisy_codes():
    """A posterior of codes with noise 0.6 has its mean at 0.8 of the code."""
    model = tiny.build("extended_helmholtz", posterior=dict(name="noisy_code", noise=0.6))
    z, x = draws.pairs(model, 50, 0)
    exact = np.mean((model.code(x) - z) ** 2, 1) / np.mean(z.var(0))
    np.testing.assert_allclose(draws.errors_of_codes(model, x, z), exact, rtol=1e-5)
    assert np.abs(draws.encoded(model, x, 0)["mean"] - model.code(x)).max() > 0.01


def test_labels_are_told_to_a_class_conditional_model_alone():
    conditional, other = tiny.build("vae", condition="label", num_classes=3), tiny.build("vae")
    labels = np.array([2, 0, 1, 1])
    np.testing.assert_array_equal(draws.told(conditional, labels, 4), labels)
    assert draws.told(conditional, labels, 4).dtype == np.int32
    for given in (labels, None):
        np.testing.assert_array_equal(draws.told(other, given, 4), np.zeros(4))
    with pytest.raises(Unavailable, match="is told the labels y of examples, and these have none"):
        draws.told(conditional, None, 4)
    np.testing.assert_array_equal(draws.labels_of_samples(conditional, 5), [0, 1, 2, 0, 1])
    np.testing.assert_array_equal(draws.labels_of_samples(other, 5), np.zeros(5))
    assert draws.labels_of_samples(conditional, 5).dtype == np.int32


def test_codes_of_a_class_are_encoded_as_of_that_class():
    model, x = tiny.build("vae", condition="label", num_classes=3), np.zeros((3, *tiny.VECTOR), np.float32)
    found = draws.encoded(model, x, 0, labels=np.arange(3))
    for label in range(3):
        own = draws.encoded(model, x, 0, labels=np.full(3, label))
        for name in ("mean", "sample"):
            np.testing.assert_allclose(found[name][label], own[name][label], rtol=1e-6)
    assert np.abs(found["mean"][0] - found["mean"][1]).max() > 1e-4


def test_a_model_without_encoder_encodes_nothing():
    with pytest.raises(Unavailable, match="the model has no encoder"):
        draws.encoded(tiny.build("gan"), np.zeros((3, *tiny.VECTOR), np.float32), 0)
