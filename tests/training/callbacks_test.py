"""What a run's callbacks do at each execution and interval: with a model, a clock and checkpoints that only take notes."""

import json
import signal
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event

from zoo.training import guard, logs, progress, saving, signals
from zoo.training.workdir import Workdir

TERMS = ["wake/loss", "sleep/loss"]


class Means:
    """Sums of terms and the weight of each, as a model collects them."""

    def __init__(self):
        self.sums, self.weight, self.added = tf.constant([3.0, 4.0]), tf.constant([2.0, 2.0]), []

    def add(self, sums, weight):
        self.added.append((sums.numpy().tolist(), weight.numpy().tolist()))


class Model:
    """What callbacks look at."""

    def __init__(self, step=0):
        self.step = tf.Variable(step)
        self.skipped, self.fault = tf.Variable(0), tf.Variable([7, 1])
        self.train_terms, self.means = TERMS, Means()
        self.training_step = self
        self.stop_training = False
        self.steps_per_execution = 100


class Notes:
    """In place of checkpoints: the steps at which each folder's were saved."""

    def __init__(self, model, folder, keep=3, **state):
        self.model, self.folder, self.keep, self.state, self.saved, self.found = model, folder, keep, state, [], None

    def save(self):
        self.saved.append(int(self.model.step))

    def restore(self):
        return self.found


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = types.SimpleNamespace(seconds=100.0)
    for module in (saving, signals, progress):
        monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: now.seconds))
    return now


@pytest.fixture
def make(monkeypatch, tmp_path, clock):
    """A Saving of a Model, by its options."""
    monkeypatch.setattr(saving, "Checkpoints", Notes)

    def made(writes=True, every=0, seconds=1e9, patience=0):
        training = types.SimpleNamespace(
            save_every=every, save_every_seconds=seconds, early_stopping_patience=patience, keep_checkpoints=5
        )
        model = Model()
        found = saving.Saving(model, Workdir(tmp_path / "run"), training, writes)
        found.set_model(model)
        found.set_params({"steps": 10})
        return found

    return made


def test_checkpoints_are_kept_as_many_as_asked_and_one_best(make, tmp_path):
    found = make()
    assert (found.newest.keep, found.best.keep) == (5, 1)
    assert (found.newest.folder.name, found.best.folder.name) == ("checkpoints", "best")
    assert found.newest.state.keys() == {"best_value", "best_step", "failures", "sums", "counts"}


def test_saved_by_steps_once_a_multiple_is_reached(make):
    found = make(every=10)
    for step in (4, 8, 12, 16, 20, 24):
        found.model.step.assign(step)
        found.on_train_batch_end(0)
    assert found.newest.saved == [12, 20]
    assert not found.best.saved


def test_saved_by_the_clock_from_the_last_save_on(make, clock):
    found = make(seconds=5.0)
    for seconds in (104.9, 105.0, 109.9, 110.0):
        clock.seconds = seconds
        found.model.step.assign_add(1)
        found.on_train_batch_end(0)
    assert found.newest.saved == [2, 4]


def test_the_last_execution_of_an_interval_is_saved_after_its_line(make):
    found = make(every=1)
    found.model.step.assign(10)
    found.on_train_batch_end(9)
    assert found.newest.saved == []
    found.on_train_batch_end(8)
    assert found.newest.saved == [10]
    found.model.step.assign(20)
    found.on_epoch_end(0, {})
    assert found.newest.saved == [10, 20]


def test_a_step_is_saved_once_and_not_at_all_by_a_worker_beside_the_chief(make):
    found, beside = make(), make(writes=False)
    for each in (found, beside):
        each.model.step.assign(3)
        each.save()
        each.save()
        assert each.saved_step == 3
    assert (found.newest.saved, beside.newest.saved) == ([3], [])


def test_the_means_of_an_interval_are_saved_within_it_and_taken_up_once(make):
    found = make()
    found.model.step.assign(3)
    kept = []
    found.newest.save = lambda: kept.append((found.sums.numpy().tolist(), found.counts.numpy().tolist()))
    found.save_within_interval()
    assert kept == [([3, 4], [2, 2])]
    found.on_epoch_begin(0)
    assert found.model.means.added == []  # they are of this process, which has them
    found.sums.assign([3, 4])
    found.counts.assign([1, 0])  # one term was finite in no step
    for _ in range(2):
        found.on_epoch_begin(0)
    assert found.model.means.added == [([3, 4], [1, 0])]


