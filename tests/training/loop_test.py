"""A run can be stopped at the end of any execution and goes on as if it had not been; what it leaves is whole."""

import io
import json
import time
import types

import ml_collections
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import zoo
from tests.training.runs import digest, experiment, lines
from zoo import atomic
from zoo.data import from_arrays
from zoo.training import loop
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


class Counting:
    """A model that takes the steps it is asked for, and notes each fit."""

    def __init__(self):
        self.step, self.fits = tf.Variable(0), []

    def fit(self, batches, *, initial_epoch, epochs, steps_per_epoch, validation_data, validation_freq, **options):
        self.fits.append((batches, initial_epoch, epochs, steps_per_epoch, validation_data, validation_freq))
        self.step.assign_add((epochs - initial_epoch) * steps_per_epoch)
        assert options == {"callbacks": [], "verbose": 0}  # the line of progress is our own


def test_whole_intervals_are_one_fit_and_what_is_left_of_one_is_another():
    """A fit begins with a new iterator, at the step where the run is: none is begun that is not needed."""
    model, saving = Counting(), types.SimpleNamespace(stopped_early=False)
    data = types.SimpleNamespace(
        batches=lambda split, size, seed, start_step, labels: (split, size, seed, start_step, labels),
        ordered_batches=lambda *given: given,
    )
    for stop, validate_every in ((14, 0), (44, 0), (73, 20)):
        loop._fit(experiment(stop, validate_every=validate_every, seed=5), data, model, saving, [])
    batches, *_ = zip(*model.fits, strict=True)
    assert batches == tuple(("train", 20, 5, start, False) for start in (0, 10, 14, 20, 40, 44, 50, 70))
    validation = ("validation", 20, False)
    assert [each[1:] for each in model.fits] == [
        *((0, 1, 10, None, 1), (1, 2, 4, None, 1)),
        *((1, 2, 6, None, 1), (2, 4, 10, None, 1), (4, 5, 4, None, 1)),
        *((4, 5, 6, validation, 2), (5, 7, 10, validation, 2), (7, 8, 3, None, 1)),
    ]
    saving.stopped_early = True
    loop._fit(experiment(100), data, model, saving, [])
    assert len(model.fits) == 8


def test_metrics_have_one_line_a_log_interval(uninterrupted):
    assert [line["step"] for line in lines(uninterrupted)] == [10, 20, 30, 40]
    assert np.isfinite([line["wake/loss"] for line in lines(uninterrupted)]).all()


