"""A study at work, with processes that only pretend: what fails, what is done again, what is kept, and what stops it."""

import json
import os
import sys

import pytest

import zoo
from tests.studies import example
from zoo import config
from zoo.studies import jobs, measuring, running
from zoo.studies.place import Place, StudyError
from zoo.studies.results import Results, ResultsError
from zoo.training import workdir

FAIL = "import sys; sys.exit('noise\\nerror: a reason\\nmore noise')"


def work(folder, commands, study=None, **options):
    study = study or example.study()
    return running.work(study, jobs.jobs(study), Place(folder), commands, **options)


def done(folder):
    return [(line["run"], line["seed"]) for line in Results(folder).lines.values()]


ALL = [("VAE", 0), ("EHM, z 4", 0), ("data", 0), ("VAE", 1), ("EHM, z 4", 1)]


def test_every_run_has_a_line_and_none_is_done_again(tmp_path, capsys):
    commands = example.Commands()
    assert work(tmp_path, commands) == {}
    assert done(tmp_path) == ALL
    assert commands.started == ["VAE_0", "EHM_z_4_0", "VAE_1", "EHM_z_4_1"]
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 5
    assert said[0].startswith("[1/5] VAE, seed 0: trained ")
    assert said[-1].endswith("; 0 s left")
    for path in (tmp_path / "runs").iterdir():  # runs are thrown away
        if path.is_dir():
            running.keeping.discard(path, "nothing")
    again = example.Commands()
    assert work(tmp_path, again) == {}
    assert again.started == []


def test_a_line_says_how_it_came_about(tmp_path):
    work(tmp_path, example.Commands())
    line = Results(tmp_path).lines["EHM, z 4", 1]
    assert line["config"] == "ehm_digits"
    assert line["changes"] == example.SHORT | {"model.latent_size": 4, "training.seed": 1}
    assert line["experiment"]["training"]["seed"] == 1
    assert line["training_seconds"] > 0
    assert line["machine"]["cores"] == len(os.sched_getaffinity(0))
    assert line["measures"]["bound"]["options"]["num_samples"] == 2
    assert line["measures"]["bound"]["values"] == {"number": [1.0, 0.1]}
    assert line["commit"] == running.machine.commit()


def test_a_run_that_fails_is_named_with_its_reason_and_tried_again(tmp_path, capsys):
    assert work(tmp_path, example.Commands({"VAE_0": FAIL})) == {"VAE, seed 0": "a reason"}
    assert done(tmp_path) == ALL[1:]
    log = tmp_path / "runs" / "VAE_0" / "train.log"
    assert f"[1/5] VAE, seed 0: FAILED: a reason ({log})" in capsys.readouterr().out
    again = example.Commands()
    assert work(tmp_path, again) == {}
    assert again.started == ["VAE_0"]
    assert sorted(done(tmp_path)) == sorted(ALL)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended by SIGSEGV"),
        ("raise KeyError('x')", "KeyError: 'x'"),
        ("raise SystemExit(3)", "exit code 3, and no word"),
    ],
)
def test_the_reason_is_its_last_word(program, reason, tmp_path):
    assert work(tmp_path, example.Commands({"VAE_1": program})) == {"VAE, seed 1": reason}


def test_a_full_disk_stops_the_study_in_one_line_and_loses_nothing(tmp_path):
    full = f"raise SystemExit('error: cannot write a checkpoint: {os.strerror(28)}; those before it are whole')"
    with pytest.raises(StudyError, match=f"^VAE, seed 1: [^\n]*{os.strerror(28)}[^\n]*nothing is lost[^\n]*$"):
        work(tmp_path, example.Commands({"VAE_1": full}))
    assert done(tmp_path) == ALL[:3]
    assert work(tmp_path, example.Commands()) == {}
    assert sorted(done(tmp_path)) == sorted(ALL)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_shards_are_a_partition(number, tmp_path):
    trained = []
    for index in range(1, number + 1):
        work(tmp_path / str(index), example.Commands(), share=(index, number))
        trained.append(done(tmp_path / str(index)))
    assert sorted(run for runs in trained for run in runs) == sorted(ALL)
    assert max(map(len, trained)) - min(map(len, trained)) <= 1


def test_another_config_is_refused_before_the_first_run(tmp_path):
    work(tmp_path, example.Commands())
    commands = example.Commands()
    other = example.study(changes=example.SHORT | {"training.steps": 30}, seeds=3)
    with pytest.raises(ResultsError, match=r"VAE, seed 0, of another study: config.training.steps was 20, now 30"):
        work(tmp_path, commands, other)
    assert commands.started == []


