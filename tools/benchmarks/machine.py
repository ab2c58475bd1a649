"""What the figures were measured on."""

import os
import platform

import keras
import tensorflow as tf


def _processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def described():
    """Processor, cores, load before the run, versions; that of PyTorch stands among its settings."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }
