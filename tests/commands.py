"""Commands in processes of their own, forked from one that has imported TensorFlow and done nothing with it.

Importing costs seconds, a fork some milliseconds. It is safe while no operation has been run: TensorFlow starts its threads
with the first one.
"""

import multiprocessing
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile

from tests.repository import ROOT

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tensorflow", "tensorflow_datasets", "zoo.training.loop", "zoo.export"])


def _run(module, arguments, environment, folder):
    for number, name in ((1, "output"), (2, "errors")):
        os.dup2(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def run(tool, *arguments):
    """A finished `python -m tools.TOOL`, whose folder is the root: a subprocess.CompletedProcess."""
    return run_module(f"tools.{tool}", *arguments)


def run_module(module, *arguments, timeout=400):
    """The same of any module."""
    with tempfile.TemporaryDirectory() as folder:
        process = CONTEXT.Process(target=_run, args=(module, [*map(str, arguments)], dict(os.environ), folder))
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
        said = [pathlib.Path(folder, name).read_text() for name in ("output", "errors")]
        return subprocess.CompletedProcess([module, *arguments], process.exitcode, *said)