def test_a_net_that_cannot_be_trained_stops_the_study(tmp_path):
    study = example.study(
        nets={"A": example.Net("digits")}, measures={"A": example.Measure("samples", features="A", num_examples=50)}
    )
    commands = example.Commands()
    with pytest.raises(StudyError, match=r"^net A: no net$"):
        work(tmp_path, commands, study)
    assert commands.started == []


def test_a_second_process_on_the_same_share_is_refused(tmp_path):
    place = Place(tmp_path)
    place.make()
    with place.locked("1-of-1"), pytest.raises(StudyError, match="another process works on it"):
        work(tmp_path, example.Commands())


def test_more_processes_than_cores_are_refused(tmp_path):
    with pytest.raises(StudyError, match="--processes: at most one for each of the"):
        work(tmp_path, example.Commands(), processes=10**6)


def test_two_at_once_do_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(running.machine, "cores", lambda: 2)
    together = "import pathlib, sys, time; here = pathlib.Path(sys.argv[1]).parent; (here / 'began').touch()\n" + (
        "while len(list(here.parent.glob('*/began'))) < 2: time.sleep(.01)"
    )
    assert work(tmp_path, example.Commands({"VAE_0": together, "EHM_z_4_0": together}), processes=2) == {}
    assert sorted(done(tmp_path)) == sorted(ALL)


@pytest.mark.parametrize(("keep", "left"), [("all", True), ("model", True), ("nothing", False)])
def test_what_is_left_of_a_measured_run(keep, left, tmp_path):
    make = (
        "import pathlib, sys\nfor name in ('checkpoints', 'saved_model', 'pictures'): "
        "(pathlib.Path(sys.argv[1]) / name).mkdir(parents=True)\n"
        "for step in (9, 10):\n    (pathlib.Path(sys.argv[1]) / f'pictures/samples_{step:08d}.png').write_text(str(step))"
    )
    work(tmp_path, example.Commands({"VAE_0": make}), keep=keep)
    folder = tmp_path / "runs" / "VAE_0"
    assert (folder / "train" / "saved_model").is_dir() == left
    assert (folder / "train" / "checkpoints").is_dir() == (keep == "all")
    assert (tmp_path / "pictures" / "VAE_0_samples.png").read_text() == "10"


def test_the_time_left_is_that_of_other_seeds_or_of_the_mean_run(tmp_path):
    found = jobs.jobs(example.study(seeds=3))
    results = Results(tmp_path)
    runner = running.Runner(example.study(), Place(tmp_path), results, example.Commands(), 1, "all")
    assert runner._left(found) == "7 to do"
    for job, seconds in zip(found, (100.0, 40.0, 7.0), strict=False):
        parameters = {} if job.run.floor else {"encoder": 1}
        results.add(example.line(job, parameters=parameters, training_seconds=seconds, evaluation_seconds=10.0))
    # Two seeds of VAE at 110 s each, two of EHM at 50 s.
    assert runner._left(found[3:]) == "5 min left"
    runner.processes = 2
    assert runner._left(found[3:]) == "3 min left"
    assert runner._left([]) == "0 s left"


def test_what_a_kill_has_left_of_a_measured_run_is_removed_by_the_next_start(tmp_path):
    work(tmp_path, example.Commands())
    assert (tmp_path / "runs" / "VAE_0").is_dir()
    work(tmp_path, example.Commands(), keep="nothing")
    assert not [path for path in (tmp_path / "runs").iterdir() if path.is_dir()]


def test_a_measure_that_is_new_is_taken_where_the_run_is_there_yet(tmp_path, capsys, monkeypatch):
    make = "import pathlib, sys; (pathlib.Path(sys.argv[1]) / 'checkpoints').mkdir(parents=True)"
    work(tmp_path, example.Commands({"VAE_0": make}))
    more = example.study(measures=example.study().measures | {"latent": example.Measure("latent")})
    capsys.readouterr()
    monkeypatch.setattr(running.Workdir, "check", lambda *_: None)  # the folder is no whole run
    assert work(tmp_path, example.Commands(), more) == {}
    assert "latent" in Results(tmp_path).lines["VAE", 0]["measures"]
    assert "VAE, seed 1 lacks latent, and its run is gone: remove its line to train it again" in capsys.readouterr().out
    assert done(tmp_path) == ALL


