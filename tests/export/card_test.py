"""The card of an exported model: complete, true to the model, and readable by YAML's own parser."""

import json
import re
import types

import numpy as np
import pytest
import yaml
from ml_collections import ConfigDict
from PIL import Image

from tests.export import card_check, families
from zoo import machine
from zoo.evaluation.pictures import grid
from zoo.export import card

COMMAND = "python -m tools.evaluate --workdir runs/small"
EVALUATION = {
    "command": COMMAND,
    "data": "digits",
    "split": "test",
    "step": 7,
    "negative_elbo": -12.25,
    "negative_elbo_standard_error": 0.5,
    "num_examples": 360,
    "num_samples": 100,
    "annealing_steps": 5,
    "num_modes": 8,
    "modes_covered": 7,
    "frechet_distance[pixels]": 2.5,
    "bits_per_dim": None,
    "limiting_distribution": {"1": {"precision[pixels]": 1.0}},
    "measure_of_a_user": 0.5,
    "measure_of_a_user_standard_error": 0.25,
}
METRICS = {"negative_elbo": -12.25, "modes_covered": 7, "frechet_distance[pixels]": 2.5, "measure_of_a_user": 0.5}


def about(**changes):
    given = {
        "name": "small",
        "config": families.config("ehm"),
        "commit": "abc123",
        "evaluation": EVALUATION,
    }
    return card.About(**given | changes)


@pytest.fixture
def text(exported):
    return card.text(exported.model("ehm"), about(), picture=True)


@pytest.mark.parametrize("family", families.MODELS)
def test_the_card_in_an_export_has_no_problems(exported, family):
    folder = exported.path(family)
    assert card_check.problems((folder / "README.md").read_text(), folder) == []


def test_a_whole_card_has_no_problems(text):
    """Nor has one that does not say which split was measured."""
    assert card_check.problems(text) == []
    assert (shorter := text.replace(', "split": "test"', "", 1)) != text
    assert card_check.problems(shorter) == []


def test_the_head_is_yaml(text):
    head = yaml.safe_load(text.split("---")[1])
    assert head["license"] == "apache-2.0"
    (model,) = head["model-index"]
    (result,) = model["results"]
    assert model["name"] == "small"
    assert result["dataset"] == {"name": "digits", "type": "digits", "split": "test"}
    # Results alone: no count, no setting, and nothing without a value.
    assert result["metrics"] == [{"type": name, "value": value, "name": name} for name, value in METRICS.items()]
    assert result["source"]["name"] == COMMAND


def test_numbers_steps_commit_and_config_stand_in_it(text):
    assert "| negative_elbo | -12.25 | 0.5 |" in text
    assert f"By `{COMMAND}`" in text
    assert '"num_samples": 100' in text
    assert "0 steps with the objective extended_helmholtz. Commit of the code: abc123." in text
    stored = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1])
    assert stored == json.loads(families.config("ehm").to_json())


def test_what_is_no_measure_stands_beside_the_command(text):
    (told,) = re.findall(r"^By `python -m tools.evaluate --workdir runs/small`: (.*)$", text, re.MULTILINE)
    errors = {f"{name}_standard_error" for name in METRICS}
    assert json.loads(told) == {name: EVALUATION[name] for name in EVALUATION.keys() - METRICS.keys() - errors - {"command"}}


def test_what_it_says_of_a_model_that_has_everything(exported):
    written = card.text(exported.model("ehm"), about())
    assert "are missing" not in written
    assert "<!-- task: image-generator -->" in written
    assert "<!-- network-architecture: mlp -->" in written
    assert "x: float32 [batch, 8, 8, 1], images in [0, 1]; grey levels 0 to 255 are refused" in written
    seen = families.preprocessing("ehm").value_range
    assert f"17 grey levels; range of x {seen}, dequantization none, binarization none." in written


def test_it_says_what_the_critics_approximate(exported):
    written = card.text(exported.model("as_vae"), about())
    assert "`critic` stands in for log_posterior_ratio: a log ratio in nats." in written
    assert "`critic` stands in for log_likelihood_ratio: a log ratio in nats." in written
    assert "a potential: it orders examples and is not in nats" in card.text(exported.model("ehm"), about())


def test_it_says_what_is_missing(exported):
    written = card.text(exported.model("gan"), card.About(name="gan"))
    assert "`encode` and `reconstruct` are missing" in written
    assert "`elbo` and `log_prob` are missing" in written
    assert "Measures are not recorded." in written
    assert "| `encode` |" not in written


def test_the_picture_is_of_its_samples(exported):
    shown = np.asarray(Image.open(exported.path("ehm") / "samples.png"))
    expected = grid(exported.loaded("ehm").sample(64, seed=0))[..., 0]
    assert shown.shape == expected.shape
    # Another device of the same kind may round a pixel the other way.
    assert np.abs(shown.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("---\n", "", "does not begin with a head"),
        ('license: "apache-2.0"\n', "", "the head has no license"),
        ('license: "apache-2.0"', "license: {", "not in JSON's notation"),
        ('"name": "small"', '"name": ""', "a model of the model-index has no name"),
        ('"task": {"type"', '"task": {"kind"', "no task.type"),
        ('"dataset": {"name"', '"dataset": {"title"', "no dataset.name"),
        ('"value": -12.25', '"value": NaN', "a metric without type and finite value"),
        ('"value": -12.25', '"value": "good"', "a metric without type and finite value"),
        ('"source": {"name"', '"source": {"title"', "no command"),
        ("# Module symmetric-zoo/small/1", "# Small", "no title"),
        ("<!-- asset-path: small.tar.gz -->\n", "", "the field asset-path is missing"),
        ("<!-- format: saved_model_2 -->", "<!-- format: -->", "the field format is missing"),
        ("## Limits\n", "## Other\n", "the section Limits is missing"),
    ],
)
def test_problems_are_found(text, old, new, problem):
    assert old in text
    assert any(problem in found for found in card_check.problems(text.replace(old, new, 1)))