def test_a_run_goes_on_from_what_was_restored(make):
    found = make(every=10)
    assert found.restore() == 0
    found.newest.found = 15
    assert found.restore() == 15
    found.model.step.assign(19)
    found.on_train_batch_end(0)
    assert found.newest.saved == []
    found.model.step.assign(20)
    found.on_train_batch_end(0)
    assert found.newest.saved == [20]


@pytest.mark.parametrize("writes", [True, False])
def test_validations_that_are_no_better_stop_a_run_and_the_best_is_kept(make, writes):
    found = make(writes=writes, patience=2)
    stopped = []
    for step, value in enumerate((5.0, 6.0, 4.0, 4.0, 4.5), 1):
        found.model.step.assign(step)
        found.on_epoch_end(step, {"val_negative_elbo": value})
        found.on_epoch_end(step, {"wake/loss": 1.0})  # no validation
        stopped.append(found.stopped_early)
    assert stopped == [False, False, False, False, True]
    assert found.model.stop_training
    assert found.best_known == {"best_step": 3, "best_negative_elbo": 4.0}
    assert found.best.saved == ([1, 3] if writes else [])
    assert found.newest.saved == ([5] if writes else [])


def test_without_patience_nothing_stops(make):
    found = make(patience=0)
    assert found.best_known == {}
    for value in (5.0, 6.0, 7.0):
        found.on_epoch_end(0, {"val_negative_elbo": value})
    assert not found.stopped_early
    assert int(found.failures) == 2


def watching(max_skipped, folder=None):
    """A Guard of 30 examples in batches of 12, over a Model."""
    training = types.SimpleNamespace(max_skipped=max_skipped, seed=3)
    config = types.SimpleNamespace(training=training, data=types.SimpleNamespace(batch_size=12))
    split = types.SimpleNamespace(read_batch=lambda indices: np.asarray(indices) * 10)
    found = guard.Guard(config, types.SimpleNamespace(size=lambda name: 30, splits={"train": split}), folder)
    found.set_model(Model())
    return found


def test_as_many_skipped_updates_as_allowed_do_not_stop_a_run():
    found = watching(2)
    found.model.skipped.assign(2)
    found.on_train_batch_end(0)
    found.model.skipped.assign(3)
    with pytest.raises(
        guard.FaultError, match=r"^3 updates were skipped.*is sleep/loss at step 7, examples (\d+, ){10}\.\.\.; "
    ):
        found.on_train_batch_end(0)


def test_the_batch_of_a_fault_is_left_in_a_file(tmp_path):
    found = watching(0, tmp_path)
    found.model.skipped.assign(1)
    with pytest.raises(guard.FaultError, match=rf"\.\.\. \(all in {tmp_path}/fault_7\.npz\); "):
        found.on_train_batch_end(0)
    with np.load(tmp_path / "fault_7.npz") as left:
        assert len(left["indices"]) == 12
        np.testing.assert_array_equal(left["examples"], 10 * left["indices"])


@pytest.mark.parametrize(("count", "said"), [(10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"), (11, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...")])
def test_ten_examples_are_listed(count, said):
    assert guard._listed(np.arange(count)) == said


def test_progress_is_a_line_each_ten_seconds_and_one_at_the_end(clock, capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: False, raising=False)
    found = progress.Progress(100, 500)
    found.set_model(Model())
    for step, seconds in ((200, 105.0), (240, 109.0), (300, 110.5), (340, 111.0), (500, 112.0)):
        clock.seconds = seconds
        found.model.step.assign(step)
        found.on_train_batch_end(0)
        found.on_epoch_end(0, {"wake/loss": 3.0, "wake/reconstruction": 1.23456, "sleep/reconstruction": -2.0, "other": 2.0})
    found.close()
    terms = "wake reconstruction (nats of x) 1.235  sleep reconstruction (nats of z) -2"
    # The rate counts from the end of the first execution: 100 steps in 5.5 s, 300 in 7.
    assert capsys.readouterr().out.splitlines() == [
        f"step 300/500  18.2 steps/s  11 s left  {terms}",
        f"step 500/500  42.9 steps/s  0 s left  {terms}",
    ]


