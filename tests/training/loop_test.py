"""A run can be stopped at any log interval and goes on as if it had not been; what it leaves is whole."""

import json

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.training.runs import digest, experiment, lines
from zoo.config import ConfigError
from zoo.training.loop import train
from zoo.training.workdir import Workdir, WorkdirError, restore


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A run of 40 steps in one go."""
    workdir = tmp_path_factory.mktemp("runs") / "whole"
    assert train(experiment(40), workdir) == {"step": 40, "reason": "steps"}
    return workdir


@pytest.mark.parametrize("stops", [(10, 40), (5, 12, 37, 40)])
def test_a_run_in_pieces_ends_with_the_same_weights(uninterrupted, tmp_path, stops):
    for stop in stops:
        assert train(experiment(stop), tmp_path)["step"] == stop
    assert digest(tmp_path, 40) == digest(uninterrupted, 40)


def test_metrics_have_one_line_a_log_interval(uninterrupted):
    assert [line["step"] for line in lines(uninterrupted)] == [10, 20, 30, 40]
    assert np.isfinite([line["wake/loss"] for line in lines(uninterrupted)]).all()


def test_means_of_a_log_interval_are_over_its_steps_only(uninterrupted, tmp_path):
    train(experiment(40, steps_per_execution=1), tmp_path)
    for whole, single in zip(lines(uninterrupted), lines(tmp_path), strict=True):
        assert whole["wake/loss"] == pytest.approx(single["wake/loss"], rel=1e-5)  # sums of float32 in another order


def test_lines_of_steps_that_are_taken_again_are_removed(uninterrupted, tmp_path):
    train(experiment(20), tmp_path)
    with open(tmp_path / "metrics.jsonl", "a") as file:  # as a run leaves it that was killed between logging and saving
        file.write(json.dumps({"step": 30, "wake/loss": 0.0}) + '\n{"step": 4')
    train(experiment(40), tmp_path)
    assert lines(tmp_path) == lines(uninterrupted)


def test_tensorboard_reads_the_scalars(uninterrupted):
    events = EventAccumulator(str(uninterrupted / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("wake/loss")] == [10, 20, 30, 40]
    assert set(events.Tags()["images"]) == {"samples", "reconstructions"}


def test_restored_model_is_the_trained_one(uninterrupted):
    model, config = restore(uninterrupted)
    assert (int(model.step), config.training.steps, model.data) == (40, 40, None)
    assert model.reconstruct(np.zeros([2, 4, 4, 1], np.float32)).shape == (2, 4, 4, 1)


def test_a_finished_run_is_left_alone(uninterrupted):
    before = {path: path.stat().st_mtime_ns for path in uninterrupted.rglob("*")}
    assert train(experiment(40), uninterrupted) == {"step": 40, "reason": "steps"}
    assert {path: path.stat().st_mtime_ns for path in uninterrupted.rglob("*")} == before


def test_damaged_checkpoint_is_passed_over(tmp_path):
    train(experiment(20), tmp_path)
    data = tmp_path / "checkpoints" / "step-20.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:100])
    assert int(restore(tmp_path)[0].step) == 15


def test_no_usable_checkpoint_is_an_error_and_no_fresh_start(tmp_path):
    train(experiment(10), tmp_path)
    for data in (tmp_path / "checkpoints").glob("*.data*"):
        data.write_bytes(b"")
    with pytest.raises(ValueError, match="none of the 2 checkpoints"):
        train(experiment(20), tmp_path)


def test_early_stopping_keeps_the_best(tmp_path):
    # A learning rate that makes the bound worse and worse: the first validation is the best.
    config = experiment(200, validate_every=10, early_stopping_patience=3)
    for name in ("encoder", "decoder"):
        config.optimizers[name].learning_rate = 1.0
    end = train(config, tmp_path)
    values = {line["step"]: line["val_negative_elbo"] for line in lines(tmp_path)}
    best = min(values, key=values.get)
    assert end == {"step": best + 30, "reason": "early stopping"}
    assert int(restore(tmp_path)[0].step) == best


def test_validation_needs_a_split(tmp_path):
    config = experiment(10, validate_every=10)
    config.data.validation_fraction = 0.0
    with pytest.raises(ConfigError, match="no validation split"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_another_experiment_is_refused_with_the_fields(uninterrupted):
    config = experiment(50)
    config.model.latent_size = 4
    with pytest.raises(WorkdirError, match=r"config\.model\.latent_size was 3, now 4"):
        train(config, uninterrupted)


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(WorkdirError, match="not empty and holds no run"):
        train(experiment(10), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_second_run_on_the_folder_is_refused(tmp_path):
    with Workdir(tmp_path).locked(), pytest.raises(WorkdirError, match="in use by another process"):
        train(experiment(10), tmp_path)
