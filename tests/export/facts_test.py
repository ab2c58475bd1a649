"""model.json: what it says of each family, and what is not taken for one."""

import json
import shutil

import pytest

import zoo
from tests.export import families
from zoo.export import facts, manifest

NORMAL = {"likelihood_support": "real", "code_support": "real", "posterior": "normal", "critics": {}, "critic_details": {}}


def critics(slope_held, *names, kind):
    """What is said of approximators of one kind."""
    details = {name: {"reads": "drawn", "slope_held": slope_held} for name in names}
    return {"critics": dict.fromkeys(names, kind), "critic_details": details}


HELD = critics("segments", "log_q_x", kind="potential")
EXPECTED = {
    "vae": NORMAL,
    "vae_bernoulli": NORMAL | {"likelihood_support": "binary"},
    "ehm": NORMAL | HELD,
    "gan": NORMAL | {"posterior": None} | HELD,
    "batch_normalized": NORMAL | critics("everywhere", "log_q_x", kind="potential"),
    "as_vae": NORMAL | critics(None, "log_posterior_ratio", "log_likelihood_ratio", kind="ratio"),
    "adversarial_autoencoder": NORMAL | {"posterior": None} | critics(None, "log_p_z", kind="ratio"),
    # Its probabilities are those along one path: no independent Bernoulli variables.
    "helmholtz_machine": NORMAL | {"code_support": "binary", "posterior": None},
}


@pytest.mark.parametrize("family", families.MODELS)
def test_what_is_said_of_a_model(exported, family):
    found = exported.loaded(family).facts
    preprocessing = found.pop("preprocessing")
    assert preprocessing["value_range"] == families.preprocessing(family).value_range
    assert (preprocessing["levels"], tuple(preprocessing["event_shape"])) == (17, families.SHAPE)
    assert found == EXPECTED[family] | {"format": 1}
    found["preprocessing"] = preprocessing


def test_an_older_model_says_nothing(exported, tmp_path):
    path = shutil.copytree(exported.path("gan"), tmp_path / "model")
    (path / facts.NAME).unlink()
    manifest.write(path)
    assert zoo.load(path).facts == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 2}, "is not of format 1"),
        ({"likelihood_support": "complex"}, "likelihood_support must be of"),
        ({"likelihood_support": ["real"]}, "likelihood_support must be of"),
        ({"posterior": "cauchy"}, "posterior must be of"),
        ({"critics": []}, "critics must be names and kinds"),
        ({"critics": {"log_q_x": 3}}, "critics must be names and kinds"),
        ({"critics": {"log_q_x": "ratio", "log_p_z": 3}}, "critics must be names and kinds"),
        ({"critic_details": {"log_q_x": "drawn"}}, "critic_details must be reads, slope_held for each name"),
        ({"critic_details": {"log_q_x": {"reads": "drawn", "slope_held": "here"}}}, "slope_held must be of"),
        ({"preprocessing": {"levels": 3}}, "preprocessing"),
        ({"preprocessing": []}, "preprocessing"),
        ({"preprocessing": {"event_shape": [2], "levels": 17, "value_range": "odd"}}, "value_range"),
        ("[", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is not of format 1"),
        ("1" * (facts.MAX_BYTES + 1), "is not of format 1"),
    ],
)
def test_what_is_no_model_json(exported, tmp_path, change, reason):
    written = json.loads((exported.path("vae") / facts.NAME).read_text())
    (tmp_path / facts.NAME).write_text(change if isinstance(change, str) else json.dumps(written | change))
    with pytest.raises(ValueError, match=reason) as caught:
        facts.read(tmp_path)
    assert "\n" not in str(caught.value)


def test_as_many_bytes_as_there_may_be_are_read(exported, tmp_path):
    written = (exported.path("vae") / facts.NAME).read_text()
    (tmp_path / facts.NAME).write_text(written.ljust(facts.MAX_BYTES))
    assert facts.read(tmp_path) == json.loads(written)