def test_the_bar_of_a_terminal_is_written_where_the_lines_are(capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    progress.Progress(20, 30).close()
    out, err = capsys.readouterr()
    assert "20/30" in out
    assert err == ""


def test_nothing_is_said_of_a_rate_after_one_execution(clock, capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: False, raising=False)
    found = progress.Progress(0, 30)
    found.set_model(Model())
    for step, seconds in ((20, 111.0), (30, 111.5)):
        clock.seconds = seconds
        found.model.step.assign(step)
        found.on_train_batch_end(0)
        found.on_epoch_end(0, {"wake/loss": 1.0})
    assert capsys.readouterr().out.splitlines() == [
        "step 20/30  wake loss 1",
        "step 30/30  20.0 steps/s  0 s left  wake loss 1",
    ]


class Stopped:
    """A Saving that takes notes."""

    def __init__(self):
        self.saved_step, self.calls = 40, []

    def save(self):
        self.calls.append("save")

    def save_within_interval(self):
        self.calls.append("within")


def stopping(received=0, unsaved=False):
    """Stopping on one device, in an interval of 10 executions."""
    strategy = types.SimpleNamespace(cluster_resolver=None)
    found = signals.Stopping(Stopped(), types.SimpleNamespace(received=received, unsaved=unsaved), strategy)
    found.set_model(Model())
    found.set_params({"steps": 10})
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_execution_within_an_interval_with_a_save_of_it(number, capsys):
    found = stopping(number)
    with pytest.raises(SystemExit) as end:
        found.on_train_batch_end(8)
    assert (end.value.code, found.saving.calls) == (128 + number, ["within"])
    assert capsys.readouterr().err == "stopped; the same command goes on from step 40\n"


def test_a_signal_in_the_last_execution_waits_for_the_intervals_line():
    found = stopping(signal.SIGTERM)
    found.on_train_batch_end(9)
    assert (found.saving.calls, found.signals.unsaved) == ([], True)
    with pytest.raises(SystemExit):
        found.on_epoch_end(0)
    assert found.saving.calls == ["save"]


def test_a_signal_within_a_validation_saves_nothing():
    found = stopping(signal.SIGTERM)
    with pytest.raises(SystemExit):
        found.on_test_batch_end(0)
    assert found.saving.calls == []


def test_without_a_signal_nothing_stops():
    found = stopping()
    found.on_train_batch_end(3)
    found.on_test_batch_end(3)
    found.on_epoch_end(0)
    assert found.saving.calls == []


def test_a_long_execution_but_the_first_is_told_once(clock, monkeypatch):
    told = []
    monkeypatch.setattr(signals.logging, "log_first_n", lambda level, form, count, text: told.append((count, text)))
    found = stopping()
    for seconds in (5.0, 2.0, 2.5):
        found.on_train_batch_begin(0)
        clock.seconds += seconds
        found.on_train_batch_end(0)
    ((count, text),) = told
    assert count == 1
    assert text.startswith("an execution of 100 steps takes 2.5 s")
    # 100 steps x 2 s / 2.5 s
    assert "config.training.steps_per_execution=80 would keep it below 2 s" in text
    assert "steps_per_execution=1 would" in found._too_long(1000.0)


class Events:
    """In place of TensorBoard's file."""

    def __init__(self):
        self.seen = []

    def scalars(self, step, values):
        self.seen.append((step, values))

    def image(self, step, name, pixels):
        self.seen.append((step, name))


def test_metrics_keep_whole_lines_up_to_the_step_and_finite_values(tmp_path):
    path, events = tmp_path / "metrics.jsonl", Events()
    path.write_text('{"step": 10}\n{"step": 20}\n{"step": 21}\n{"st')
    found = logs.Metrics(path, events, 20)
    found.set_model(Model(30))
    found.on_epoch_end(0, {"a": 1.0, "b": float("nan"), "c": float("inf")})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"step": 10}, {"step": 20}, {"step": 30, "a": 1.0}]
    assert events.seen == [(30, {"a": 1.0})]
    assert [file.name for file in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_what_was_told_to_tensorboard_is_in_the_file_at_once(tmp_path):
    found = logs.Events(tmp_path, 0)

    def told(kind):
        return [event.step for event in getattr(EventAccumulator(str(tmp_path)).Reload(), kind)("a")]

    for step in (10, 20):
        found.scalars(step, {"a": 1.0})
        assert told("Scalars")[-1] == step
        found.image(step, "a", np.zeros([2, 3, 1], np.uint8))
        assert told("Images")[-1] == step


def test_a_picture_says_how_large_it_is_and_how_many_channels_it_has(tmp_path):
    found = logs.Events(tmp_path, 0)
    for channels in (1, 3):
        found.image(10, "a", np.arange(6 * channels, dtype=np.uint8).reshape(2, 3, channels))
        found.writer.flush()
    records = tf.data.TFRecordDataset([str(file) for file in tmp_path.iterdir()]).as_numpy_iterator()
    images = [value.image for record in records for value in Event.FromString(record).summary.value]
    assert [(image.height, image.width, image.colorspace) for image in images] == [(2, 3, 1), (2, 3, 3)]


class Drawing(Model):
    """A model of 4x4 images."""

    preprocessing = types.SimpleNamespace(to_unit=lambda x: x)
    has_posterior = True

    def averaged(self):
        return tf.name_scope("averaged")

    def sample(self, count, seed):
        return np.full([count, 4, 4, 1], 2.0)  # more than white

    def reconstruct(self, x):
        return x / 2


def test_pictures_are_drawn_every_so_many_steps_and_each_once(tmp_path):
    events = Events()
    examples = np.linspace(0, 1, 16 * 16).reshape(16, 4, 4, 1)
    found = logs.Pictures(tmp_path / "pictures", events, examples, 20, 0, 0)
    found.set_model(Drawing())
    for step in (10, 20, 20, 30, 40):
        found.model.step.assign(step)
        found.on_epoch_end(0)
    assert events.seen == [(step, name) for step in (20, 40) for name in ("samples", "reconstructions")]
    pixels = np.asarray(Image.open(tmp_path / "pictures" / "reconstructions_00000020.png"))[::34, ::34]
    # The first pixel of each image: data over reconstructions, twice, in rows of eight.
    corners = np.round(255 * np.stack([examples[:8], examples[:8] / 2, examples[8:], examples[8:] / 2])[:, :, 0, 0, 0])
    np.testing.assert_array_equal(pixels, corners)
    white = np.asarray(Image.open(tmp_path / "pictures" / "samples_00000020.png"))
    assert white.min() == 255
    assert white.shape == (8 * 34 - 2, 8 * 34 - 2)


def test_no_pictures_where_none_are_asked_for_but_by_hand(tmp_path):
    events = Events()
    found = logs.Pictures(tmp_path / "pictures", events, np.zeros([16, 4, 4, 1]), 0, 0, 0)
    found.set_model(Drawing(20))
    found.on_epoch_end(0)
    assert events.seen == []
    found.draw()
    assert len(events.seen) == 2


def test_pictures_of_the_step_that_a_run_goes_on_from_are_not_drawn_twice(tmp_path):
    def gone_on_from(step):
        found = logs.Pictures(tmp_path / "pictures", events, np.zeros([16, 4, 4, 1]), 0, 0, step)
        found.set_model(Drawing(40))
        found.draw()

    events = Events()
    gone_on_from(20)
    gone_on_from(40)
    assert events.seen == [(40, "samples"), (40, "reconstructions")]
    (tmp_path / "pictures" / "reconstructions_00000040.png").unlink()  # killed between the two
    gone_on_from(40)
    assert events.seen[2:] == [(40, "reconstructions")]
    gone_on_from(20)  # the checkpoint of step 40 was damaged, so TensorBoard drops its pictures
    assert events.seen[3:] == [(40, "samples"), (40, "reconstructions")]
