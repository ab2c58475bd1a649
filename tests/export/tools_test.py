"""The programs that export and sample, run as processes."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.commands import run
from tests.export import card_check, families
from zoo.evaluation.pictures import grid
from zoo.export import export, pretrained
from zoo.training.checkpoints import Checkpoints
from zoo.training.workdir import Workdir

ROOT = pathlib.Path(__file__).parents[2]


def assert_refused(process, reason):
    """Exit code 1, and one line that gives the reason; the libraries below may say things of their own before it."""
    assert process.returncode == 1, process.stderr
    assert process.stdout == ""
    assert process.stderr.splitlines()[-1].startswith("error: ")
    assert reason in process.stderr.splitlines()[-1]
    assert "Traceback" not in process.stderr


EVALUATION = {"command": "python -m tools.evaluate --workdir run", "data": "digits", "step": 7}
EVALUATION |= {"negative_elbo": 12.5, "negative_elbo_standard_error": 0.5, "num_samples": 20}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(A model, the folder that tools.export has written from its run)."""
    folder = tmp_path_factory.mktemp("run")
    model = families.build("vae")
    model.step.assign(7)
    for variable in model.variables:  # not what a model starts with
        variable.assign(variable + 0.1)
    workdir = Workdir(folder / "run")
    workdir.path.mkdir()
    workdir.write(families.config("vae"), model.preprocessing)
    Checkpoints(model, workdir.checkpoints).save()
    (folder / "evaluation.json").write_text(json.dumps(EVALUATION))
    arguments = ("--workdir", workdir.path, "--output", folder / "model", "--evaluation", folder / "evaluation.json")
    process = run("export", *arguments)
    assert process.returncode == 0, process.stderr
    endpoints = "encode, encode_mean, generate, reconstruct, sample, prior, draw, "
    endpoints += "log_p_z, log_p_x_given_z, log_q_z_given_x, elbo, log_prob"
    assert f"at step 7, with {endpoints}" in process.stdout
    return model, folder / "model"


def test_the_runs_weights_and_range_are_exported(trained):
    model, path = trained
    loaded = zoo.load(path)
    expected = model.preprocessing.to_unit(model.sample(3, 0))
    np.testing.assert_allclose(loaded.sample(3, 0), expected, rtol=1e-6, atol=1e-6)


def test_the_card_tells_of_the_run(trained):
    _, path = trained
    text = (path / "README.md").read_text()
    assert card_check.problems(text, path) == []
    assert "7 steps with the objective vae" in text
    assert "| negative_elbo | 12.5 | 0.5 |" in text
    assert f"By `{EVALUATION['command']}`" in text
    assert '"likelihood"' in text  # the config


# The index of the test stands in for the package's.
ELSEWHERE = """
import pathlib, runpy, sys
from zoo.export import pretrained
_, tool, folder, *sys.argv[1:] = sys.argv
pretrained.FOLDER = pathlib.Path(folder)
runpy.run_module(f"tools.{tool}", run_name="__main__", alter_sys=True)
"""


@pytest.mark.slow  # three processes
def test_a_run_becomes_a_pretrained_model(trained, tmp_path, monkeypatch):
    _, path = trained

    def run_elsewhere(tool, *arguments):
        command = [sys.executable, "-c", ELSEWHERE, tool, tmp_path, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    printed = run_elsewhere("export", "--workdir", path.parent / "run", "--pretrained", "small_vae")
    size = (tmp_path / "small_vae.tar.gz").stat().st_size
    assert f"small_vae.tar.gz ({size:,} bytes) at step 7" in printed
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["index.json", "small_vae.tar.gz"]
    written = (tmp_path / "index.json").read_text()
    assert json.loads(written)["small_vae"]["headline"]["result"] == "reconstruction_error"
    # Measured once more it is the same.
    assert "small_vae: reconstruction_error" in run_elsewhere("export", "--pretrained", "small_vae")
    assert (tmp_path / "index.json").read_text() == written
    summary = "A latent-variable model of digits, trained with the objective vae."
    assert run_elsewhere("catalog", "--pretrained") == f"{'small_vae':22} {size:>9,} bytes  {summary}\n"
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path)
    np.testing.assert_array_equal(zoo.load("small_vae").sample(3, 0), zoo.load(path).sample(3, 0))


@pytest.mark.slow  # a process more
def test_samples_become_a_picture(trained, tmp_path):
    _, path = trained
    output = tmp_path / "samples.png"
    process = run("sample", "--model", path, "--num_samples", 5, "--output", output, "--seed", 3)
    assert process.returncode == 0, process.stderr
    loaded = zoo.load(path)
    np.testing.assert_array_equal(np.asarray(Image.open(output)), grid(loaded.sample(5, 3))[..., 0])
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.slow  # a process more
def test_a_model_that_makes_no_images_is_refused(tmp_path):
    points = zoo.build(zoo.experiment(data={}, training={}, model=families.MODELS["gan"]), event_shape=(2,))
    export(points, tmp_path / "model")
    output = tmp_path / "samples.png"
    assert_refused(
        run("sample", "--model", tmp_path / "model", "--output", output), "makes no images: one sample has shape (2,)"
    )
    assert not output.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("export", ("--workdir", "{tmp}", "--output", "{tmp}/new"), "holds no run"),
        ("export", ("--workdir", "{run}", "--output", "{model}"), "exists already"),
        ("export", ("--output", "{tmp}/new"), "workdir"),
        ("export", ("--workdir", "{run}", "--output", "{tmp}/a", "--data", "digits"), "--data goes without --workdir"),
        ("export", ("--pretrained", "vae_digits", "--licence", "MIT"), "--licence goes with --workdir"),
        (
            "sample",
            ("--model", "{model}", "--output", "{tmp}/a.png", "--temperature", "2"),
            "--temperature goes with --sampler",
        ),
        ("export", ("--workdir", "{run}"), "give either --output, a path, or --pretrained, a name"),
        ("export", ("--pretrained", "no_such_model"), "no such model; choose from"),
        ("export", ("--workdir", "{run}", "--output", "{tmp}/a", "--evaluation", "{tmp}/none.json"), "none.json"),
        ("sample", ("--model", "{run}", "--output", "{tmp}/a.png"), "is a training run"),
        ("sample", ("--model", "{model}", "--output", "{tmp}/a.jpg"), "ends in .png"),
        ("sample", ("--model", "{model}", "--output", "{tmp}/b/a.png"), "there is no folder"),
        ("sample", ("--model", "{model}", "--output", "{tmp}/a.png", "--num_samples", "0"), "num_samples"),
    ],
)
def test_bad_input_is_refused_in_one_line(trained, tmp_path, tool, arguments, reason):
    _, path = trained
    places = {"tmp": tmp_path, "run": path.parent / "run", "model": path}
    assert_refused(run(tool, *(argument.format(**places) for argument in arguments)), reason)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (EVALUATION | {"step": 8}, "is of step 8, and the model of 7; measure it anew"),
        (EVALUATION | {"data": "mnist"}, "is of data mnist, and the model of digits"),
        ([], "give the JSON object that tools.evaluate has printed"),
    ],
)
def test_an_evaluation_of_another_model_is_refused(trained, tmp_path, found, reason):
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(found))
    run_folder = trained[1].parent / "run"
    assert_refused(run("export", "--workdir", run_folder, "--output", tmp_path / "a", "--evaluation", path), reason)
    assert list(tmp_path.iterdir()) == [path]
