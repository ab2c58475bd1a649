"""What becomes of a study's processes when it stops: by a full disk, by a signal, by a kill."""

import errno
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tests.repository import ROOT
from tests.studies import example
from tests.studies.running_test import ALL, done, work
from zoo.studies import processes, running
from zoo.studies.place import StudyError

WAITS = """
import pathlib, signal, sys, time
here = pathlib.Path(sys.argv[1]).parent
def stop(*_):
    (here / "stopped").touch()
    end = time.monotonic() + 20
    while len(list(here.parent.glob("*/stopped"))) < 2:
        if time.monotonic() > end:
            sys.exit((here / "alone").touch())
        time.sleep(0.01)
    sys.exit()
signal.signal(signal.SIGTERM, stop)
(here / "began").touch()
time.sleep(30)
(here / "never").touch()
"""


def test_on_a_full_disk_all_are_stopped_at_once_and_the_error_is_that_of_the_study(tmp_path, monkeypatch):
    """Each waits for the signal of the other; the clock of neither can be written."""

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def pause(runner):
        if len(list(runner.place.runs.glob("*/began"))) == 2:
            monkeypatch.setattr(processes, "write_json", full)
            raise StudyError("the disk is full")
        time.sleep(0.01)

    monkeypatch.setattr(running.machine, "cores", lambda: 2)
    monkeypatch.setattr(running.Runner, "_pause", pause)
    with pytest.raises(StudyError, match=r"^the disk is full$"):
        work(tmp_path, example.Commands({"VAE_0": WAITS, "EHM_z_4_0": WAITS}), processes=2)
    left = {path.name for path in (tmp_path / "runs").glob("*/*")}
    assert "stopped" in left
    assert not left & {"alone", "never"}


HALF = f"""
import pathlib, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.studies import example, running_test
running_test.work(pathlib.Path(sys.argv[1]), example.Commands({{"VAE_0": "import time; time.sleep(600)"}}))
"""


def alive(pid):
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_study_that_is_stopped_takes_its_processes_with_it_and_goes_on(number, tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("prctl is Linux's")
    process = subprocess.Popen([sys.executable, "-c", HALF, str(tmp_path)], cwd=ROOT)
    end = time.monotonic() + 120
    children = f"/proc/{process.pid}/task/{process.pid}/children"

    def command(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):  # git, say, which ended meanwhile
            return ""

    def child():
        with open(children) as found:
            pids = [int(pid) for pid in found.read().split()]
        # Until it has become another program, a child has its parent's command.
        return [pid for pid in pids if "\0-S\0" in command(pid)]

    while not (found := child()):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(number)
    code = process.wait(60)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    while alive(found[0]):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert work(tmp_path, example.Commands()) == {}
    assert sorted(done(tmp_path)) == sorted(ALL)
