"""A study's runs, in order and with their configs; what cannot work is refused in one line before anything is run."""

import pytest

import zoo
from tests.studies import example
from zoo import config_files
from zoo.config import ConfigError
from zoo.studies import Measure, Net, Run, Scatter, Study, jobs, sweep


def names(found):
    return [(job.run.name, job.seed) for job in found]


def test_every_run_has_its_first_seed_before_any_has_its_second():
    runs = [Run("a", "vae_digits"), Run("b", "vae_digits", seeds=(7, 3, 5)), Run("c", "vae_digits", floor=True)]
    found = jobs.jobs(example.study(runs=runs))
    assert names(found) == [("a", 0), ("b", 7), ("c", 0), ("a", 1), ("b", 3), ("b", 5)]
    found = jobs.jobs(example.study(runs=runs, order="runs"))
    assert names(found) == [("a", 0), ("a", 1), ("b", 7), ("b", 3), ("b", 5), ("c", 0)]


def test_a_group_has_all_its_seeds_before_the_next():
    groups = {"a": "", "b": "short", "c": "", "d": "short"}
    runs = [Run(name, "vae_digits", group=group) for name, group in groups.items()]
    found = jobs.jobs(example.study(runs=runs, order="groups"))
    assert names(found) == [(run, seed) for runs in ("ac", "bd") for seed in (0, 1) for run in runs]


def test_a_run_has_the_changes_of_the_study_then_its_own_then_its_seed():
    run = Run("a", "vae_digits", {"model.latent_size": 3, "training.steps": 30})
    (job,) = jobs.jobs(example.study(runs=[run], seeds=(9,)))
    expected = example.SHORT | {"model.latent_size": 3, "training.steps": 30, "training.seed": 9}
    assert job.config == zoo.start_from("vae_digits", expected)
    assert job.changes == expected


def test_a_sweep_is_a_run_for_each_value():
    first, second = sweep("VAE", "vae_digits", "model.latent_size", (4, 8), {"training.steps": 10}, seeds=3)
    assert (first.name, first.group, first.knob, first.seeds) == ("VAE, latent size 4", "VAE", 4, (0, 1, 2))
    assert second.changes == {"training.steps": 10, "model.latent_size": 8}


def test_a_question_has_every_option_and_a_floor_is_asked_with_the_same_features():
    measures = {"A": Measure("samples", features="A", num_examples=50), "bound": Measure("likelihood")}
    first, *_, floor = jobs.jobs(example.study(seeds=1, measures=measures, nets={"A": Net("digits")}))
    expected = {"num_examples": 50, "features": "A", "observation_noise": False, "seed": 0}
    assert first.questions["A"] == {"measure": "samples", "options": expected}
    del expected["observation_noise"]
    assert floor.questions == {"A": {"measure": "floor", "options": expected}}


def test_a_run_may_be_measured_by_some_only():
    first, second = jobs.jobs(
        example.study(runs=[Run("a", "vae_digits"), Run("b", "vae_digits", measures=("bound",))], seeds=1)
    )
    assert list(first.questions) == ["pixels", "bound"]
    assert list(second.questions) == ["bound"]


BAD = {
    "a run's measure": (
        lambda: {"runs": [Run("a", "vae_digits", measures=("nope",))]},
        "run a: unknown measure 'nope'; choose from pixels, bound",
    ),
    "a config": (lambda: {"runs": [Run("a", "nope")]}, "run a: config nope: no such file"),
    "a field": (lambda: {"runs": [Run("a", "vae_digits", {"model.x": 1})]}, "run a: config.model.x: unknown field"),
    "a value": (lambda: {"changes": {"training.steps": 0}}, "run VAE: config.training.steps: must be at least 1"),
    "a change that is no plain value": (lambda: {"changes": {"training.steps": object()}}, "study: changes must be"),
    "a measure": (lambda: {"measures": {"m": Measure("nope")}}, "measure m: unknown measure 'nope'; choose from"),
    "an option": (lambda: {"measures": {"m": Measure("samples", x=1)}}, "measure m: x is no option of samples; it has"),
    "an option's type": (
        lambda: {"measures": {"m": Measure("samples", num_examples="many")}},
        "measure m: config.num_examples: expected int",
    ),
    "features": (
        lambda: {"measures": {"m": Measure("samples", features="B")}, "nets": {"A": Net("digits")}},
        "measure m: features 'B' is no net of the study; choose from pixels, A,",
    ),
    "a net's part": (lambda: {"nets": {"A": Net("digits", part="3/2")}}, "the part of a Net: must be a share like 1/2"),
    "a net's seed": (lambda: {"nets": {"A": Net("digits", seed=-1)}}, "net: seed must be a whole number"),
    "a net's data": (lambda: {"nets": {"A": Net("image_folder")}}, "net A: config.data."),
    "two runs of one name": (lambda: {"runs": [Run("a", "vae_digits")] * 2}, "run a: another is called a"),
    "two runs of one file": (
        lambda: {"runs": [Run("a b", "vae_digits"), Run("A_b", "vae_digits")]},
        "run A_b: another is called a b, and both have the file name A_b",
    ),
    "two figures of one file": (
        lambda: {"figures": [Scatter("A b", "knob", "knob"), Scatter("a_b", "knob", "knob")]},
        "figure a_b: another is called A b",
    ),
    "a name": (lambda: {"runs": [Run("/", "vae_digits")]}, "run: needs a name"),
    "no seeds": (lambda: {"seeds": 0}, "study: seeds must be"),
    "one seed twice": (lambda: {"runs": [Run("a", "vae_digits", seeds=(1, 1))]}, "run a: seeds must be"),
    "no runs": (lambda: {"runs": []}, "runs: there are none"),
    "no run": (lambda: {"runs": ["vae_digits"]}, "runs: expected a Run, found 'vae_digits'"),
    "a baseline": (lambda: {"runs": [Run("a", "vae_digits", baseline="b")]}, "run a: unknown baseline 'b'; choose from a"),
    "an order": (lambda: {"order": "random"}, "study: order must be seeds, groups or runs, found 'random'"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_what_cannot_work_is_refused_in_one_line(changes, message):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as failed:
        jobs.jobs(example.study(**changes()))
    assert str(failed.value).startswith(message)


def test_a_file_is_read_with_the_line_of_its_fault(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(
        "from zoo.studies import Run, Study\n\ndef get_study():\n"
        "    return Study(runs=[Run('a', 'vae_digits', sedes=3)], measures={})\n"
    )
    with pytest.raises(ConfigError, match=r"^study own.py, line 4: TypeError: .*unexpected keyword argument 'sedes'$"):
        jobs.load("own.py")
    (tmp_path / "own.py").write_text("def get_study():\n    return 3\n")
    with pytest.raises(ConfigError, match=r"^study own.py: get_study must return a zoo.studies.Study, found 3$"):
        jobs.load("own.py")
    with pytest.raises(ConfigError, match=r"^study nope: no such file, and none that comes with the zoo; those are digits"):
        jobs.load("nope")


def test_the_studies_of_the_zoo_are_whole():
    for name in config_files.names("study"):
        study, found = jobs.load(name)
        assert isinstance(study, Study)
        assert found
        text = config_files.find(name, "study").read_text()
        assert f"    python -m tools.study --study configs/studies/{name}.py --output runs/studies/{name}" in text
