"""A long run keeps its memory and its pace."""

import itertools
import json
import resource
import time

import pytest

from tests.robustness.budget import SOAK_STEPS
from tests.training import processes

MARKS = 10


def memory(process):
    """Resident bytes of a process, or None once it has ended."""
    try:
        with open(f"/proc/{process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return None


def last_step(workdir):
    try:
        written = (workdir / "metrics.jsonl").read_text().split("\n")[:-1]
    except OSError:
        return 0
    return json.loads(written[-1])["step"] if written else 0


@pytest.mark.slow
def test_memory_is_flat(tmp_path):
    """With saves, lines of the log and pictures all the way."""
    workdir = tmp_path / "run"
    every = SOAK_STEPS // MARKS
    training = {"log_every": 50, "save_every": 100, "pictures_every": every, "keep_checkpoints": 3}
    process = processes.start(workdir, steps=SOAK_STEPS, **training)
    marks = []  # (step, seconds, bytes)
    while process.is_alive():
        step, used = last_step(workdir), memory(process)
        if used and step >= every * (len(marks) + 1):
            marks.append((step, time.monotonic(), used))
        time.sleep(0.02)
    process.join()
    assert process.exitcode == 0
    print(f"\nstep {marks[0][0]}: {marks[0][2] / 2**20:.1f} MiB", end="")
    for (before, began, _), (step, ended, used) in itertools.pairwise(marks):
        print(f"\nstep {step}: {used / 2**20:.1f} MiB, {1000 * (ended - began) / (step - before):.2f} ms a step", end="")
    print()
    assert len(marks) >= MARKS - 1
    assert marks[-1][2] <= 1.05 * marks[0][2]
