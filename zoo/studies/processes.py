"""The processes of a study: each has a log, a clock that outlives it, and ends with the one that started it."""

import ctypes
import os
import pathlib
import signal
import subprocess
import time

from zoo.studies.measuring import read_json
from zoo.training.workdir import write_json

PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Of TensorFlow, and of NumPy's linear algebra, by which a prior is fitted.
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
CLOCK_SECONDS = 5  # so much of a clock may be lost in a kill


def _libc():
    """For prctl, which is Linux's; None elsewhere, where a killed study leaves its process to the lock of its folder."""
    found = ctypes.CDLL(None)
    return found if hasattr(found, "prctl") else None


_LIBC = _libc()


def _die_with_parent():
    """Of a process that is about to begin: a study killed by SIGKILL can tell nobody."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _environment(threads):
    """That of a process which may use so many threads; None for all."""
    return os.environ | {"PYTHONUNBUFFERED": "1"} | dict.fromkeys(THREADS if threads else (), str(threads))


class Process:
    """A running command.

    Attributes:
      seconds: of this stage in this folder, over all its processes so far.
    """

    def __init__(self, command, folder, stage, threads=None):
        """Starts it.

        Args:
          command: a list.
          folder: where STAGE.log and seconds.json are kept.
          stage: what it is the clock of.
          threads: how many TensorFlow may use for one operation; None for all.
        """
        self.folder, self.stage = pathlib.Path(folder), stage
        self.log = self.folder / f"{stage}.log"
        self.before = clock(self.folder, stage)
        self.began = self.written = time.monotonic()
        with open(self.log, "ab") as log:
            self.start = log.tell()
            # A session of its own: Ctrl-C is for the study, which hands on one signal.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_environment(threads),
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def seconds(self):
        """Until now."""
        return self.before + time.monotonic() - self.began

    def ended(self):
        """Whether it has; keeps its clock."""
        code = self.process.poll()
        if code is not None or time.monotonic() - self.written > CLOCK_SECONDS:
            self.written = time.monotonic()
            path = self.folder / "seconds.json"
            write_json(path, (read_json(path) or {}) | {self.stage: self.seconds})
        return code is not None

    def failure(self):
        """Its last word, once it has ended; "" if it ended well."""
        code = self.process.returncode
        if not code:
            return ""
        if code < 0:
            return f"ended by {signal.Signals(-code).name}"
        with open(self.log, "rb") as log:
            log.seek(self.start)
            lines = [line.strip() for line in log.read().decode(errors="replace").splitlines() if line.strip()]
        errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return (errors or lines or [f"exit code {code}, and no word"])[-1]

    def send(self, number):
        """Sends a signal, unless it has ended."""
        self.process.send_signal(number)

    def wait(self):
        """Waits for its end; keeps its clock."""
        self.process.wait()
        self.ended()


def clock(folder, stage):
    """Seconds that a stage has taken so far."""
    return (read_json(pathlib.Path(folder) / "seconds.json") or {}).get(stage, 0.0)
