"""Keeps TensorFlow's start-up notices off a tool's standard error.

They are written by C++ on file descriptor 2 before TF_CPP_MIN_LOG_LEVEL is looked at. So while TensorFlow is imported, that
descriptor is a pipe to grep, which lets everything else through, in order, even if this process aborts.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
from importlib.machinery import PathFinder

# Information and warnings; and that there is no CUDA (303), which a machine without it cannot put right.
_NOTICES = r"^[IW][0-9]{4} |^WARNING: All log messages before absl::InitializeLog|failed call to cuInit: .*\(303\)"


@contextlib.contextmanager
def _filtered():
    sys.stderr.flush()
    true = os.dup(2)
    grep = subprocess.Popen(["grep", "-v", "-E", "--line-buffered", _NOTICES], stdin=subprocess.PIPE, stdout=true)
    os.dup2(grep.stdin.fileno(), 2)
    grep.stdin.close()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(true, 2)
        os.close(true)
        grep.wait()


def _has_cuda():
    try:
        return bool(ctypes.CDLL("libcuda.so.1"))
    except OSError:
        return False


class _QuietTensorFlow:
    """An entry of sys.meta_path that finds TensorFlow as Python would, and imports it behind the filter."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self._execute(execute, module)
        return spec

    def _execute(self, execute, module):
        with _filtered():
            execute(module)
            # The first look for devices tells of them; where there can be a GPU, that is for the tool to do, and not so early.
            if not _has_cuda():
                module.config.list_physical_devices()


def install():
    """From now on; without effect where the variable is set by the user, where TensorFlow is there already, or without grep."""
    if "TF_CPP_MIN_LOG_LEVEL" not in os.environ and "tensorflow" not in sys.modules and shutil.which("grep"):
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
        sys.meta_path.insert(0, _QuietTensorFlow())
