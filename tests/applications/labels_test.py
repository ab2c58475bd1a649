"""Applications of a class-conditional model at labels: each example is told its own, in every block and along every way."""

import numpy as np
import pytest

from tests.models import tiny
from zoo import applications
from zoo.applications import codes, interpolation
from zoo.evaluation import draws

COUNT = draws.BLOCK + 7
X = np.random.default_rng(0).normal(size=(COUNT, *tiny.VECTOR)).astype(np.float32)
LABELS = np.arange(COUNT, dtype=np.int32) * 2 % 3


@pytest.fixture(scope="module")
def model():
    return tiny.build("vae", condition="label", num_classes=3)


def by_label(model, function):
    """What a function of (the model at one label, rows) gives, each row at its own label."""
    found = np.stack([function(model.given(np.int32(label)), X) for label in range(3)])
    return found[LABELS, np.arange(COUNT)]


def test_codes_of_more_examples_than_a_block(model):
    np.testing.assert_allclose(codes.of(model.given(LABELS), X), by_label(model, codes.of), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("score", ["log_prob", "reconstruction"])
def test_scores(model, score):
    found = applications.anomaly_scores(model.given(LABELS), X)[score]
    wanted = by_label(model, lambda at, x: applications.anomaly_scores(at, x)[score])
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_way_keeps_the_label_of_its_ends(model):
    found = applications.interpolate(model.given(LABELS), X, X[::-1], steps=3)
    z = codes.of(model.given(LABELS), X), codes.of(model.given(LABELS), X[::-1])
    wanted = by_label(model, lambda at, _: interpolation.between(at, *z, steps=3))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_labels_of_another_number_are_refused(model):
    with pytest.raises(ValueError, match="one for each of 4 examples or codes, found 3"):
        codes.of(model.given(LABELS[:3]), X[:4])
