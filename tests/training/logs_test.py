"""What a run writes: lines of metrics, TensorBoard's file, pictures."""

import json
import time
import types

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event

from tests.training.callbacks import Model
from zoo.training import logs


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


def test_what_a_killed_run_wrote_after_its_last_save_is_dropped_and_nothing_before(tmp_path):
    first = logs.Events(tmp_path, 0)
    for step in (10, 20, 21):
        first.scalars(step, {"a": float(step)})
    time.sleep(1.1)  # event files are told apart by the second
    logs.Events(tmp_path, 20).scalars(21, {"a": 22.0})
    told = EventAccumulator(str(tmp_path)).Reload().Scalars("a")
    assert [(event.step, event.value) for event in told] == [(10, 10), (20, 20), (21, 22)]
    assert all(0 <= time.time() - event.wall_time < 60 for event in told)


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
        """From blacker than black to whiter than white."""
        return np.linspace(-1, 2, count).reshape(-1, 1, 1, 1) + np.zeros([count, 4, 4, 1])

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
    drawn = np.asarray(Image.open(tmp_path / "pictures" / "samples_00000020.png"))
    assert drawn.shape == (8 * 34 - 2, 8 * 34 - 2)
    np.testing.assert_array_equal(drawn[::34, ::34].ravel(), np.round(255 * np.clip(np.linspace(-1, 2, 64), 0, 1)))


def test_samples_of_classes_are_a_row_each(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "of_classes", lambda model, seed: np.zeros([3 * 8, 4, 4, 1]))
    found = logs.Pictures(tmp_path / "pictures", Events(), np.zeros([16, 4, 4, 1]), 20, 0, 0, np.zeros(16, int))
    found.set_model(Drawing(20))
    found.model.num_classes, found.model.has_posterior = 3, False
    assert found._grids()["samples"].shape == (3 * 34 - 2, 8 * 34 - 2, 1)


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
