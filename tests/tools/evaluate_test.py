"""The tools that measure, as a user starts them: one JSON object, one line an error, exit codes."""

import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import zoo
from tests import commands
from tools import _subject
from zoo.config import plain
from zoo.evaluation import updates
from zoo.export import export
from zoo.studies import measuring
from zoo.training import workdir
from zoo.training.loop import train

MLP = {"name": "mlp", "hidden_sizes": (8,)}
NORMAL = {"name": "normal", "scale": "fixed", "initial_scale": 0.3}
QUICK = [
    "--num_examples=60",
    "--num_samples=30",
    "--rounds=1,2",
    "--num_batches=3",
    "--annealing_steps=5",
    "--annealing_examples=4",
]
ISSUED = ("negative_elbo", "importance_weighted_bound", "annealed_importance_bound", "bits_per_dim")
ISSUED += tuple(
    f"{name}[pixels]" for name in ("frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage")
)
ISSUED += (
    "active_units",
    "mutual_information",
    "knn_accuracy",
    "effective_rank",
    "sleep_reconstruction",
    "limiting_distribution",
)
ISSUED += ("sharpness", "gradient_variance")


def experiment(**model):
    training = {"steps": 10, "log_every": 5, "steps_per_execution": 5, "jit_compile": "off"}
    data = {"name": "digits", "batch_size": 50, "dequantization": "uniform"}
    return zoo.experiment(data=data, model={"latent_size": 3, "decoder": MLP} | model, training=training)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A VAE and a GAN, each of ten steps."""
    folder = tmp_path_factory.mktemp("runs")
    critic = {"log_q_x": {"name": "wasserstein", "network": MLP}}
    experiments = {
        "vae": experiment(encoder=MLP, posterior="normal", likelihood=NORMAL),
        "gan": experiment(likelihood="deterministic", objective="gan", approximators=critic),
    }
    for name, config in experiments.items():
        train(config, folder / name, None, lambda model, workdir: export(model, workdir.saved_model, overwrite=True))
    return folder


def run(tool, *arguments, code=0):
    """(standard output, what is the tool's own of standard error) of a tool that must end with this exit code."""
    done = commands.run(tool, *arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def keys(table, prefix=""):
    """The path of every value of a JSON object."""
    for name, value in table.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{name}/")


def test_every_measure_of_a_run_is_one_json_object_and_a_page(runs, tmp_path):
    arguments = ["--workdir", runs / "vae", "--measures=likelihood,samples,latent,symmetry,gradients", *QUICK]
    output, errors = run("evaluate", *arguments, "--output", tmp_path / "all.json", "--report", tmp_path / "all.html", code=1)
    found = json.loads(output)
    assert output.count("\n") == 1
    assert json.loads((tmp_path / "all.json").read_text()) == found
    # 60 examples are too few for a covariance of 64 pixels, and for ranks: one line each, and all else is there.
    missing = {name for name in ISSUED if found[name] is None}
    assert missing == {"frechet_distance[pixels]"}
    assert len(errors) == 2
    assert "covariance of full rank" in errors[0]
    assert "calibration needs at least 100 examples" in errors[1]
    assert found["limiting_distribution"].keys() == {"1", "2"}
    # Programs read these names: they stay as they were when they were first printed.
    assert sorted(keys(found)) == json.loads(pathlib.Path(__file__).with_name("evaluation_keys.json").read_text())
    page = (tmp_path / "all.html").read_text()
    assert page.count("<img") > 6
    assert "sleep_reconstruction" in page


def test_an_exported_model_is_measured_as_far_as_its_endpoints_go(runs):
    measures = "--measures=likelihood,samples,latent,symmetry,gradients"
    output, errors = run(
        "evaluate", "--model", runs / "vae" / "saved_model", measures, "--num_examples=120", "--num_samples=30", "--rounds=1"
    )
    found = json.loads(output)
    assert not errors
    of_likelihood_and_samples = ("negative_elbo", "importance_weighted_bound", "frechet_distance[pixels]", "sharpness")
    of_codes = ("active_units", "rate", "distortion", "aggregate_divergence")
    of_symmetry = ("sleep_reconstruction", "sleep_information", "calibration_p_value")
    for name in of_likelihood_and_samples + of_codes + of_symmetry:
        assert isinstance(found[name], (int, float)), name
    assert "--workdir" in found["reasons"]["gradient_variance"]


def test_a_measure_that_a_model_cannot_have_is_null_and_by_name_alone_an_error(runs):
    output, errors = run("evaluate", "--workdir", runs / "gan")
    found = json.loads(output)
    assert found["negative_elbo"] is None
    assert "lacks a posterior" in found["reasons"]["negative_elbo"]
    assert not errors
    _, errors = run("evaluate", "--workdir", runs / "gan", "--measures=likelihood", code=1)
    assert len(errors) == 1
    assert "lacks a posterior" in errors[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workdir={runs}/vae", "--measures=nope"], "unknown measure 'nope'; choose from"),
        (["--workdir={runs}/vae", "--report={runs}/nowhere/page.html"], "there is no folder"),
        (["--model={runs}/vae/saved_model", "--data=rings"], "makes x of shape (8, 8, 1)"),
    ],
)
def test_bad_input_is_one_line(runs, arguments, message):
    output, errors = run("evaluate", *(argument.format(runs=runs) for argument in arguments), code=1)
    assert not output
    assert len(errors) == 1
    assert message in errors[0]


def test_compare_lays_runs_side_by_side(runs, tmp_path):
    arguments = ["--report", tmp_path / "both.html", "--measures=samples", "--num_examples=70"]
    output, _ = run("compare", runs / "vae", runs / "gan", *arguments)
    assert json.loads(output).keys() == {"vae", "gan"}
    page = (tmp_path / "both.html").read_text()
    assert "<th>vae</th><th>gan</th>" in page
    # On shared axes: a term that both runs have is one picture.
    assert page.count('alt="gradient_norm/decoder"') == 1
    table, _ = run("compare", runs / "vae", runs / "gan", *arguments, "--format=table")
    head, *rows = table.splitlines()
    assert head.split() == ["vae", "gan"]
    values = {row.split()[0]: row.split()[1] for row in rows}
    assert values["coverage[pixels]"] == f"{json.loads(output)['vae']['coverage[pixels]']:.5g}"
    _, errors = run("compare", runs / "vae", "--report", tmp_path / "one.html", code=1)
    assert "at least two different runs" in errors[0]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("damaged", "config.json cannot be read"),
        ("binary", "digits (8x8x1, binarization none), binary on 297 of digits (8x8x1, binarization threshold): compare"),
        ("bars", "bars on 10,000 of bars (4x4x1, binarization static): compare runs on the same data"),
    ],
)
def test_compare_reads_every_run_before_it_measures_one(runs, tmp_path, other, message):
    folder = tmp_path / other
    shutil.copytree(runs / "vae", folder)
    stored = json.loads((folder / "config.json").read_text())
    if other == "bars":
        training = {"steps": 5, "log_every": 5, "steps_per_execution": 5, "jit_compile": "off"}
        model = {"decoder": MLP, "encoder": MLP, "posterior": "normal", "likelihood": "bernoulli", "latent_size": 3}
        shutil.rmtree(folder)
        train(zoo.experiment(data={"name": "bars", "binarization": "static"}, model=model, training=training), folder)
    elif other == "binary":
        for section in (stored["config"]["data"], stored["preprocessing"]):
            section |= {"binarization": "threshold", "dequantization": "none"}
        (folder / "config.json").write_text(json.dumps(stored))
    else:
        (folder / "config.json").write_text("{")
    program = "from tools import compare; compare.running.evaluate = lambda *_: print('measured'); compare.console()"
    command = [sys.executable, "-c", program, runs / "vae", folder, "--report", tmp_path / "page.html"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert not done.stdout
    assert message in done.stderr.splitlines()[-1]


@pytest.mark.slow
def test_a_classifier_can_be_trained_and_names_the_figures(runs, tmp_path):
    run("train_classifier", "--data=digits", "--output", tmp_path / "net", "--epochs=2")
    arguments = ["--workdir", runs / "gan", "--measures=samples", "--num_examples=140", f"--features={tmp_path / 'net'}"]
    found = json.loads(run("evaluate", *arguments)[0])
    assert found["frechet_distance[classifier:digits]"] > 0
    assert len(found["features[classifier:digits]"]["hash"]) == 12
    _, errors = run("train_classifier", "--data=digits", "--output", tmp_path / "net", code=1)
    assert "exists already" in errors[0]


def test_sample_writes_a_folder_with_one_picture_each(runs, tmp_path):
    arguments = [
        "--model",
        runs / "vae" / "saved_model",
        "--num_samples=3",
        "--format=png_folder",
        "--output",
        tmp_path / "many",
    ]
    run("sample", *arguments)
    files = sorted((tmp_path / "many").iterdir())
    assert [file.name for file in files] == ["00000.png", "00001.png", "00002.png"]
    pixels = [np.asarray(Image.open(file)) for file in files]
    assert {image.shape for image in pixels} == {(8, 8)}
    assert not np.array_equal(pixels[0], pixels[1])
    _, errors = run("sample", *arguments, code=1)
    assert "exists already" in errors[0]


def test_a_table_is_for_people_and_what_is_done_is_told_beside_it(runs):
    done = commands.run("evaluate", "--workdir", runs / "vae", "--format=table", "--num_samples=5")
    assert done.returncode == 0
    head, *lines = done.stdout.splitlines()
    assert head.startswith("data digits, split test")
    (bound,) = [line.split() for line in lines if line.startswith("negative_elbo")]
    assert bound[2] == "±"
    assert bound[-3:] == ["lower", "is", "better"]
    told = [line for line in done.stderr.splitlines() if line.startswith("measuring likelihood on digits")]
    assert told[0] == "measuring likelihood on digits ..."
    assert told[-1].endswith(" s")


@pytest.mark.slow
def test_a_classifier_is_trained_on_the_data_of_a_run(runs, tmp_path):
    output, _ = run("train_classifier", "--workdir", runs / "vae", "--output", tmp_path / "net", "--epochs=1")
    assert "of the test examples" in output
    assert json.loads((tmp_path / "net" / "features.json").read_text())["name"] == "classifier:digits"
    _, errors = run("train_classifier", "--output", tmp_path / "other", code=1)
    assert "give either --data" in errors[0]


def test_a_step_that_takes_its_batches_from_the_data_is_measured_with_them(tmp_path):
    """SVRG's bank of 4 batches, made every 5 steps: 2 passes a step and the bank's share of 4/5, forward and back."""
    critic = {"log_q_x": {"name": "wasserstein", "network": MLP}}
    config = experiment(likelihood="deterministic", objective="gan", approximators=critic)
    config.training.variance_reduction = {"name": "svrg", "every": 5, "batches": 4}
    train(config, tmp_path / "train", None)
    options = {"num_windows": 3, "window_steps": 2, "batch_size": 50}
    question = {"measure": "updates", "options": options}
    workdir.write_json(tmp_path / "questions.json", {"experiment": plain(config), "floor": False, "measures": {"u": question}})
    measuring.measure(tmp_path)
    found = json.loads(measuring.answer_file(tmp_path, "u").read_text())
    assert found["values"]["passes"][0] == pytest.approx(10 * 2 * (2 + 4 / 5))
    assert found["values"]["update_variance"][0] > 0
    subject = _subject.load(str(tmp_path / "train"), None, None, None)
    assert updates.measure(subject.model, subject.data, **options)["update_variance"].value > 0
