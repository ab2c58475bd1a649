"""What a run refuses, before it has written anything or in a folder that is another run's."""

import json
import types

import pytest
from PIL import Image

import zoo
from tests.training.runs import experiment, lines
from zoo.config import ConfigError
from zoo.data import faults
from zoo.training import loop
from zoo.training.loop import train
from zoo.training.workdir import Workdir, WorkdirError, restore


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of 10 steps."""
    workdir = tmp_path_factory.mktemp("runs") / "whole"
    train(experiment(10), workdir)
    return workdir


@pytest.mark.parametrize(
    ("section", "options", "told"),
    [
        ("data", {"batch_size": 31}, "data.batch_size: 31 is more than the 30 examples"),
        ("training", {"validate_every": 10}, "training.validate_every: there is no validation split; set .*fraction"),
        ("training", {"early_stopping_patience": 2}, "training.early_stopping_patience: this model has no ELBO .* set it to 0"),
        ("training", {"keep_best": True}, "training.keep_best: this model has no ELBO to watch; set it to False"),
    ],
)
def test_what_data_and_model_cannot_do_together_is_told(section, options, told):
    config = experiment()
    config[section].update(options)
    sizes = types.SimpleNamespace(size=lambda split: 30, splits=("train", "test"))
    with pytest.raises(ConfigError, match=rf"^config\.{told}$"):
        loop.check_run(config, sizes, types.SimpleNamespace(has_likelihood_bound=False))
    config = experiment(validate_every=0, early_stopping_patience=0, keep_best=False)
    config.data.batch_size = 30
    loop.check_run(config, sizes, types.SimpleNamespace(has_likelihood_bound=False))


def test_a_model_that_could_not_be_exported_is_refused_before_anything_is_written(tmp_path):
    def refuse(model):
        raise ValueError(f"refused at step {int(model.step)}")

    with pytest.raises(ValueError, match="refused at step 0"):
        train(experiment(10), tmp_path / "run", check=refuse)
    assert not (tmp_path / "run").exists()
    train(experiment(10), tmp_path / "run")
    assert train(experiment(20), tmp_path / "run", check=refuse)["step"] == 20  # asked of a new run only


def test_validation_needs_a_split(tmp_path):
    config = experiment(10, validate_every=10)
    config.data.validation_fraction = 0.0
    with pytest.raises(ConfigError, match="no validation split"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_another_experiment_is_refused_with_the_fields(finished):
    config = experiment(50)
    config.model.latent_size = 4
    with pytest.raises(WorkdirError, match=r"config\.model\.latent_size was 3, now 4"):
        train(config, finished)


@pytest.mark.parametrize("stored", [None, 1, 3])
def test_a_run_of_another_format_is_refused(stored, finished, tmp_path):
    about = json.loads((finished / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**about, "format": stored}))
    for use in (restore, lambda path: train(experiment(50), path)):
        with pytest.raises(
            WorkdirError, match=rf"holds a run of format {stored}, and this version of the zoo reads"
        ) as refused:
            use(tmp_path)
        assert "\n" not in str(refused.value)


@pytest.fixture
def on_pictures(tmp_path):
    """An experiment on 30 picture files and 3 to test, and the last of the 30."""
    sections = experiment(10, pictures_every=0).to_dict()
    sections["data"] = {
        "name": "image_folder",
        "folder": str(tmp_path / "data"),
        "image_size": 4,
        "channels": 1,
        "batch_size": 5,
    }
    sections["model"]["likelihood"] = "normal"
    for split, count in (("test", 3), ("train", 30)):
        (tmp_path / "data" / split).mkdir(parents=True)
        for number in range(count):
            path = tmp_path / "data" / split / f"{number:02}.png"
            Image.new("L", (4, 4), number).save(path)
    return zoo.experiment(**sections), path


def test_data_that_changed_since_the_run_began_are_refused(on_pictures, tmp_path):
    config, path = on_pictures
    train(config, tmp_path / "run")
    config.training.steps = 20
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(WorkdirError, match="the data set image_folder has changed since this run began"):
        train(config, tmp_path / "run")
    path.write_bytes(path.read_bytes()[:-1])
    assert train(config, tmp_path / "run")["step"] == 20


def test_too_many_unreadable_pictures_end_a_run_in_one_line(on_pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(faults, "CHECKED", 0)
    config, path = on_pictures
    for damaged in sorted(path.parent.iterdir())[4:26]:
        damaged.write_bytes(b"")
    config.data.max_unreadable = 0.5
    with pytest.raises(ConfigError, match=r"^config\.data\.max_unreadable: \d+ of 27 pictures of the train split") as refused:
        train(config, tmp_path / "run")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run" / "finished.json").exists()


def test_a_run_of_another_config_that_began_meanwhile_is_refused(tmp_path, monkeypatch):
    """Between the first look at the folder, before the data are read, and its lock."""
    build = loop.build

    def slow(*args, **kwargs):
        other = experiment(10)
        other.model.latent_size = 4
        monkeypatch.setattr(loop, "build", build)
        train(other, tmp_path)
        return build(*args, **kwargs)

    monkeypatch.setattr(loop, "build", slow)
    with pytest.raises(WorkdirError, match=r"config\.model\.latent_size was 4, now 3"):
        train(experiment(10), tmp_path)
    assert [line["step"] for line in lines(tmp_path)] == [10]


def test_a_second_run_on_the_folder_is_refused(tmp_path):
    with Workdir(tmp_path).locked(), pytest.raises(WorkdirError, match="in use by another process"):
        train(experiment(10), tmp_path)
