"""Runs tests in forked children of a process that has imported TensorFlow already, on copies of the tree.

Importing costs 5 s, a fork some milliseconds. It is safe while no operation has been run: TensorFlow starts its threads with
the first one. Nothing of the project is imported by the parent either, so that a child takes all of it from its copy. A copy
serves whatever reads the source: the tests' own processes, autograph, `inspect`.
"""

import contextlib
import importlib
import os
import pathlib
import resource
import shutil
import signal
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
NO_PLUGINS = ("cacheprovider", "unraisableexception", "threadexception")  # a file, and garbage collections of half a second
NOT_COPIED = shutil.ignore_patterns(".*", "runs", "build", "dist", "bazel-*")


def copy_of(root, folder):
    """A copy of the tree without what git ignores; returns its path."""
    return pathlib.Path(shutil.copytree(root, folder, ignore=NOT_COPIED))


@contextlib.contextmanager
def replaced(path, source):
    """A file of a copy has another source; no bytecode of either outlives the exchange."""
    before, bytecode = path.read_text(), pathlib.Path(importlib.util.cache_from_source(path))
    try:
        bytecode.unlink(missing_ok=True)
        path.write_text(source)
        yield
    finally:
        path.write_text(before)
        bytecode.unlink(missing_ok=True)


class Child:
    """Pytest in a forked child whose working directory and import path are a copy of the tree.

    Args:
      tree: the copy.
      arguments: pytest's.
      plugins: pytest's.
      seconds: of processor time that the child may use; ten times that by the clock, since others may use the processors too.

    Attributes:
      used: seconds of processor time, once it has ended.
    """

    def __init__(self, tree, arguments, plugins=(), seconds=600.0):
        self.tree, self.began, self.seconds = tree, time.monotonic(), seconds
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            code = 70
            try:
                self._enter()
                options = ["-q", "--tb=no", *(f"-pno:{name}" for name in NO_PLUGINS), f"--basetemp={tree}.tmp"]
                code = pytest.main([*arguments, *options], list(plugins))
            finally:
                os._exit(code)

    def _enter(self):
        os.setsid()
        log = os.open(f"{self.tree}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        resource.setrlimit(resource.RLIMIT_CPU, (int(self.seconds) + 1, int(self.seconds) + 10))
        os.chdir(self.tree)
        sys.path[:] = [str(self.tree), *(entry for entry in sys.path if entry and pathlib.Path(entry) != ROOT)]
        for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
            del sys.modules[name]

    def ended(self):
        """Pytest's exit code, minus the number of the signal that ended it, or None while it runs."""
        if time.monotonic() - self.began > 10 * self.seconds:
            self.kill()
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.used = usage.ru_utime + usage.ru_stime
        self.kill()  # what its tests have started
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        """With all processes of its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def log(self):
        """What it has printed."""
        return pathlib.Path(f"{self.tree}.log").read_text(errors="replace")


def wait(child):
    """The exit code of a child that is waited for."""
    while (code := child.ended()) is None:
        time.sleep(0.02)
    return code