def test_the_line_of_progress_ends_with_the_run(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(loop.Progress, "close", lambda shown: closed.append(int(shown.model.step)))
    train(experiment(10), tmp_path)
    assert closed == [10]


def test_a_model_is_started_before_its_first_step_alone(tmp_path):
    started, left = [], tmp_path / f"{atomic.PREFIX}1"
    for steps in (10, 20):
        left.write_text("half, of a run that was killed")
        train(experiment(steps), tmp_path, start=lambda model: started.append(int(model.step)))
        assert not left.exists()
    assert started == [0]


def test_workers_agree_on_the_step_at_both_ends_and_the_chief_reports_what_was_skipped(tmp_path, monkeypatch):
    told, reports, guard = [], [], loop.Guard
    monkeypatch.setattr(loop, "check_together", lambda strategy, step: told.append(step))
    monkeypatch.setattr(loop, "Guard", lambda *given: reports.append(given[2]) or guard(*given))
    train(experiment(10), tmp_path)
    assert told == [0, 10]
    assert reports == [tmp_path]


@pytest.mark.parametrize("kept", [False, True])
def test_a_run_ends_saved_and_with_its_best_step_if_that_is_kept(kept, monkeypatch):
    done, config = [], types.SimpleNamespace(training=types.SimpleNamespace(keep_best=kept, early_stopping_patience=0))
    saving = types.SimpleNamespace(restore=lambda: 0, save=lambda: done.append("saved"), stopped_early=False, best_known={})
    saving.set_model = lambda model: done.append("set")
    saving.best = types.SimpleNamespace(restore=lambda: done.append("best"))
    for part in ("Saving", "Guard", "Stopping"):
        monkeypatch.setattr(loop, part, lambda *_: saving)
    for part in ("_fit", "check_together"):
        monkeypatch.setattr(loop, part, lambda *_: None)
    signals = types.SimpleNamespace(unsaved=True)
    model = types.SimpleNamespace(step=tf.Variable(10), distribute_strategy=None)
    assert loop._run(config, None, None, model, signals, chief=False) == {"step": 10, "reason": "steps"}
    assert done == ["set"] * 3 + ["saved"] + ["best"] * kept
    assert signals.unsaved is False


@pytest.mark.parametrize(("shape", "count"), [((4, 4, 1), 1), ((4, 4, 3), 1), ((4, 4, 2), 0), ((3,), 0)])
def test_grey_and_coloured_images_have_pictures(shape, count, tmp_path):
    data = from_arrays(np.zeros((30, *shape), np.float32), np.zeros((20, *shape), np.float32))
    assert len(loop._pictures(experiment(10), Workdir(tmp_path), data, None, 0)) == count


def test_what_a_killed_run_has_left_half_written_goes(tmp_path):
    workdir = Workdir(tmp_path)
    workdir.pictures.mkdir()
    left = [folder / f"{atomic.PREFIX}1" for folder in (tmp_path, workdir.pictures)]
    for path in (*left, tmp_path / "config.json"):
        path.write_text("half")
    workdir.sweep()
    assert not any(path.exists() for path in left)
    assert (tmp_path / "config.json").exists()


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


def scalar_steps(workdir):
    events = EventAccumulator(str(workdir / "tensorboard")).Reload()
    return [event.step for event in events.Scalars("wake/loss")]


def picture_steps(workdir, name):
    events = EventAccumulator(str(workdir / "tensorboard")).Reload()
    return [event.step for event in events.Images(name)]


def test_tensorboard_reads_the_scalars(uninterrupted):
    assert scalar_steps(uninterrupted) == [10, 20, 30, 40]
    events = EventAccumulator(str(uninterrupted / "tensorboard")).Reload()
    for name in ("samples", "reconstructions"):
        (picture,) = events.Images(name)
        assert picture.step == 40
        file = Image.open(uninterrupted / "pictures" / f"{name}_00000040.png")
        assert (picture.width, picture.height) == file.size
        np.testing.assert_array_equal(Image.open(io.BytesIO(picture.encoded_image_string)), file)


@pytest.mark.slow
def test_tensorboard_has_each_step_once_after_restarts(tmp_path):
    for steps in (20, 40):
        train(experiment(steps), tmp_path)
        time.sleep(1.1)  # event files are told apart by the second
    for newest in (tmp_path / "checkpoints").glob("step-[34]?.*"):
        newest.unlink()  # the run goes on from step 25: those after it are taken again
    (tmp_path / "finished.json").unlink()
    for _ in range(2):
        train(experiment(60), tmp_path)
        time.sleep(1.1)
        (tmp_path / "finished.json").unlink()  # as if killed in the export, after the last pictures
    assert scalar_steps(tmp_path) == [10, 20, 30, 40, 50, 60]
    assert picture_steps(tmp_path, "samples") == [20, 60]
    assert [line["step"] for line in lines(tmp_path)] == [10, 20, 30, 40, 50, 60]


def test_the_pictures_show_a_random_choice_of_test_examples(uninterrupted):
    """Not the first ones: a folder is sorted, by class for instance."""
    data = zoo.data.load(experiment(40).data)
    rows = np.sort(np.random.RandomState(0).permutation(data.size("test"))[:16])
    assert rows.max() > 16
    pixels = np.asarray(Image.open(uninterrupted / "pictures" / "reconstructions_00000040.png"))
    # Pixels are 8 wide, a gap of 2 follows each image, and each second row of images is data.
    side, gap = 32, 2
    places = [(y * 2 * (side + gap), x * (side + gap)) for y in range(2) for x in range(8)]
    shown = [pixels[top : top + side : 8, left : left + side : 8] for top, left in places]
    np.testing.assert_array_equal(shown, 255 * data.splits["test"].array[rows, :, :, 0])


def test_restored_model_is_the_trained_one(uninterrupted):
    model, config = restore(uninterrupted)
    assert (int(model.step), config.training.steps, model.data) == (40, 40, None)
    assert model.reconstruct(np.zeros([2, 4, 4, 1], np.float32)).shape == (2, 4, 4, 1)
    data = zoo.data.load(config.data)
    assert restore(uninterrupted, data=data)[0].data is data


def test_a_finished_run_is_left_alone(uninterrupted):
    before = {path: path.stat().st_mtime_ns for path in uninterrupted.rglob("*")}
    assert train(experiment(40), uninterrupted) == {"step": 40, "reason": "steps"}
    assert {path: path.stat().st_mtime_ns for path in uninterrupted.rglob("*")} == before


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
    finished = []
    end = train(config, tmp_path, finish=lambda model, _: finished.append(int(model.step)))
    values = {line["step"]: line["val_negative_elbo"] for line in lines(tmp_path)}
    best = min(values, key=values.get)
    named = {"best_step": best, "best_negative_elbo": pytest.approx(values[best], rel=1e-6)}
    assert end == {"step": best + 30, "reason": "early stopping"} | named
    assert finished == [best]
    assert int(restore(tmp_path)[0].step) == best
    # Killed before its end was written down, the run ends the same.
    (tmp_path / "finished.json").unlink()
    assert train(config, tmp_path, finish=lambda model, _: finished.append(int(model.step))) == end
    assert finished == [best, best]


@pytest.mark.parametrize("kept", [True, False])
def test_the_best_validation_is_named_and_kept_if_asked_for(tmp_path, kept):
    """From step 20 on the learning rate undoes what was learned: the model of that step is the best."""
    config = experiment(40, validate_every=10, keep_best=kept)
    for name in ("encoder", "decoder"):
        rates = {"name": "PiecewiseConstantDecay", "boundaries": (20,), "values": (1e-3, 10.0)}
        with config.optimizers[name].ignore_type():
            config.optimizers[name].learning_rate = ml_collections.ConfigDict(rates)
    exported = []
    end = train(config, tmp_path, finish=lambda model, _: exported.append(int(model.step)))
    values = {line["step"]: line["val_negative_elbo"] for line in lines(tmp_path)}
    best = min(values, key=values.get)
    assert (end["step"], end["best_step"], best) == (40, best, 20)
    assert exported == [best if kept else 40]
    assert int(restore(tmp_path)[0].step) == exported[0]


def test_an_export_that_fails_is_made_by_the_same_command(tmp_path):
    def failing(model, workdir):
        raise ValueError("no space left")

    exported = []
    with pytest.raises(ValueError, match="no space left"):
        train(experiment(10), tmp_path, finish=failing)
    end = train(experiment(10), tmp_path, finish=lambda model, _: exported.append(int(model.step)))
    assert (end, exported) == ({"step": 10, "reason": "steps"}, [10])


def test_a_data_set_that_is_given_is_the_models(tmp_path):
    data, found = zoo.data.load(experiment().data), []
    train(experiment(10), tmp_path, check=lambda model: found.append(model.data), data=data)
    assert found[0] is data


@pytest.mark.slow
def test_more_steps_are_those_of_a_longer_run_even_with_a_schedule(tmp_path):
    """A schedule's own numbers are fields, so it cannot depend on training.steps, and may not change."""
    rate = {"name": "PolynomialDecay", "initial_learning_rate": 0.01, "end_learning_rate": 0.0, "decay_steps": 20}
    sections = experiment(20).to_dict()
    sections["optimizers"]["encoder"]["learning_rate"] = rate
    config = zoo.experiment(**sections)
    train(config, tmp_path / "pieces")
    config.training.steps = 40
    for workdir in ("pieces", "whole"):
        train(config, tmp_path / workdir)
    assert digest(tmp_path / "pieces", 40) == digest(tmp_path / "whole", 40)
    config.optimizers.encoder.learning_rate.decay_steps = 40
    with pytest.raises(WorkdirError, match=r"config\.optimizers\.encoder\.learning_rate\.decay_steps was 20, now 40"):
        train(config, tmp_path / "pieces")
