"""The working directory of a run: its config, its lock, and the model it holds.

config.json         the resolved config, and what is needed to rebuild the model without its data
checkpoints/, best/ weights, optimizers and step
metrics.jsonl       one line a log interval
tensorboard/        the same for TensorBoard, with the pictures
pictures/           image grids
saved_model/        the exported model, once the run has finished
finished.json       why the run ended, written last
"""

import contextlib
import dataclasses
import fcntl
import json
import os

from zoo import atomic, paths
from zoo import config as configs
from zoo.config import ConfigError
from zoo.data.preprocessing import Preprocessing
from zoo.models import TrainableModel, build
from zoo.training.checkpoints import Checkpoints

# Of config.json and the checkpoints together: what is stored under which name. Raise it whenever that changes.
FORMAT = 2
# What may differ between two starts of one run: it changes when things are written or shown, not what is computed.
FREE = ("steps", "steps_per_execution", "save_every_seconds", "save_every", "keep_checkpoints", "pictures_every", "max_skipped")
FREE_FIELDS = {"data.max_unreadable", *(f"training.{name}" for name in FREE)}


class WorkdirError(ValueError):
    """A working directory that cannot be used; the message is one line that says why and what to do."""


def write_json(path, value):
    """Writes a JSON file, whole or not at all."""
    atomic.write(path, json.dumps(value, indent=2))


def _flat(section, prefix=""):
    for key, value in section.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, _with_tuples(value)


def _with_tuples(value):
    """A value that may have been in JSON, which has lists only: a schedule's boundaries come back as one."""
    return tuple(map(_with_tuples, value)) if isinstance(value, (list, tuple)) else value


def changed_fields(stored, given, free=FREE_FIELDS):
    """`config.FIELD was A, now B` of each field in which two experiments differ, but for those that are free to."""
    stored, given = dict(_flat(stored.to_dict())), dict(_flat(given.to_dict()))
    keys = sorted(key for key in stored.keys() | given.keys() if stored.get(key) != given.get(key))
    return [f"config.{key} was {stored.get(key)!r}, now {given.get(key)!r}" for key in keys if key not in free]


def _before_a_run(name):
    """Whether a run that was killed at its very start may have left a file of this name."""
    return name == "lock" or name.startswith(atomic.PREFIX)


