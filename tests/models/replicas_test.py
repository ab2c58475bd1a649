"""One replica, two replicas and two workers make the same updates for the same global batch: proved in float64.

Two replicas are two logical devices of one process, two workers two processes on loopback; tests/models/replicated.py is the
program that each of these processes runs.
"""

import functools
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from tests import commands
from tests.models import replicated

PROGRAM = pathlib.Path(replicated.__file__)
SECONDS = 400  # about 30 on an idle core
WORKERS_CASES = ("vae", "ehm", "gan")
# The parts of a plain step. The others take as long again: `pytest -m slow` runs them.
QUICK = ("vae", "ehm", "parts", "faulty", "gan")
SLOW = tuple(case for case in replicated.CASES if case not in QUICK)


def start(kind, output, cases, **environment):
    """Starts the program in a process of its own."""
    command = [sys.executable, str(PROGRAM), kind, str(output), *cases]
    environment = os.environ | {"PYTHONPATH": str(PROGRAM.parents[2]), "TF_CPP_MIN_LOG_LEVEL": "3"} | environment
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(processes):
    """Waits for the processes; all have to succeed."""
    try:
        said = [process.communicate(timeout=SECONDS)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert not any(process.returncode for process in processes), "\n".join(said)[-3000:]


def _two_replicas(folder, cases):
    output = folder / "saved.npz"
    done = commands.run_module(replicated.__name__, "replicas", output, *cases)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(output))


@pytest.fixture(scope="module")
def two_replicas(tmp_path_factory):
    """What two replicas of one process arrived at, and the noise that they drew."""
    return _two_replicas(tmp_path_factory.mktemp("replicas"), QUICK)


@pytest.fixture(scope="module")
def two_replicas_of_slow(tmp_path_factory):
    """The same of the other cases."""
    return _two_replicas(tmp_path_factory.mktemp("replicas"), SLOW)


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    """What each of two workers arrived at."""
    folder = tmp_path_factory.mktemp("workers")
    addresses = replicated.free_addresses(2)
    outputs = [folder / f"{index}.npz" for index in range(2)]
    tasks = [{"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}} for index in range(2)]
    finish([start("worker", out, WORKERS_CASES, TF_CONFIG=json.dumps(task)) for out, task in zip(outputs, tasks, strict=True)])
    return [dict(np.load(output)) for output in outputs]


@functools.cache
def one_replica(case):
    """What a single device arrives at; only for tests that set float64."""
    return replicated.train(case)


def assert_same(case, one, saved):
    names = {name.partition(":")[2] for name in saved if name.startswith(f"{case}:")}
    assert names == one.keys()
    weights = [name for name in names if not name.startswith("shown/")]
    largest = max(np.max(np.abs(saved[f"{case}:{name}"] - one[name]), initial=0.0) for name in weights)
    print(f"{case}: largest difference of weights, slots and statistics {largest:.1e}")
    for name, value in one.items():
        # Sums in another order differ by a few units in the last place, which Adam's division does not enlarge in float64;
        # what is shown is float32.
        tolerance = 1e-5 if name.startswith("shown/") else 1e-9
        np.testing.assert_allclose(saved[f"{case}:{name}"], value, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("case", QUICK)
def test_two_replicas_make_the_updates_of_one(case, two_replicas, float64):
    assert_same(case, one_replica(case), two_replicas)


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW)
def test_two_replicas_make_the_updates_of_one_in_every_case(case, two_replicas_of_slow, float64):
    assert_same(case, one_replica(case), two_replicas_of_slow)


@pytest.mark.slow
@pytest.mark.parametrize("case", WORKERS_CASES)
@pytest.mark.parametrize("worker", [0, 1])
def test_two_workers_make_the_updates_of_one(worker, case, two_workers, float64):
    assert_same(case, one_replica(case), two_workers[worker])


def test_two_replicas_by_parts_make_the_updates_of_one_replica_at_once(two_replicas, float64):
    whole = one_replica("ehm")  # the same experiment
    assert_same("parts", whole, two_replicas)


def test_what_one_replica_cannot_use_both_skip(two_replicas):
    assert two_replicas["faulty:state/0"] == replicated.STEPS
    # Step 1 and 16 of 15 batches, each with a critic, an encoder and a decoder.
    assert two_replicas["faulty:state/1"] == 6
    assert all(np.isfinite(value).all() for name, value in two_replicas.items() if name.startswith("faulty:"))


@pytest.mark.parametrize("name", ["draw_normal", "draw_bernoulli", "draw_samples", "draw_batch", "uniform", "normal"])
def test_replicas_see_the_noise_of_the_global_batch(name, two_replicas):
    one = replicated.noises()[name].numpy()
    np.testing.assert_array_equal(two_replicas[f"noise:{name}"], one)
    rows = np.moveaxis(one, replicated.BATCH_AXIS.get(name, 0), 0)
    assert rows[: len(rows) // 2].tolist() != rows[len(rows) // 2 :].tolist()  # two replicas, two noises


def test_a_moved_weight_would_be_noticed(two_replicas, float64):
    one = one_replica("vae") | {"model/0": one_replica("vae")["model/0"] + 1e-6}
    with pytest.raises(AssertionError):
        assert_same("vae", one, two_replicas)
