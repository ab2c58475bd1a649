"""Where a study keeps things.

DIR/results.jsonl     what was found (zoo/studies/results.py)
DIR/pictures/         the last pictures of each run
DIR/nets/KEY/         the classifiers; KEY.json beside it is how it was trained
DIR/figures/          those of the report, DIR/README.md
DIR/runs/RUN_SEED/    config.py, train/, train.log, measure.log, measures/: of use until the run is measured
"""

import contextlib
import fcntl
import pathlib

from zoo import atomic
from zoo.studies.study import file_name

# What a shard leaves half written for longer than this, it was killed at.
OTHERS_SECONDS = 3600.0


class StudyError(ValueError):
    """A study that cannot go on; one line."""


class Place:
    """Where a study keeps things."""

    def __init__(self, output):
        self.output = pathlib.Path(output)
        names = ("runs", "pictures", "nets", "figures")
        self.runs, self.pictures, self.nets, self.figures = (self.output / name for name in names)

    def make(self):
        """Makes the folders; git is told that runs are not to be kept."""
        for folder in (self.runs, self.pictures, self.nets):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.runs, self.pictures):
            atomic.sweep(folder, OTHERS_SECONDS)
        if not (self.runs / ".gitignore").is_file():
            atomic.write(self.runs / ".gitignore", "*\n")

    def run(self, job):
        """The folder of a run."""
        return self.runs / job.file_name

    def net(self, key):
        """The folder of a net's SavedModel."""
        return self.nets / file_name(key)

    def features(self, study, options):
        """Options with the folder of a net in place of its key."""
        key = options.get("features")
        return options | {"features": str(self.net(key).absolute())} if key in study.nets else options

    @contextlib.contextmanager
    def locked(self, name, wait=None):
        """Holds a lock that the system releases when its owner dies.

        Args:
          name: of the lock.
          wait: called again and again while another process has it; it returns after a while, or raises.

        Raises:
          StudyError: if another process has it, and this one is not to wait.
        """
        with open(self.runs / f"{name}.lock", "w") as lock:
            while not _taken(lock):
                if wait is None:
                    raise StudyError(f"{self.output}: another process works on it; wait for it, or stop it")
                wait()
            yield


def _taken(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
