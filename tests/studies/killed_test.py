"""A real study, of real trainings: killed in the middle it goes on, a run that fails is named, and the results are enough."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.repository import ROOT

STUDY = """
from zoo.studies import Measure, Net, Run, Study, Table

def get_study():
    return Study(
        runs=[
            Run("data", "vae_digits", floor=True),
            Run("VAE", "vae_digits"),
            Run("bad", "vae_digits", {"data.batch_size": 5000}),
            Run("EHM", "ehm_digits", {"training.save_every_seconds": 0.0}),
        ],
        changes={"training.steps": 400, "training.log_every": 10, "training.steps_per_execution": 5},
        nets={"A": Net("digits", epochs=1, part="1/2")},
        measures={"A": Measure("samples", features="A", num_examples=140), "bound": Measure("likelihood", num_samples=2)},
        tables=[Table("T", {"distance": "A/frechet_distance", "elbo": "bound/negative_elbo"})],
    )
"""


def start(folder, *arguments):
    command = [sys.executable, "-m", "tools.study", "--study", folder / "own.py", "--output", folder / "out", *arguments]
    return subprocess.Popen(
        [*map(str, command)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {}
    )


def finished(folder, code, *arguments):
    """(standard output, standard error) of a study that ends with this exit code."""
    process = start(folder, *arguments)
    output, errors = process.communicate(timeout=900)
    assert process.returncode == code, output + errors
    return output, errors


def lines(folder):
    path = folder / "out" / "results.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


@pytest.mark.slow
def test_a_study_that_is_killed_in_a_training_goes_on(tmp_path):
    (tmp_path / "own.py").write_text(STUDY)
    process, runs = start(tmp_path), tmp_path / "out" / "runs"
    while not list((runs / "EHM_0" / "train" / "checkpoints").glob("*.index")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = lines(tmp_path)
    assert [line["run"] for line in before] == ["data", "VAE"]
    output, errors = finished(tmp_path, 1)
    reason = "config.data.batch_size: 5000 is more than the 1350 examples"
    assert f"bad, seed 0: FAILED: {reason}" in output
    assert errors.splitlines()[-1] == "error: 1 runs failed: bad, seed 0; the same command tries them again"
    assert "step 400/400" in (runs / "EHM_0" / "train.log").read_text()
    found = lines(tmp_path)
    assert found[:2] == before
    assert [line["run"] for line in found] == ["data", "VAE", "EHM"]
    for line in found[1:]:
        assert line["measures"]["A"]["values"]["frechet_distance[classifier:digits]"][0] > 0
        assert line["measures"]["bound"]["values"]["negative_elbo"][1] > 0
        assert line["parameters"]["encoder"] > 0
    pictures = {path.name for path in (tmp_path / "out" / "pictures").iterdir()}
    assert pictures == {f"{run}_0_{what}.png" for run in ("VAE", "EHM") for what in ("samples", "reconstructions")}
    # The rest is thrown away: what has a line is neither trained nor measured again, and the report needs no more.
    shutil.rmtree(runs)
    (tmp_path / "own.py").write_text(STUDY.replace('            Run("bad", "vae_digits", {"data.batch_size": 5000}),\n', ""))
    output, _ = finished(tmp_path, 0)
    assert output == f"the report is in {tmp_path / 'out' / 'README.md'}\n"
    report = (tmp_path / "out" / "README.md").read_text()
    assert finished(tmp_path, 0, "--only=report")[0] == output
    assert (tmp_path / "out" / "README.md").read_text() == report
    assert "| EHM | 1 of 1 |" in report
