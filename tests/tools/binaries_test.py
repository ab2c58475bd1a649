"""The binaries as a user starts them: processes, exit codes, what stands on standard output, what is left on disk."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tests import commands
from tests.training.runs import digest, lines

TRAIN = ["--config", "configs/ehm_digits.py", "--config.training.jit_compile=off", "--config.training.log_every=10"]
TRAIN += ["--config.training.steps_per_execution=5", "--config.training.pictures_every=0"]


def start(tool, *arguments):
    """A tool's process."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tools.{tool}", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def run(tool, *arguments, code=0):
    """(standard output, standard error) of a tool that must end with this exit code."""
    done = commands.run(tool, *arguments)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def last_line(errors):
    """What the tool itself said; before it stand TensorFlow's own messages."""
    return errors.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short run of the first command of the README."""
    workdir = tmp_path_factory.mktemp("runs") / "ehm_digits"
    output, _ = run("train", *TRAIN, "--workdir", workdir, "--config.training.steps=40")
    assert "step 40/40" in output
    assert "finished at step 40" in output
    return workdir


def test_a_run_leaves_everything(trained):
    for name in ("config.json", "metrics.jsonl", "saved_model/saved_model.pb", "checkpoints/step-40.index", "finished.json"):
        assert (trained / name).is_file(), name
    for name in ("samples", "reconstructions"):
        assert Image.open(trained / "pictures" / f"{name}_00000040.png").size[0] > 64
    terms = lines(trained)[-1]
    assert {"wake/loss", "sleep/loss", "log_q_x/penalty", "gradient_norm/encoder"} <= terms.keys()


def test_a_run_that_is_told_to_stop_goes_on_bit_for_bit(trained, tmp_path):
    arguments = [*TRAIN, "--workdir", tmp_path, "--config.training.save_every_seconds=0"]
    process = start("train", *arguments, "--config.training.steps=100000")
    while len(list((tmp_path / "checkpoints").glob("*.index"))) < 2:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert last_line(errors).startswith("stopped; the same command goes on from step ")
    steps = max(int(path.stem.split("-")[1]) for path in (tmp_path / "checkpoints").glob("*.index")) + 20
    run("train", *arguments, f"--config.training.steps={steps}")
    whole = tmp_path / "whole"
    whole.mkdir()
    run("train", *TRAIN, "--workdir", whole, f"--config.training.steps={steps}")
    assert digest(tmp_path, steps) == digest(whole, steps)
    assert lines(tmp_path) == lines(whole)


def test_evaluate_prints_one_json_object(trained):
    output, _ = run("evaluate", "--workdir", trained, "--num_samples", 20)
    found = json.loads(output)
    assert found["num_examples"] == 297
    # The bound of 20 samples is above that of one, -ELBO is its negative, and both have an error bar.
    assert found["importance_weighted_bound"] > -found["negative_elbo"]
    assert found["negative_elbo_standard_error"] > 0


def test_sample_writes_a_picture(trained, tmp_path):
    run("sample", "--model", trained / "saved_model", "--num_samples", 9, "--output", tmp_path / "samples.png")
    assert np.asarray(Image.open(tmp_path / "samples.png")).std() > 0


def test_catalog_lists_parts_and_configs():
    output, _ = run("catalog")
    found = {tuple(line.split()[:2]) for line in output.splitlines()}
    assert {
        ("objective", "extended_helmholtz"),
        ("approximator", "wasserstein"),
        ("config", "ehm_digits"),
        ("study", "digits"),
    } <= found


def test_dry_run_describes_and_writes_nothing(tmp_path):
    output, _ = run("train", *TRAIN, "--workdir", tmp_path / "run", "--dry_run")
    assert "parameters of encoder: " in output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--config", "configs/ehm_digits.py", "--config.training.stepz=3"],
            "config.training.stepz: unknown field; choose from",
        ),
        (["--config", "configs/nope.py"], ", ehm_bedrooms64, "),
        ([], "--config is required"),
        (
            ["--config", "configs/ehm_digits.py", "--config.modle.steps=3"],
            "config.modle: unknown field; choose from data",
        ),
        (["--config", "configs/ehm_digits.py", "--config.data.name=nope"], "'nope'"),
        (["--config", "configs/ehm_digits.py", "--config.model.objective.name=nope"], "choose from"),
        (["--config", "configs/ehm_digits.py", "--config.data.batch_size=5000"], "5000"),
        (["--config", "configs/ehm_mnist.py", "--config.data.name=toy4"], "dcgan"),
        (["--config", "configs/ehm_digits.py", "--config.model.prior.name=tests.tools.python_prior"], "operation EagerPyFunc"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, message, tmp_path):
    _, errors = run("train", *arguments, "--workdir", tmp_path / "run", code=1)
    assert last_line(errors).startswith("error: ")
    assert message in last_line(errors)
    assert "Traceback" not in errors
    assert not (tmp_path / "run").exists()


def test_another_backend_is_refused_in_one_line(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    process = start("catalog")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert "KERAS_BACKEND" in errors
