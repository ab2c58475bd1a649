"""Runs in processes of their own, forked from one that has imported TensorFlow and done nothing with it."""

import importlib
import os
import pathlib
import resource
import signal
import sys
import time

from tests.commands import CONTEXT
from tests.training.runs import experiment

REPLICAS = 2


def _strategy(replicas):
    import tensorflow as tf

    from zoo.training import strategy

    if replicas == 1:
        return strategy.make("default")
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * replicas)
    return strategy.make("mirrored")


def _die_at(dotted, call):
    """Makes a call of a function, the first or a later one, a SIGKILL."""
    path, _, name = dotted.rpartition(".")
    module, calls = importlib.import_module(path), []
    whole = getattr(module, name)

    def dying(*args, **kwargs):
        calls.append(name)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*args, **kwargs)

    setattr(module, name, dying)


def _export(model, workdir):
    """As tools.train does."""
    from zoo.export import export

    export(model, workdir.saved_model, overwrite=True)


def _train(workdir, replicas, output, largest_file, exports, die_at, training):
    from zoo.training.loop import train

    if die_at:
        _die_at(*die_at)
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    said = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(said, standard)
    try:
        finish = _export if exports else None
        train(experiment(**training), workdir, finish=finish, strategy=_strategy(replicas), own_process=True)
    except (ValueError, OSError) as error:  # as tools.binary does
        sys.exit(f"error: {error}")


def start(workdir, replicas=1, largest_file=None, exports=False, die_at=None, **training):
    """The process of a run of the smallest experiment; what it says is appended to WORKDIR.out.

    Args:
      workdir: of the run.
      replicas: logical CPU devices.
      largest_file: bytes after which writing to a file fails, as on a full disk.
      exports: whether it exports its model.
      die_at: (dotted name of a function, number of the call) that is a SIGKILL.
      **training: fields of config.training.
    """
    arguments = (workdir, replicas, said_file(workdir), largest_file, exports, die_at, training)
    process = CONTEXT.Process(target=_train, args=arguments)
    process.start()
    return process


def said_file(workdir):
    """Where a run's output is kept."""
    return pathlib.Path(f"{workdir}.out")


def finish(workdir, replicas=1, **options):
    """Runs to the end."""
    process = start(workdir, replicas, **options)
    process.join(300)
    assert process.exitcode == 0, said_file(workdir).read_text()


def steps_saved(workdir):
    """Of the checkpoints on disk, newest first."""
    return sorted((int(path.stem.rpartition("-")[2]) for path in (workdir / "checkpoints").glob("step-*.index")), reverse=True)


def wait_for(happened, process, seconds=120, pause=0.005):
    """Waits until a condition holds while a process lives."""
    end = time.monotonic() + seconds
    while not happened():
        assert process.is_alive(), f"exit code {process.exitcode}"
        assert time.monotonic() < end
        time.sleep(pause)


def signalled(process, number):
    """Its exit code after a signal."""
    os.kill(process.pid, number)
    process.join(60)
    return process.exitcode


def kill_during_training(process, workdir, delay):
    """SIGKILL so many seconds after a save."""
    newest = steps_saved(workdir)[:1]
    wait_for(lambda: steps_saved(workdir)[:1] != newest, process)
    time.sleep(delay)
    assert signalled(process, signal.SIGKILL) == -signal.SIGKILL
