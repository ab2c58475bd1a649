"""What figures were measured on: the machine, the versions, the commit of this code."""

import os
import pathlib
import platform
import subprocess

import keras
import tensorflow as tf

_ROOT = pathlib.Path(__file__).parents[1]
# What the figures depend on: a file in one of these that is not committed is a change.
_CODE = ("zoo", "tools", "configs", "requirements.txt")


def _processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def cores():
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def described():
    """Processor, cores and versions."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "python": platform.python_version(),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }


def _git(*arguments):
    command = ["git", "-C", str(_ROOT), "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def commit():
    """The commit of this code, with `+changes` where its files are others; None if it is no checkout."""
    if not (_ROOT / ".git").exists():  # a copy that lies in somebody else's checkout has that one's commit
        return None
    try:
        return _git("rev-parse", "HEAD") + ("+changes" if _git("status", "--porcelain", "--", *_CODE) else "")
    except (OSError, subprocess.CalledProcessError):
        return None
