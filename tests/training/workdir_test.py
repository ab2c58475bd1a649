"""A run's folder: whose it is, what it takes and refuses, and when its run is over."""

import json

import pytest

from tests.training.runs import experiment
from zoo import atomic, config_files
from zoo.data.preprocessing import Preprocessing
from zoo.training import workdir as workdirs
from zoo.training.workdir import Workdir, WorkdirError

IMAGES = Preprocessing(event_shape=(4, 4, 1), levels=2)


@pytest.fixture
def begun(tmp_path):
    """The folder of a run of 40 steps that has written its config."""
    found = Workdir(tmp_path / "run")
    found.path.mkdir()
    found.write(experiment(40), IMAGES, "one set")
    return found


def test_a_run_is_read_as_it_was_written(begun):
    assert not begun.is_new()
    assert Workdir(begun.path.parent / "other").is_new()
    config, preprocessing = begun.read()
    assert (config.to_dict(), preprocessing) == (experiment(40).to_dict(), IMAGES)
    assert begun.fingerprint() == "one set"
    begun.check(experiment(40))


def test_what_changes_no_numbers_may_change_and_nothing_else(begun):
    begun.check(experiment(80, steps_per_execution=1, keep_checkpoints=1, pictures_every=10, max_skipped=5, save_every=7))
    with pytest.raises(WorkdirError) as error:
        begun.check(experiment(40, seed=3, log_every=20))
    changes = "config.training.log_every was 10, now 20; config.training.seed was 0, now 3"
    assert str(error.value) == f"--workdir {begun.path} holds another experiment: {changes}"
    assert workdirs.changed_fields(experiment(40), experiment(80), free=()) == ["config.training.steps was 40, now 80"]
    deeper = experiment()
    deeper.model.encoder.hidden_sizes = (8, 8)
    assert workdirs.changed_fields(experiment(), deeper) == ["config.model.encoder.hidden_sizes was (8,), now (8, 8)"]


@pytest.mark.parametrize("name", config_files.names())
def test_a_run_of_every_config_goes_on(name, tmp_path):
    config = config_files.load(name)
    Workdir(tmp_path).write(config, IMAGES, "one set")
    Workdir(tmp_path).check(config)


def test_another_data_set_is_refused_and_the_same_is_not(begun):
    begun.write(experiment(80), IMAGES, "one set")
    assert begun.read()[0].training.steps == 80
    for preprocessing, fingerprint in ((IMAGES, "another"), (Preprocessing(event_shape=(4, 4, 3), levels=2), "one set")):
        with pytest.raises(WorkdirError, match="the data set bars has changed since this run began; bring back"):
            begun.write(experiment(), preprocessing, fingerprint)
    assert begun.read()[0].training.steps == 80


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read: "),
        ("[]", "cannot be read: "),
        ('{"format": 1}', r"holds a run of format 1, and this version of the zoo reads format 2: use the version"),
        ('{"format": 2, "config": {"model": {}}, "preprocessing": {"size": 3}}', "cannot be read: "),
        ('{"format": 2, "config": {"nope": 1}, "preprocessing": {}}', "cannot be read: "),
    ],
)
def test_a_config_file_that_is_none_is_named(begun, text, told):
    begun.config_file.write_text(text)
    for use in (begun.read, lambda: begun.check(experiment())):
        with pytest.raises(WorkdirError, match=told) as error:
            use()
        assert str(begun.path) in str(error.value)
        assert "\n" not in str(error.value)


def test_a_folder_without_a_run_is_not_read(tmp_path):
    with pytest.raises(WorkdirError, match=r"holds no run: it has no config\.json"):
        Workdir(tmp_path).read()


def test_a_file_or_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(WorkdirError, match="is a file; give a folder"):
        Workdir(tmp_path / "notes").check(experiment())
    with pytest.raises(WorkdirError, match="is not empty and holds no run"):
        Workdir(tmp_path).check(experiment())
    # What a run leaves that was killed before it wrote its config is no reason.
    left = tmp_path / "left"
    left.mkdir()
    for name in ("lock", f"{atomic.PREFIX}1"):
        (left / name).write_text("")
    Workdir(left).check(experiment())
    Workdir(tmp_path / "not" / "yet").check(experiment())


@pytest.mark.parametrize("lacking", [workdirs.os.W_OK, workdirs.os.X_OK])
def test_a_folder_that_gives_no_permission_is_refused(tmp_path, monkeypatch, lacking):
    asked = []
    monkeypatch.setattr(workdirs.os, "access", lambda path, mode: asked.append(path) or not mode & lacking)
    with pytest.raises(WorkdirError, match=rf"cannot be written: {tmp_path} gives no permission"):
        Workdir(tmp_path / "a" / "b").check(experiment())
    assert asked == [tmp_path]


def test_a_run_is_over_once_it_has_its_steps_or_has_stopped_early(begun):
    assert begun.finished(experiment(40)) is None
    for end, steps, over in (
        ({"step": 40, "reason": "steps"}, 40, True),
        ({"step": 40, "reason": "steps"}, 41, False),
        ({"step": 40, "reason": "steps"}, 39, True),
        ({"step": 20, "reason": "early stopping"}, 40, True),
    ):
        begun.finished_file.write_text(json.dumps(end))
        assert begun.finished(experiment(steps)) == (end if over else None)


def test_one_process_at_a_time_and_the_next_after_it(tmp_path):
    first, second = Workdir(tmp_path / "a" / "run"), Workdir(tmp_path / "a" / "run")
    for _ in range(2):
        told = pytest.raises(WorkdirError, match="is in use by another process; wait for it, or stop it")
        with first.locked(), told, second.locked():
            raise AssertionError("two own it")
    with second.locked():
        pass


def test_there_is_something_to_go_on_from_once_an_index_is_there(begun):
    begun.checkpoints.mkdir()
    (begun.checkpoints / "step-10.data-00000-of-00001").write_text("")
    assert not begun.has_checkpoint()
    (begun.checkpoints / "step-10.index").write_text("")
    assert begun.has_checkpoint()


def test_a_run_without_a_checkpoint_is_not_restored(begun):
    with pytest.raises(WorkdirError, match=rf"^{begun.path} has no checkpoint yet: train it first$"):
        workdirs.restore(begun.path)
    begun.checkpoints.mkdir()
    (begun.checkpoints / "step-10.index").write_text("")
    with pytest.raises(WorkdirError, match="none of the 1 checkpoints"):
        workdirs.restore(begun.path)


@pytest.mark.parametrize(("best", "patience", "kept"), [(False, 0, False), (True, 0, True), (False, 1, True)])
def test_the_best_is_kept_where_it_is_asked_for_or_watched(best, patience, kept):
    training = experiment(validate_every=10, keep_best=best, early_stopping_patience=patience).training
    assert workdirs.keeps_best(training) is kept
