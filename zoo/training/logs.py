"""What a run writes about itself: metrics.jsonl, TensorBoard's events, and pictures. The step is the only clock in them."""

import io
import json
import math
import time

import keras
import numpy as np
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from zoo import atomic
from zoo.evaluation.figures import of_classes
from zoo.evaluation.pictures import grid, save_png
from zoo.models import conditional

RECONSTRUCTED = 16  # test examples, by a random choice that is the same in every run


class Events:
    """TensorBoard's event file; what was written after `step` by a run that was killed is dropped by TensorBoard."""

    def __init__(self, folder, step):
        self.writer = EventFileWriter(str(folder))
        # TensorBoard drops what has this step or a later one, and this step's own scalars were written before it was saved.
        self._add(step + 1, session_log=SessionLog(status=SessionLog.START))

    def _add(self, step, **content):
        self.writer.add_event(Event(step=step, wall_time=time.time(), **content))

    def scalars(self, step, values):
        """name -> number."""
        entries = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._add(step, summary=Summary(value=entries))
        self.writer.flush()

    def image(self, step, name, pixels):
        """A uint8 array [height, width, channels]."""
        buffer = io.BytesIO()
        Image.fromarray(pixels.squeeze()).save(buffer, format="PNG")
        height, width, channels = pixels.shape
        image = Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=buffer.getvalue())
        self._add(step, summary=Summary(value=[Summary.Value(tag=name, image=image)]))
        self.writer.flush()


def complete_lines(path):
    """The lines of a file of lines, if it is there; a kill may have cut the last, which is left out."""
    return path.read_text().split("\n")[:-1] if path.is_file() else []


class Metrics(keras.callbacks.Callback):
    """Appends the means of each log interval to metrics.jsonl and to TensorBoard.

    Lines of steps after the one that the run goes on from were written by a run that was killed before it saved; they
    are removed, because the steps are now taken again.
    """

    def __init__(self, path, events, step):
        super().__init__()
        self.path = path
        self.events = events
        kept = [line for line in complete_lines(path) if json.loads(line)["step"] <= step]
        atomic.write(path, "".join(line + "\n" for line in kept))

    def on_epoch_end(self, epoch, logs=None):
        """Writes one line."""
        step = int(self.model.step.numpy())
        values = {name: float(value) for name, value in (logs or {}).items()}
        # A term that was finite in no step of the interval has no mean.
        values = {name: value for name, value in values.items() if math.isfinite(value)}
        with open(self.path, "a") as file:
            file.write(json.dumps({"step": step} | values) + "\n")
        self.events.scalars(step, values)


class Pictures(keras.callbacks.Callback):
    """Image grids: samples, and data over reconstructions; as PNG in a folder and in TensorBoard.

    Of a class-conditional model, each row of samples is of one class.

    Where the run goes on from `step`, its pictures were drawn after it was saved, so TensorBoard keeps them: those whose
    files are there are not drawn again.
    """

    def __init__(self, folder, events, examples, every, seed, step, labels=None):
        super().__init__()
        self.folder = folder
        self.events = events
        self.examples, self.labels = examples, labels
        self.every = every
        self.seed = seed
        self.begun_at = step
        self.drawn = None

    def on_epoch_end(self, epoch, logs=None):
        """Draws at the chosen steps."""
        if self.every and int(self.model.step.numpy()) % self.every == 0:
            self.draw()

    def draw(self):
        """Draws the grids of this step, unless they were the last to be drawn."""
        step = int(self.model.step.numpy())
        if step == self.drawn:
            return
        self.drawn = step
        self.folder.mkdir(exist_ok=True)
        with self.model.averaged():
            grids = self._grids()
        for name, pixels in grids.items():
            file = self.folder / f"{name}_{step:08d}.png"
            if step != self.begun_at or not file.exists():
                self.events.image(step, name, pixels)
                save_png(pixels, file)

    def _grids(self):
        to_unit = self.model.preprocessing.to_unit
        own = self.model
        drawn = of_classes(own, self.seed) if conditional.classes(own) else own.sample(64, self.seed)
        grids = {"samples": grid(to_unit(drawn), columns=8)}
        if self.model.has_posterior:
            x = self.examples
            rows = [to_unit(images) for images in (x, conditional.at(own, self.labels).reconstruct(x))]
            # Eight columns: each row of data above its row of reconstructions.
            pairs = np.concatenate([np.concatenate([row[i : i + 8] for row in rows]) for i in (0, 8)])
            grids["reconstructions"] = grid(pairs, columns=8)
        return grids
