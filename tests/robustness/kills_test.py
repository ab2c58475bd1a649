"""SIGKILL again and again, half of the times in the middle of a save: nothing of the run changes."""

import collections
import random
import signal
import time

import pytest

from tests.robustness.budget import KILLS
from tests.training import processes
from tests.training.runs import digest, lines

TRAINING = {"log_every": 15, "save_every": 10, "save_every_seconds": 1e9, "keep_checkpoints": 3}


def kill_in_a_save(process, workdir, rng):
    """Kills while a save has files of its own; returns whether it left some."""
    newest = processes.steps_saved(workdir)[:1]
    processes.wait_for(lambda: processes.steps_saved(workdir)[:1] != newest, process)
    folder = workdir / "checkpoints"
    processes.wait_for(lambda: any(folder.glob("*_temp*")), process, pause=0.0)
    time.sleep(rng.uniform(0, 0.01))
    assert processes.signalled(process, signal.SIGKILL) == -signal.SIGKILL
    return any(folder.glob("*_temp*"))


@pytest.mark.slow
def test_a_run_that_is_killed_after_its_last_step_again_and_again_ends_whole(tmp_path):
    """Each kill comes up to four seconds after the last step's save, during pictures, export and what follows."""
    rng = random.Random(0)
    killed, whole, steps = tmp_path / "killed", tmp_path / "whole", 20
    found = collections.Counter()
    for _ in range(KILLS):
        process = processes.start(killed, exports=True, steps=steps, **TRAINING)
        processes.wait_for(lambda last=steps: last in processes.steps_saved(killed), process)
        process.join(rng.uniform(0, 4))
        if process.is_alive():
            processes.signalled(process, signal.SIGKILL)
        found[reached(killed)] += 1
        steps += 15 * (process.exitcode == 0)
    for workdir in (killed, whole):
        processes.finish(workdir, exports=True, steps=steps, **TRAINING)
    print(f"\n{KILLS} kills after the last step; of the newest file: {dict(found)}; {steps} steps")
    assert digest(killed, steps) == digest(whole, steps)
    assert lines(killed) == lines(whole)
    assert (killed / "finished.json").read_text() == (whole / "finished.json").read_text()
    assert {path.name for path in (killed / "saved_model").iterdir()} == {p.name for p in (whole / "saved_model").iterdir()}
    assert not list(killed.rglob(".*"))


def reached(workdir):
    """The newest of what a run leaves, apart from its checkpoints and logs."""
    names = {"finished.json", "saved_model", ".partial", "samples", "reconstructions"}
    times = {}
    for path in (*workdir.glob("*"), *workdir.glob("pictures/*")):
        for name in names:
            if path.name.startswith(name):
                times[name] = max(times.get(name, 0), path.stat().st_mtime_ns)
    return max(times, key=times.get, default="none")


@pytest.mark.slow
@pytest.mark.parametrize("replicas", [1, processes.REPLICAS])
def test_a_run_that_is_killed_again_and_again_ends_bit_for_bit_the_same(replicas, tmp_path):
    rng = random.Random(replicas)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    hit = 0
    for number in range(KILLS):
        process = processes.start(killed, replicas, steps=10**6, **TRAINING)
        if number % 2:
            hit += kill_in_a_save(process, killed, rng)
        else:
            processes.kill_during_training(process, killed, delay=rng.uniform(0, 0.5))
    steps = processes.steps_saved(killed)[0] + 35
    for workdir in (killed, whole):
        processes.finish(workdir, replicas, steps=steps, **TRAINING)
    print(f"\n{replicas} replicas: {KILLS} kills, {KILLS // 2} aimed at saves of which {hit} left a part, {steps} steps")
    print(f"killed {digest(killed, steps)}\nwhole  {digest(whole, steps)}")
    assert digest(killed, steps) == digest(whole, steps)
    assert lines(killed) == lines(whole)
    assert [line["step"] for line in lines(killed)] == [*range(15, steps, 15)] + [steps]
    assert not list((killed / "checkpoints").glob("*_temp*"))
    assert len(processes.steps_saved(killed)) == TRAINING["keep_checkpoints"]