class Workdir:
    """One run's folder.

    Raises:
      WorkdirError: if the path is a file, cannot be written, or holds something that is no run.
    """

    def __init__(self, path):
        self.path = paths.named(path).absolute()
        self.config_file = self.path / "config.json"
        self.finished_file = self.path / "finished.json"
        self.checkpoints = self.path / "checkpoints"
        self.best = self.path / "best"
        self.pictures = self.path / "pictures"
        self.saved_model = self.path / "saved_model"

    def is_new(self):
        """Whether no run has begun here."""
        return not self.config_file.is_file()

    def read(self):
        """The stored config (an experiment) and how its data is preprocessed."""
        if not self.config_file.is_file():
            raise WorkdirError(f"{self.path} holds no run: it has no config.json; give the --workdir of a training run")
        stored = self._stored()
        try:
            return configs.experiment(**stored["config"]), Preprocessing(**stored["preprocessing"])
        except (ValueError, KeyError, TypeError) as error:
            raise WorkdirError(f"{self.config_file} cannot be read: {error}") from error

    def has_checkpoint(self):
        """Whether there is something to go on from."""
        return any(self.checkpoints.glob("step-*.index"))

    def fingerprint(self):
        """Of the run's data set."""
        return self._stored()["fingerprint"]

    def check_data(self, config, data):
        """Refuses a data set that is another than that of the run, by its fingerprint where it has one."""
        if self.fingerprint() not in ("", data.known_by(config.model)):
            raise WorkdirError(
                f"{self.path}: the data set {data.name} has changed since the run was trained; bring back what it was, or "
                "give the exported model, which is measured on any data"
            )

    def _stored(self):
        try:
            stored = json.loads(self.config_file.read_text())
            found = stored.get("format")
        except (ValueError, AttributeError) as error:
            raise WorkdirError(f"{self.config_file} cannot be read: {error}") from error
        if found != FORMAT:
            raise WorkdirError(
                f"{self.path} holds a run of format {found}, and this version of the zoo reads format {FORMAT}: "
                "use the version that trained it (the model card names its commit), or train in a new folder"
            )
        return stored

    def check(self, config):
        """Refuses a folder that is not this config's: a foreign one, an unwritable one, another experiment's."""
        if self.path.exists() and not self.path.is_dir():
            raise WorkdirError(f"--workdir {self.path} is a file; give a folder")
        nearest = next(folder for folder in (self.path, *self.path.parents) if folder.exists())
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise WorkdirError(f"--workdir {self.path} cannot be written: {nearest} gives no permission, or is read-only")
        if self.config_file.is_file():
            self._check_same(config)
        elif self.path.is_dir() and any(not _before_a_run(entry.name) for entry in self.path.iterdir()):
            raise WorkdirError(f"--workdir {self.path} is not empty and holds no run; give a new or an empty folder")

    def _check_same(self, config):
        if changed := changed_fields(self.read()[0], config):
            raise WorkdirError(f"--workdir {self.path} holds another experiment: {'; '.join(changed)}")

    def sweep(self):
        """Removes what a killed run has left half written; for the owner of the lock."""
        for folder in (self.path, self.pictures):
            atomic.sweep(folder)

    def finished(self, config):
        """Why the run is over for this config, or None: {"step", "reason"}."""
        if not self.finished_file.is_file():
            return None
        found = json.loads(self.finished_file.read_text())
        over = found["reason"] == "early stopping" or found["step"] >= config.training.steps
        return found if over else None

    def write(self, config, preprocessing, fingerprint=""):
        """Stores the config; called once the model could be built.

        Args:
          config, preprocessing: of the run.
          fingerprint: of its data set.

        Raises:
          WorkdirError: if the data set is another one than that of the stored run.
        """
        about_data = {"preprocessing": dataclasses.asdict(preprocessing), "fingerprint": fingerprint}
        if self.config_file.is_file():
            stored = self._stored()
            if any(stored[key] != value for key, value in json.loads(json.dumps(about_data)).items()):
                raise WorkdirError(
                    f"--workdir {self.path}: the data set {config.data.name} has changed since this run began; "
                    "bring back what it was, or train in a new folder"
                )
        write_json(self.config_file, {"format": FORMAT, "config": json.loads(config.to_json())} | about_data)

    @contextlib.contextmanager
    def locked(self):
        """Holds the folder's lock, which the system releases when its owner dies.

        Raises:
          WorkdirError: if another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WorkdirError(f"--workdir {self.path} is in use by another process; wait for it, or stop it") from None
            yield


def keeps_best(training):
    """Whether the trained model of a run is that of its best validation; of a checked `config.training`."""
    return training.keep_best or training.early_stopping_patience > 0


def restore(path, data=None, face=TrainableModel):
    """The trained model of a working directory, without loading its data.

    The best checkpoint of a run that keeps it (training.keep_best, or early stopping), else the newest.

    Args:
      path: of the folder.
      data: the run's data set, to have it in the model.
      face: the class of the model, TrainableModel or one of its own.

    Returns:
      (model, config).

    Raises:
      WorkdirError: if there is no run, or no usable checkpoint, or the data are others than those of the run: what was held
        out of those may have been trained on.
    """
    workdir = Workdir(path)
    config, preprocessing = workdir.read()
    if data is not None:
        workdir.check_data(config, data)
    model = build(config, data=data, preprocessing=preprocessing, face=face)
    folder = workdir.best if keeps_best(config.training) and workdir.best.is_dir() else workdir.checkpoints
    try:
        found = Checkpoints(model, folder).restore()
    except ValueError as error:
        raise WorkdirError(str(error)) from error
    if not found:
        raise WorkdirError(f"{workdir.path} has no checkpoint yet: train it first")
    if averages := model.training_step.averages:
        averages.put()
    return model, config


__all__ = ["ConfigError", "Workdir", "WorkdirError", "changed_fields", "restore", "write_json"]
