"""A trained model and an exported one have all that evaluation asks of a model."""

import pytest

from tests.export import families
from zoo.evaluation.exported import Exported
from zoo.evaluation.subject import Subject
from zoo.export import export, load


@pytest.mark.parametrize(
    ("name", "has_posterior", "support"),
    [("vae_bernoulli", True, "binary"), ("gan", False, "real")],
)
def test_a_model_and_its_export_are_subjects(name, has_posterior, support, tmp_path):
    model = families.build(name)
    export(model, tmp_path / "model")
    exported = Exported(load(tmp_path / "model"))
    for subject in (model, exported):
        assert isinstance(subject, Subject)
        assert subject.has_posterior == has_posterior
        assert subject.code_support == "real"
        assert subject.event_shape == model.event_shape
    assert (model.has_distributions, exported.has_distributions) == (True, False)
    assert (model.likelihood_support, exported.likelihood_support) == (support, support)
