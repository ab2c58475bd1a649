"""Whether the samples of a class are of it: by a classifier whose answers are known."""

import numpy as np
import pytest

from tests.models import tiny
from zoo.data import from_arrays
from zoo.evaluation import classes, features

DATA = from_arrays(np.zeros((20, *tiny.VECTOR), np.float32), labels=np.arange(20) % 3)
CONDITIONAL = {"condition": "label", "num_classes": 3}


class Second(features.Features):
    """A classifier to which everything is of the second class."""

    classifies = True

    def logits(self, x):
        """[n, 3]."""
        return np.tile([0.0, 1.0, 0.0], (len(x), 1))


def test_a_classifier_that_knows_one_class_is_right_of_the_samples_of_that_class(monkeypatch):
    monkeypatch.setattr(classes, "load", lambda features: Second("second"))
    found = classes.measure(tiny.build("vae", **CONDITIONAL), DATA, num_examples=30)
    assert found["class_accuracy"].value == pytest.approx(1 / 3)
    assert {label: own["accuracy"].value for label, own in found["accuracy_by_class"].value.items()} == {"0": 0, "1": 1, "2": 0}


def test_what_it_needs_is_told():
    for options, reason in (({}, "is not class-conditional"), (CONDITIONAL, "names no classifier")):
        found = classes.measure(tiny.build("vae", **options), DATA, num_examples=30)
        assert found["class_accuracy"].value is None
        assert reason in found["class_accuracy"].reason


def test_accuracy_by_class_is_of_the_samples_of_that_class():
    right, labels = np.array([1, 1, 0, 1, 0, 0], bool), np.array([0, 0, 0, 2, 2, 2])
    found = classes.by_class(right, labels)
    assert found["class_accuracy"].value == 0.5
    assert {label: own["accuracy"].value for label, own in found["accuracy_by_class"].value.items()} == {
        "0": pytest.approx(2 / 3),
        "2": pytest.approx(1 / 3),
    }
