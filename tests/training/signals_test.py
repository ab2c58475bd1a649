"""SIGTERM and SIGINT end a run with a save at the end of the execution in flight, and nothing is lost."""

import os
import queue
import signal
import time
import types

import pytest

from tests.training import callbacks, processes
from tests.training.runs import digest, experiment, lines
from zoo.training import signals
from zoo.training.loop import train
from zoo.training.signals import SIGNALS, Signals

TRAINING = {"log_every": 1000, "steps_per_execution": 5, "save_every_seconds": 1e9}
LONG = {"steps": 10**6, "log_every": 10_000, "save_every_seconds": 1e9, "pictures_every": 0}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of 1000 steps in one go."""
    workdir = tmp_path_factory.mktemp("runs") / "whole"
    processes.finish(workdir, steps=1000, **TRAINING)
    return workdir


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_within_a_log_interval_and_the_run_goes_on_bit_for_bit(number, code, whole, tmp_path):
    workdir = tmp_path / "stopped"
    process = processes.start(workdir, steps=10**6, save_every=5, **TRAINING)
    processes.wait_for(lambda: len(processes.steps_saved(workdir)) > 1, process)
    assert processes.signalled(process, number) == code
    (said,) = [line for line in processes.said_file(workdir).read_text().splitlines() if line.startswith("stopped; ")]
    at = processes.steps_saved(workdir)[0]
    assert said == f"stopped; the same command goes on from step {at}"
    assert at % 1000
    processes.finish(workdir, steps=1000, **TRAINING)
    assert digest(workdir, 1000) == digest(whole, 1000)
    assert lines(workdir) == lines(whole)


@pytest.mark.parametrize("own_process", [True, False])
def test_afterwards_signals_do_what_they_did_before(own_process):
    """Or a user's own process could not be interrupted any more."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    with Signals(own_process):
        assert not any(signal.getsignal(number) is handler for number, handler in before.items())
    assert {number: signal.getsignal(number) for number in SIGNALS} == before
    assert signal.set_wakeup_fd(-1) == -1


def is_open(descriptor):
    try:
        return bool(os.fstat(descriptor))
    except OSError:
        return False


def test_afterwards_the_pipe_is_closed_at_both_ends():
    """Or a process of many runs would be out of files one day."""
    with Signals(own_process=True) as signals:
        ends = signals._reading, signals._writing
    until = time.monotonic() + 60
    while is_open(ends[0]) and time.monotonic() < until:  # the thread that reads ends by itself
        time.sleep(0.01)
    assert not any(map(is_open, ends))


def test_two_signals_that_come_together_are_two(monkeypatch):
    noted = queue.Queue()
    monkeypatch.setattr(Signals, "_note", lambda signals, number: noted.put(number))
    with Signals(own_process=True) as signals:
        signals.unsaved = True
        os.write(signals._writing, bytes(SIGNALS))
        assert [noted.get(timeout=60) for _ in SIGNALS] == list(SIGNALS)


def test_a_second_signal_stops_at_once(tmp_path):
    # The first signal waits for seconds.
    process = processes.start(tmp_path / "run", steps_per_execution=10_000, save_every=1, **LONG)
    processes.wait_for(lambda: processes.steps_saved(tmp_path / "run"), process)
    time.sleep(0.2)  # the save is over, and the next execution has begun
    said = processes.said_file(tmp_path / "run")
    process.terminate()
    processes.wait_for(lambda: "SIGTERM: saving at the end of this execution" in said.read_text(), process)
    assert processes.signalled(process, signal.SIGTERM) == 143
    assert "stopped; " not in said.read_text()


def test_a_signal_before_the_first_step_has_ended_stops_at_once(tmp_path):
    # 10,000 steps in the first execution.
    process = processes.start(tmp_path / "run", steps_per_execution=10_000, **LONG)
    processes.wait_for((tmp_path / "run" / "tensorboard").is_dir, process)
    assert processes.signalled(process, signal.SIGINT) == 130
    assert not processes.steps_saved(tmp_path / "run")


@pytest.fixture
def ended(monkeypatch):
    """The exit codes with which this process would have ended at once."""
    codes = queue.Queue()
    monkeypatch.setattr(os, "_exit", codes.put)
    return codes


def test_a_signal_is_waited_for_once_and_only_while_something_is_unsaved(ended):
    with Signals(own_process=True) as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        assert ended.get(timeout=60) == 143
        signals.unsaved = True
        os.kill(os.getpid(), signal.SIGINT)
        while not signals.received:
            time.sleep(0.001)
        assert signals.received == signal.SIGINT
        assert ended.empty()
        os.kill(os.getpid(), signal.SIGTERM)
        assert ended.get(timeout=60) == 143


