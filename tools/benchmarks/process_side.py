"""The worker that starts processes: how long until a tool has done its first piece of work."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from . import ROOT, turns


def _run(arguments, folder, line):
    """Starts a tool and waits for a line of its output; the tool is ended then."""
    with tempfile.TemporaryFile("w+") as errors:
        command = [sys.executable, "-u", "-m", *arguments]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)
        with process:
            found = any(each.startswith(line) for each in process.stdout)
            process.kill()
        if not found:
            errors.seek(0)
            raise RuntimeError((errors.read().strip().splitlines() or ["no output"])[-1])


def until(own, arguments, line, data_dir=None):
    """Seconds from the start of `python -m ARGUMENTS --workdir NEW_FOLDER` to a line that begins so."""

    def run():
        with tempfile.TemporaryDirectory() as workdir:
            given = ["--data_dir", data_dir] if data_dir else []
            _run([*arguments, "--workdir", str(pathlib.Path(workdir) / "run"), *given], ROOT, line)

    own.repeat({}, run)


def with_more_parts(own, arguments, line, count):
    """The same in a copy of the project with `count` more objectives, networks and approximators in all."""
    with tempfile.TemporaryDirectory() as folder:
        for name in filter(lambda name: (ROOT / name).is_dir(), ("zoo", "tools", "configs")):
            shutil.copytree(ROOT / name, pathlib.Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
        of_kind = [("objectives", "vae"), ("networks", "mlp"), ("approximators", "logistic")]
        for number in range(count):
            package, name = of_kind[number % len(of_kind)]
            parts = pathlib.Path(folder) / "zoo" / package
            shutil.copy(parts / f"{name}.py", parts / f"{name}_{number}.py")
        own.repeat({"parts_added": count}, lambda: _run(arguments, folder, line))


def serve():
    """Runs the worker."""
    turns.serve({"until": until, "with_more_parts": with_more_parts})
