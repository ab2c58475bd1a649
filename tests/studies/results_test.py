"""Files of results: what is read of a damaged one, joined of several, and refused of another study."""

import json

import pytest

from tests.studies import example
from zoo.studies import Measure, Net, Run, jobs
from zoo.studies.results import Results, ResultsError, file_of


@pytest.fixture
def found():
    return jobs.jobs(example.study())


def write(path, *lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def keys(results):
    return set(results.lines)


def test_a_last_line_that_is_cut_off_is_named_and_the_rest_is_used(found, tmp_path):
    path = tmp_path / "results.jsonl"
    write(path, *map(example.line, found[:3]))
    whole = path.read_text()
    path.write_text(whole[:-40])
    results = Results(tmp_path)
    assert keys(results) == {(job.run.name, job.seed) for job in found[:2]}
    (remark,) = results.remarks
    assert remark == f"{path}, line 3: cut off; the others are used, and its run is done again"
    assert results.missing(found[2]) is None
    results.add(example.line(found[2]))
    assert path.read_text() == whole


def test_a_last_line_without_its_end_is_whole(found, tmp_path):
    path = tmp_path / "results.jsonl"
    write(path, *map(example.line, found[:2]))
    path.write_text(path.read_text()[:-1])
    assert len(Results(tmp_path).lines) == 2
    assert not Results(tmp_path).remarks


@pytest.mark.parametrize("text", ["{\n{}\n", "{}\n", "[1]\n", "3\n", '{"run": "a"}\n'])
def test_any_other_line_that_is_no_result_is_refused(text, tmp_path):
    (tmp_path / "results.jsonl").write_text(text)
    with pytest.raises(ResultsError, match=r"results.jsonl, line 1: is no result of a study; remove it$"):
        Results(tmp_path)


def test_shards_write_files_of_their_own_and_read_all(found, tmp_path):
    first, second = (Results(tmp_path, (number, 2)) for number in (1, 2))
    first.add(example.line(found[0]))
    second.add(example.line(found[1]))
    assert {path.name for path in tmp_path.iterdir()} == {"results-1-of-2.jsonl", "results-2-of-2.jsonl"}
    assert file_of(tmp_path).name == "results.jsonl"
    joined = Results(tmp_path)
    assert keys(joined) == {(job.run.name, job.seed) for job in found[:2]}
    assert not joined.remarks


def test_one_run_with_two_values_is_named_and_the_same_values_are_not(found, tmp_path):
    write(tmp_path / "results-a.jsonl", *map(example.line, found[:2]))
    write(
        tmp_path / "results-b.jsonl",
        example.line(found[0]),
        example.line(found[1], {"bound": {"number": [2.0, 0.1]}}),
    )
    results = Results(tmp_path)
    assert results.remarks == [f"{found[1].name}: results-a.jsonl and results-b.jsonl differ in bound/number"]
    assert results.lines[found[1].run.name, found[1].seed]["measures"]["bound"]["values"] == {"number": [1.0, 0.1]}


def test_of_two_lines_that_with_more_measures_counts(found, tmp_path):
    less = example.line(found[0])
    del less["measures"]["bound"]
    write(tmp_path / "results-a.jsonl", less)
    assert Results(tmp_path).missing(found[0]) == ["bound"]
    write(tmp_path / "results-b.jsonl", example.line(found[0]))
    assert Results(tmp_path).missing(found[0]) == []
    assert not Results(tmp_path).remarks


NETS = {"A": Net("digits"), "B": Net("digits", seed=1)}
OTHER = {
    "a field": ({"changes": example.SHORT | {"training.steps": 30}}, "config.training.steps was 20, now 30"),
    "the config": (
        {"runs": [Run("VAE", "ehm_digits")]},
        "config.model.objective.name was 'vae', now 'extended_helmholtz'",
    ),
    "a measure": ({"measures": {"pixels": Measure("chains")}}, "measure pixels was samples, now chains"),
    "an option": ({"measures": {"pixels": Measure("samples")}}, "measure pixels: num_examples was 50, now 5000"),
    "features": (
        {"measures": {"pixels": Measure("samples", num_examples=50, features="A")}, "nets": NETS},
        "measure pixels: features was 'pixels', now 'A'",
    ),
}


@pytest.mark.parametrize(("changes", "message"), OTHER.values(), ids=OTHER)
def test_results_of_another_study_are_refused_with_run_and_fields(changes, message, found, tmp_path):
    write(tmp_path / "results.jsonl", example.line(found[0]))
    other = example.study(**changes)
    with pytest.raises(ResultsError, match=r"^[^\n]*$") as failed:
        Results(tmp_path).check(other, jobs.jobs(other))
    assert "results.jsonl has VAE, seed 0, of another study: " in str(failed.value)
    assert message in str(failed.value)


def test_a_net_that_is_now_another_is_refused(tmp_path):
    measures = {"A": Measure("samples", features="A")}
    was, now = (example.study(measures=measures, nets={"A": Net("digits", seed=seed)}) for seed in (0, 1))
    job = jobs.jobs(was)[0]
    about = {"data": "digits", "seed": 0, "part": "1/1", "epochs": 4, "hash": "0"}
    write(tmp_path / "results.jsonl", example.line(job, nets={"A": about}))
    Results(tmp_path).check(was, jobs.jobs(was))
    with pytest.raises(ResultsError, match="VAE, seed 0, of another study: net A: seed was 0, now 1;"):
        Results(tmp_path).check(now, jobs.jobs(now))


def test_results_of_this_study_pass_and_what_does_not_change_a_result_may_differ(found, tmp_path):
    write(tmp_path / "results.jsonl", *map(example.line, found))
    Results(tmp_path).check(example.study(), found)
    free = example.study(changes=example.SHORT | {"training.keep_checkpoints": 1, "training.save_every_seconds": 9.0})
    Results(tmp_path).check(free, jobs.jobs(free))
    more = example.study(measures=example.study().measures | {"latent": Measure("latent")})
    Results(tmp_path).check(more, jobs.jobs(more))
    assert Results(tmp_path).missing(jobs.jobs(more)[0]) == ["latent"]


def test_a_schedule_of_several_numbers_is_the_same_after_json(tmp_path):
    rate = {"name": "PiecewiseConstantDecay", "boundaries": (10, 20), "values": (0.3, 0.2, 0.1)}
    study = example.study(changes=example.SHORT | {"optimizers.encoder.learning_rate": rate})
    jobs_of_it = jobs.jobs(study)
    write(tmp_path / "results.jsonl", *map(example.line, jobs_of_it))
    Results(tmp_path).check(study, jobs_of_it)
    other = example.study(changes=study.changes | {"optimizers.encoder.learning_rate": rate | {"boundaries": (10, 30)}})
    with pytest.raises(ResultsError, match=r"learning_rate.boundaries was \(10, 20\), now \(10, 30\)"):
        Results(tmp_path).check(other, jobs.jobs(other))


def test_a_line_of_a_version_with_fewer_fields_has_their_defaults(found, tmp_path):
    line = example.line(found[0])
    del line["experiment"]["model"]["noise_encoder"]
    del line["measures"]["pixels"]["options"]["observation_noise"]
    write(tmp_path / "results.jsonl", line)
    Results(tmp_path).check(example.study(), found)


def test_a_file_that_cannot_be_written_is_left_as_it_was(found, tmp_path, monkeypatch):
    results = Results(tmp_path)
    results.add(example.line(found[0]))
    before = results.path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        results.add(example.line(found[1]))
    assert results.path.read_bytes() == before
    monkeypatch.undo()
    results.add(example.line(found[2]))
    assert keys(Results(tmp_path)) == {(job.run.name, job.seed) for job in (found[0], found[2])}