@pytest.fixture
def interruptible():
    """As a terminal's process is; one in the background of a shell may ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_in_a_process_of_others_a_signal_at_once_is_what_it_was(ended, interruptible):
    """As in a notebook, which keeps its variables."""
    with Signals() as signals:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(SystemExit, match="143"):
            signal.raise_signal(signal.SIGTERM)
        signals.unsaved = True
        signal.raise_signal(signal.SIGINT)
        assert signals.received == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert ended.empty()


def test_an_interrupted_run_leaves_the_program_and_the_folder_to_go_on_with(tmp_path, interruptible):
    def interrupted(model, workdir):
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(experiment(10), tmp_path, finish=interrupted)
    assert train(experiment(10), tmp_path)["step"] == 10


def test_a_signal_after_the_last_save_ends_the_run_at_once(ended, tmp_path):
    codes = []

    def finish(model, workdir):
        os.kill(os.getpid(), signal.SIGTERM)
        codes.append(ended.get(timeout=60))

    train(experiment(10), tmp_path, finish=finish, own_process=True)
    assert codes == [143]


@pytest.fixture
def clock(monkeypatch):
    return callbacks.set_by_hand(monkeypatch, signals)


class Stopped:
    """A Saving that takes notes."""

    def __init__(self):
        self.saved_step, self.calls = 40, []

    def save(self):
        self.calls.append("save")

    def save_within_interval(self):
        self.calls.append("within")


def stopping(received=0, unsaved=False):
    """Stopping on one device, in an interval of 10 executions."""
    strategy = types.SimpleNamespace(cluster_resolver=None)
    found = signals.Stopping(Stopped(), types.SimpleNamespace(received=received, unsaved=unsaved), strategy)
    found.set_model(callbacks.Model())
    found.set_params({"steps": 10})
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_execution_within_an_interval_with_a_save_of_it(number, capsys):
    found = stopping(number)
    with pytest.raises(SystemExit) as end:
        found.on_train_batch_end(8)
    assert (end.value.code, found.saving.calls) == (128 + number, ["within"])
    assert capsys.readouterr().err == "stopped; the same command goes on from step 40\n"


@pytest.mark.parametrize("received", [0, signal.SIGINT])
def test_a_signal_to_any_worker_is_one_to_all(received, monkeypatch):
    asked = []
    monkeypatch.setattr(signals, "summing", lambda strategy: lambda values: asked.append(values) or [float(signal.SIGTERM)])
    several = types.SimpleNamespace(cluster_resolver="of two")
    found = signals.Stopping(Stopped(), types.SimpleNamespace(received=received, unsaved=True), several)
    found.set_model(callbacks.Model())
    found.set_params({"steps": 10})
    found.on_test_batch_end(0)  # within a validation only the one knows
    assert asked == []
    with pytest.raises(SystemExit) as end:
        found.on_train_batch_end(3)
    assert asked == [[received]]
    assert end.value.code == 128 + (received or signal.SIGTERM)


def test_a_signal_in_the_last_execution_waits_for_the_intervals_line():
    found = stopping(signal.SIGTERM)
    found.on_train_batch_end(9)
    assert (found.saving.calls, found.signals.unsaved) == ([], True)
    with pytest.raises(SystemExit):
        found.on_epoch_end(0)
    assert found.saving.calls == ["save"]


def test_a_signal_within_a_validation_saves_nothing():
    found = stopping(signal.SIGTERM)
    with pytest.raises(SystemExit):
        found.on_test_batch_end(0)
    assert found.saving.calls == []


def test_without_a_signal_nothing_stops():
    found = stopping()
    found.on_train_batch_end(3)
    found.on_test_batch_end(3)
    found.on_epoch_end(0)
    assert found.saving.calls == []


def test_a_long_execution_but_the_first_is_told_once(clock, monkeypatch):
    told = []
    monkeypatch.setattr(signals.logging, "log_first_n", lambda level, form, count, text: told.append((count, text)))
    found = stopping()
    for seconds in (5.0, 2.0, 2.5):
        found.on_train_batch_begin(0)
        clock.seconds += seconds
        found.on_train_batch_end(0)
    ((count, text),) = told
    assert count == 1
    assert text.startswith("an execution of 100 steps takes 2.5 s")
    # 100 steps x 2 s / 2.5 s
    assert "config.training.steps_per_execution=80 would keep it below 2 s" in text
    assert "steps_per_execution=1 would" in found._too_long(1000.0)
