"""The parent's end of the pipe: starts a process for each side, and lets its tasks take turns."""

import ast
import subprocess
import sys

from . import ROOT


class Failed(Exception):
    """A contestant that cannot take part, with the reason in one line."""


class Worker:
    """One process of a side (tools/benchmarks/SIDE_side.py)."""

    def __init__(self, side, log):
        command = [sys.executable, "-c", f"from {__package__}.{side}_side import serve; serve()"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True, bufsize=1, cwd=ROOT)

    def _ask(self, *message):
        self._tell(*message)
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"its process ended with exit code {self.process.wait()}")
        kind, _, *rest = ast.literal_eval(line)
        if kind == "failed":
            raise Failed(rest[0])
        return rest

    def _tell(self, *message):
        try:
            print(repr(message), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise Failed(f"its process ended with exit code {self.process.wait()}") from None

    def prepare(self, label, task, options):
        """Builds and warms up a contestant; returns its facts."""
        (facts,) = self._ask("prepare", label, task, options)
        return facts

    def measure(self, label):
        """(seconds, peak bytes) of one block."""
        return self._ask("measure", label)

    def close(self):
        """Ends the process."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Workers:
    """The processes of a work: one for each side, and one for each contestant that wants its own.

    Each work has new ones, since what ran in a process before changes the time of a step by up to a tenth.
    """

    def __init__(self, log):
        self.log = log
        self._shared = {}
        self._all = []

    def _start(self, side):
        self._all.append(Worker(side, self.log))
        return self._all[-1]

    def of(self, contestant):
        """The worker that a contestant is to run in."""
        if contestant.alone:
            return self._start(contestant.side)
        shared = self._shared.get(contestant.side)
        if shared is None or shared.process.poll() is not None:
            shared = self._shared[contestant.side] = self._start(contestant.side)
        return shared

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self._all:
            worker.close()