@pytest.mark.parametrize(("changes", "same"), [({}, True), ({"model.latent_size": 3}, False)])
def test_an_answer_holds_where_a_config_or_measure_has_a_field_more_by_now(changes, same, tmp_path):
    then, now = (config.plain(zoo.start_from("vae_digits", given)) for given in ({}, changes))
    del then["training"]["micro_batches"]
    question = {"measure": "likelihood", "options": {"num_samples": 2}, "net": None}
    path = measuring.answer_file(tmp_path, "bound")
    path.parent.mkdir()
    workdir.write_json(path, {"asked": question | {"experiment": then}, "values": {}})
    whole = question | {"experiment": now, "options": jobs.defaults("likelihood")}
    found = measuring.answered(tmp_path, "bound", whole | {"options": whole["options"] | {"num_samples": 2}})
    assert (found is not None) is same
    assert measuring.answered(tmp_path, "bound", whole | {"options": whole["options"] | {"num_samples": 3}}) is None


class WithNets(example.Commands):
    """As if nets could be trained: a net is one file, which says what it is."""

    def net(self, net, folder):
        """Writes it."""
        make = "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\npath.mkdir()\n"
        program = make + "(path / 'saved_model.pb').write_text(sys.argv[2])"
        return [sys.executable, "-S", "-c", program, str(folder), str(vars(net))]


def with_net(**settings):
    measures = {"A": example.Measure("samples", features="A", num_examples=50)}
    return example.study(
        runs=[example.Run("VAE", "vae_digits")], nets={"A": example.Net("digits", **settings)}, measures=measures
    )


def test_a_net_that_was_trained_otherwise_is_refused(tmp_path):
    work(tmp_path, WithNets(), with_net(), only_nets=True)
    assert work(tmp_path, WithNets(), with_net(), only_nets=True) == {}
    with pytest.raises(StudyError, match=r"^net A: [^\n]*'epochs': 4[^\n]*the study now has [^\n]*'epochs': 5[^\n]*$"):
        work(tmp_path, WithNets(), with_net(epochs=5))
    assert done(tmp_path) == []


def test_an_answer_is_of_the_net_that_it_was_measured_with(tmp_path):
    work(tmp_path, WithNets(), with_net())
    measured = tmp_path / "runs" / "VAE_0" / "measures" / "A.json"
    line = Results(tmp_path).lines["VAE", 0]
    first = json.loads(measured.read_text())["asked"] | {"experiment": line["experiment"]}
    workdir.write_json(measured, {"asked": first})
    assert first["net"] == line["nets"]["A"]["hash"]
    assert measuring.answered(measured.parents[1], "A", first)
    assert measuring.answered(measured.parents[1], "A", first | {"net": "another"}) is None


def test_a_run_of_another_experiment_is_not_measured(tmp_path, monkeypatch):
    trained, asked = (zoo.start_from("vae_digits", {"training.steps": steps}) for steps in (30, 20))
    monkeypatch.setattr(measuring, "restore", lambda *_: (None, trained))
    with pytest.raises(ValueError, match=r"holds another experiment: config.training.steps was 30, now 20; remove"):
        measuring._restored(tmp_path, asked, None)


def test_a_run_whose_weights_were_not_kept_is_trained_again_once_its_line_is_removed(tmp_path):
    finish = "import pathlib, sys; path = pathlib.Path(sys.argv[1]); (path / 'checkpoints').mkdir(parents=True)\n" + (
        """(path / 'finished.json').write_text('{"step": 20, "reason": "steps"}')"""
    )
    study = example.study(runs=[example.Run("VAE", "vae_digits")], seeds=1)
    work(tmp_path, example.Commands({"VAE_0": finish}), study, keep="model")
    (tmp_path / "results.jsonl").unlink()
    (tmp_path / "runs" / "VAE_0" / "measures" / "old.json").touch()
    again = example.Commands({"VAE_0": finish})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running.Workdir, "check", lambda *_: None)  # the folder is no whole run
        assert work(tmp_path, again, study) == {}
    assert again.started == ["VAE_0"]
    assert not (tmp_path / "runs" / "VAE_0" / "measures" / "old.json").exists()


def test_the_clock_goes_on_after_a_failure(tmp_path):
    work(tmp_path, example.Commands({"VAE_0": f"import time; time.sleep(.3)\n{FAIL}"}))
    first = json.loads((tmp_path / "runs" / "VAE_0" / "seconds.json").read_text())["train"]
    work(tmp_path, example.Commands({"VAE_0": "import time; time.sleep(.3)"}))
    assert Results(tmp_path).lines["VAE", 0]["training_seconds"] >= round(first + 0.3, 1)
