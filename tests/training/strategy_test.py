"""Which devices a run takes, and who of its workers writes; the whole of it, in processes of its own, as users start it."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from tests.models.replicated import free_addresses
from tests.repository import ROOT
from tests.training.runs import lines
from zoo.config import ConfigError
from zoo.models import building
from zoo.training import strategy
from zoo.training.workdir import restore

# What `python -m tools.train` does on a machine with two devices.
TWO_DEVICES = """
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tools import train
train.console()
"""
SHORT = (
    *("--config=configs/vae_digits.py", "--config.training.steps=40", "--config.training.log_every=20"),
    *("--config.training.steps_per_execution=10", "--config.training.ema=0.5"),
    *("--config.training.validate_every=40", "--config.model.decoder.hidden_sizes=(8,)"),
)
SECONDS = 400  # about 20 on an idle core


def start(workdir, *arguments, program=("-m", "tools.train"), **environment):
    command = [sys.executable, *program, *SHORT, f"--workdir={workdir}", *arguments]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def start_workers(workdir, *arguments):
    cluster = {"worker": free_addresses(2)}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]
    return [start(workdir, "--strategy=multi_worker", *arguments, TF_CONFIG=json.dumps(task)) for task in tasks]


def finish(*processes):
    try:
        said = [process.communicate(timeout=SECONDS)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [process.returncode for process in processes], "\n".join(said)


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    """The run on one device, with determinism asked for."""
    workdir = tmp_path_factory.mktemp("one")
    codes, said = finish(start(workdir, "--deterministic"))
    assert codes == [0], said[-3000:]
    return workdir


def assert_same_metrics(workdir, other):
    for one, two in zip(lines(workdir), lines(other), strict=True):
        assert one == {name: pytest.approx(value, rel=1e-4, abs=1e-4) for name, value in two.items()}


def test_a_run_on_two_devices_is_that_on_one(one_device, tmp_path):
    codes, said = finish(start(tmp_path, "--strategy=mirrored", program=("-c", TWO_DEVICES)))
    assert codes == [0], said[-3000:]
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in one_device.iterdir()}
    assert_same_metrics(tmp_path, one_device)


def test_the_exported_weights_are_the_averaged_ones(one_device):
    model, _ = restore(one_device)
    x = tf.random.uniform([4, 8, 8, 1], seed=1)
    exported = tf.saved_model.load(str(one_device / "saved_model"))
    np.testing.assert_allclose(exported.encode(x)["loc"], model.posterior(x).mean(), rtol=1e-5, atol=1e-6)
    for value, weight in zip(model.training_step.averages.values, model.training_step.averages._weights(), strict=True):
        np.testing.assert_array_equal(value.numpy(), weight.numpy())


@pytest.mark.slow
def test_determinism_asked_for_changes_nothing_on_a_cpu(one_device, tmp_path):
    codes, said = finish(start(tmp_path))
    assert codes == [0], said[-3000:]
    assert lines(tmp_path) == lines(one_device)


@pytest.mark.slow
def test_mixed_precision_on_two_devices_is_that_on_one(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    precise = ("--config.training.precision=bfloat16", "--config.model.encoder.hidden_sizes=(16,16)")
    replicated = start(two, "--strategy=mirrored", *precise, program=("-c", TWO_DEVICES))
    codes, said = finish(start(one, *precise), replicated)
    assert codes == [0, 0], said[-3000:]
    for a, b in zip(lines(one), lines(two), strict=True):
        assert a["wake/loss"] == pytest.approx(b["wake/loss"], rel=0.02)


@pytest.mark.slow
def test_two_workers_write_one_workdir_and_stop_when_one_dies(one_device, tmp_path):
    codes, said = finish(*start_workers(tmp_path))
    assert codes == [0, 0], said[-3000:]
    assert_same_metrics(tmp_path, one_device)
    workers = start_workers(tmp_path, "--config.training.steps=1000000")
    deadline = time.monotonic() + SECONDS
    while len(lines(tmp_path)) < 5 and time.monotonic() < deadline:
        time.sleep(0.5)
    workers[1].send_signal(signal.SIGKILL)
    began = time.monotonic()
    codes, said = finish(*workers)
    print(f"the chief stopped {time.monotonic() - began:.1f} s after the death of the other worker")
    assert codes == [1, -signal.SIGKILL]
    assert "error: another worker has stopped" in said


@pytest.mark.slow
def test_a_signal_to_one_worker_stops_all_after_the_same_execution(tmp_path):
    workers = start_workers(tmp_path, "--config.training.steps=1000000")
    while not list(tmp_path.glob("checkpoints/*.index")):
        assert workers[0].poll() is None
        time.sleep(0.1)
    workers[1].terminate()
    codes, said = finish(*workers)
    assert codes == [143, 143], said[-3000:]
    stops = {line for line in said.splitlines() if line.startswith("stopped; ")}
    assert len(stops) == 1


@pytest.mark.parametrize("described", ["{", "[]", '{"cluster": {}}', '{"cluster": {"worker": []}}'])
def test_a_cluster_that_is_not_described_is_one_line(described, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", described)
    with pytest.raises(ValueError, match="TF_CONFIG must be like") as error:
        strategy.make("multi_worker")
    assert "\n" not in str(error.value)


def test_no_cluster_at_all_is_one_line(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.delenv("SLURM_STEP_NODELIST", raising=False)
    with pytest.raises(ValueError, match="no cluster is described"):
        strategy.make("multi_worker")


@pytest.mark.parametrize(
    ("nodes", "tasks_per_node", "workers"),
    [("host[3-4]", "1(x2)", ["host3:8888", "host4:8888"]), ("host3", "2", ["host3:8888", "host3:8889"])],
)
def test_a_slurm_job_step_describes_the_cluster(nodes, tasks_per_node, workers, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    step = {"STEP_NODELIST": nodes, "PROCID": "1", "STEP_NUM_TASKS": "2", "STEP_TASKS_PER_NODE": tasks_per_node}
    for name, value in step.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    cluster = strategy._cluster()
    assert cluster.cluster_spec().as_dict() == {"worker": workers}
    assert (cluster.task_type, cluster.task_id) == ("worker", 1)


def test_a_batch_that_replicas_cannot_share_is_refused(monkeypatch):
    monkeypatch.setattr(building.replicas, "count", lambda: 3)
    with pytest.raises(ConfigError, match="100 examples cannot be shared equally by 3 replicas"):
        tiny.build("vae")