def test_a_picture_that_is_missing_is_found(text, tmp_path):
    assert card_check.problems(text, tmp_path) == ["it shows samples.png, which is not there"]
    (tmp_path / "samples.png").write_text("")
    assert card_check.problems(text, tmp_path) == []


def test_what_is_known_of_a_run_and_of_a_model(monkeypatch):
    monkeypatch.setattr(machine, "commit", lambda: "abc123")
    known = card.About(name="mine", config="config", commit="abc123", fingerprint="f")
    assert card.about_run("mine", "config", fingerprint="f") == known
    data = types.SimpleNamespace(fingerprint="f")
    assert card.about_model("mine", types.SimpleNamespace(config="config", data=data)) == known
    bare = card.about_model("mine", types.SimpleNamespace(config="config", data=None))
    assert bare == card.About(name="mine", config="config", commit="abc123")
    for model in (types.SimpleNamespace(), types.SimpleNamespace(config=None)):
        assert card.about_model("mine", model) == card.About(name="mine")
    monkeypatch.setattr(machine, "commit", lambda: None)
    assert card.about_run("mine", "config") == card.About(name="mine", config="config")


@pytest.mark.parametrize("num_classes", [0, 10])
@pytest.mark.parametrize(
    ("shape", "shown"), [((8, 8, 1), True), ((8, 8, 3), True), ((1, 1, 2), False), ((3, 3, 4), False), ((1,), False)]
)
def test_a_picture_is_of_grey_or_coloured_images_of_every_class(shape, shown, num_classes, tmp_path, monkeypatch):
    told = []
    model = types.SimpleNamespace(event_shape=shape, given=lambda labels: told.append(labels.tolist()) or "given")
    sampling = lambda at: types.SimpleNamespace(sample=lambda count, seed: (at, int(count)))  # noqa: E731
    monkeypatch.setattr(card.conditional, "classes", lambda model: num_classes)
    monkeypatch.setattr(card.endpoints, "Endpoints", sampling)
    monkeypatch.setattr(card, "grid", lambda images: told.append(images))
    monkeypatch.setattr(card, "save_png", lambda image, path: path.write_text("picture"))
    monkeypatch.setattr(card, "text", lambda model, about, picture: f"{about} {picture}")
    card.write(model, tmp_path, "mine")
    assert (tmp_path / "README.md").read_text() == f"mine {shown}"
    assert (tmp_path / "samples.png").exists() == shown
    labels = [[number * 10 // 64 for number in range(64)]] if num_classes else []
    assert told == ([*labels, ("given" if num_classes else model, 64)] if shown else [])


def test_what_it_says_of_a_model_of_labelled_vectors_of_which_little_is_known(monkeypatch):
    own = types.SimpleNamespace(prior=lambda: None, sample=lambda: None)
    own.sample.__doc__ = "The mean of P(x|z).\n\nMore."
    monkeypatch.setattr(card.conditional, "classes", lambda model: 10)
    monkeypatch.setattr(card.endpoints, "own", lambda model: own)
    monkeypatch.setattr(card.endpoints, "names", lambda model: ("prior", "sample"))
    objective = types.SimpleNamespace(name="zoo.objectives.wake_sleep")
    model = types.SimpleNamespace(
        event_shape=(4,),
        latent_size=2,
        preprocessing=None,
        approximators={},
        energy="energy",
        has_posterior=False,
        has_likelihood_bound=False,
        networks=dict,
        step=types.SimpleNamespace(numpy=lambda: 1200),
        training_step=types.SimpleNamespace(objective=objective),
    )
    written = card.text(model, card.About(name="mine"))
    for line in (
        "A latent-variable model of not recorded, trained with the objective wake_sleep.",
        "<!-- task: generator -->",
        "<!-- network-architecture: custom -->",
        "x: float32 [batch, 4], vectors as they are. z: float32 [batch, 2].",
        "not recorded; x is given to the model as it is.",
        "1,200 steps with the objective wake_sleep. Commit of the code: not recorded.",
        "The config is not recorded.",
        "| `prior` |  |",
        "| `sample` | The mean of P(x\\|z). |",
        "All but `prior` and `log_p_z` take `label`, 0 to 9, one for all examples or one for each. "
        "`reconstruct` takes `new_label` as well.",
        "images = model.sample(16, label=0, seed=0)",
        "- Its log P(x) is as good as the estimate of log Z, whose standard error `log_prob` gives.",
    ):
        assert line in written.splitlines()
    assert "are missing" not in written


def test_the_data_are_those_of_a_file_a_folder_or_a_fingerprint():
    for section, fingerprint, named in (
        ({"name": "mnist"}, "", "mnist"),
        ({"name": "mnist"}, "abc", "mnist (fingerprint abc)"),
        ({"name": "table", "file": "a.csv"}, "abc", "table (a.csv, fingerprint abc)"),
        ({"name": "images", "folder": "pictures"}, "", "images (pictures)"),
        ({"name": "table", "file": ""}, "", "table (given in memory)"),
    ):
        config = ConfigDict({"data": section})
        assert card._named_data(card.About(name="mine", config=config, fingerprint=fingerprint)) == named
