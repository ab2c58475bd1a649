"""A run that is killed again and again ends as if it never had been: weights, slots, lines of the log."""

import random
import signal

import numpy as np
import pytest
import tensorflow as tf

from tests.training import processes
from tests.training.runs import digest, lines

# Saves after each second execution, three executions a log interval: most saves are within one.
TRAINING = {"log_every": 15, "save_every": 10, "save_every_seconds": 1e9, "keep_checkpoints": 3}
KILLS = 3


@pytest.mark.parametrize("replicas", [pytest.param(1, marks=pytest.mark.slow), processes.REPLICAS])
def test_a_run_that_is_killed_three_times_ends_bit_for_bit_the_same(replicas, tmp_path):
    rng = random.Random(replicas)
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for _ in range(KILLS):
        process = processes.start(killed, replicas, steps=10**6, **TRAINING)
        processes.kill_during_training(process, killed, delay=rng.uniform(0, 0.3))
    steps = processes.steps_saved(killed)[0] + 35
    for workdir in (killed, whole):
        processes.finish(workdir, replicas, steps=steps, **TRAINING)
    assert digest(killed, steps) == digest(whole, steps)
    assert lines(killed) == lines(whole)


# Where a run is between its last step and its end: (function, number of the call).
AFTER_THE_LAST_STEP = {
    "between two pictures": ("zoo.training.logs.save_png", 2),
    "with half of an export": ("zoo.export.card.write", 1),
    "before the export has its name": ("os.rename", 1),
    "before finished.json": ("zoo.training.loop.write_json", 1),
    "while one export replaces another": ("os.rename", 2),
}


def left(workdir):
    """The files of a run, by their path in it; TensorBoard's have a time in their names."""
    return {str(path.relative_to(workdir)) for path in workdir.rglob("*") if "tfevents" not in path.name}


def exported(workdir):
    loaded = tf.saved_model.load(str(workdir / "saved_model"))
    return loaded.reconstruct(tf.ones([2, 4, 4, 1])).numpy()


def test_a_run_that_is_killed_after_its_last_step_at_any_place_ends_whole(tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    processes.finish(whole, exports=True, steps=20, **TRAINING)
    for place, call in AFTER_THE_LAST_STEP.items():
        process = processes.start(killed, exports=True, die_at=call, steps=20, **TRAINING)
        process.join(100)
        assert process.exitcode == -signal.SIGKILL, (place, processes.said_file(killed).read_text())
        assert not (killed / "finished.json").exists()
    processes.finish(killed, exports=True, steps=20, **TRAINING)
    assert left(killed) == left(whole)
    assert digest(killed, 20) == digest(whole, 20)
    assert lines(killed) == lines(whole)
    np.testing.assert_array_equal(exported(killed), exported(whole))


def test_a_full_disk_stops_the_run_and_harms_no_earlier_checkpoint(tmp_path):
    full = tmp_path / "full"
    processes.finish(full, steps=20, **TRAINING)
    before = digest(full, 20)
    # Enough for the lines of the log, too little for a checkpoint.
    process = processes.start(full, steps=50, largest_file=8192, **TRAINING)
    process.join(100)
    assert process.exitcode == 1
    last = processes.said_file(full).read_text().splitlines()[-1]
    assert last.startswith(f"error: cannot write a checkpoint in {full}/checkpoints: ")
    assert last.endswith(": File too large; those before it are whole")
    assert digest(full, 20) == before
    processes.finish(full, steps=50, **TRAINING)
    assert [line["step"] for line in lines(full)] == [15, 20, 30, 45, 50]
