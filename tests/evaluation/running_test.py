"""Several measures of one model: which it is asked for, with which options, and what one that fails says."""

import types

import pytest

from tests.evaluation import linear_models
from tests.models import tiny
from zoo import registry
from zoo.evaluation import results, running

OF_CLASSES = {"chains", "classes", "floor", "likelihood", "reconstructions", "samples"}


@pytest.mark.parametrize("conditional", [False, True])
def test_a_class_conditional_model_is_asked_what_is_written_for_one(conditional, monkeypatch):
    options = {"condition": "label", "num_classes": 3} if conditional else {}
    measures = registry.names("measure")
    for name in measures:
        answer = {name: results.Result(1.0)}
        monkeypatch.setattr(registry.find("measure", name), "measure", lambda model, data, answer=answer: answer)
    found = running.evaluate(tiny.build("vae", **options), types.SimpleNamespace(name="nothing"), measures, {})
    assert {name for name in measures if found[name].value} == (OF_CLASSES if conditional else set(measures))


def test_measures_run_one_after_the_other_with_the_options_they_have():
    found = running.evaluate(
        linear_models.build(), linear_models.dataset(), ["latent", "samples"], {"num_examples": 50, "features": "nowhere"}
    )
    assert found["num_latent_examples"] == 50
    assert list(results.reasons(found, failed=True)) == ["samples"]
    assert "nowhere" in found["samples"].reason


@pytest.mark.parametrize(
    ("measures", "options", "message"),
    [
        (
            ["nope"],
            {},
            "unknown measure 'nope'; choose from chains, classes, floor, gradients, latent, likelihood, partition, recon",
        ),
        (["latent"], {"rounds": (1,)}, "--rounds is no option"),
    ],
)
def test_unknown_measures_and_options_are_refused(measures, options, message):
    with pytest.raises(ValueError, match=message):
        running.evaluate(None, None, measures, options)
