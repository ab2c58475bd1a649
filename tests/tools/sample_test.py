"""tools.sample with a sampler, in this process: figures, pictures, the buffer, and what is refused in one line."""

import json
import pathlib

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

import zoo
from tests.export import families
from tools import sample
from zoo.export import export
from zoo.samplers import running
from zoo.training.checkpoints import Checkpoints
from zoo.training.workdir import Workdir

CHAINS = 8


def stored(model, config, folder):
    """The model as a run, with an export in it."""
    model.step.assign(1)
    workdir = Workdir(folder)
    workdir.path.mkdir(parents=True)
    workdir.write(config, model.preprocessing)
    Checkpoints(model, workdir.checkpoints).save()
    export(model, workdir.path / "saved_model")
    return workdir.path


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A GAN with a logistic critic, and one with a Wasserstein critic of points; a VAE of digits."""
    folder = tmp_path_factory.mktemp("runs")
    logistic = {"log_q_x": {"name": "logistic", "network": families.NETWORK}}
    points = zoo.experiment(data={"name": "rings"}, training={}, model=families.MODELS["gan"])
    gan = {"approximators": logistic, "objective": {"name": "gan", "generator_loss": "non_saturating"}}
    ratios = zoo.experiment(data={"name": "digits"}, training={}, model=families.MODELS["gan"] | gan)
    return {
        "ratio": stored(zoo.build(ratios), ratios, folder / "ratio"),
        "points": stored(zoo.build(points), points, folder / "points"),
        "vae": stored(families.build("vae"), families.config("vae"), folder / "vae"),
    }


@pytest.fixture
def tool(capsys):
    """Runs the tool's main with flags; gives (its JSON object, what it said beside it)."""
    flags.FLAGS.mark_as_parsed()

    def run(**given):
        settings = {"num_samples": CHAINS, "num_steps": 10, "burn_in": 10} | given
        with flagsaver.flagsaver(**{name: str(v) if isinstance(v, pathlib.Path) else v for name, v in settings.items()}):
            sample.main([])
        output, errors = capsys.readouterr()
        return json.loads(output), errors

    return run


def test_a_run_and_its_export_give_the_same_kind_of_figures(runs, tool, tmp_path):
    """A ratio is calibrated on held-out data, and sampled in z."""
    picture, name = tmp_path / "grid.png", "hmc"
    for place in ({"workdir": runs["ratio"]}, {"model": runs["ratio"] / "saved_model"}):
        found, errors = tool(sampler=name, output=picture, option=["leapfrog_steps=2"], **place)
        assert (found["space"], found["critic"], found["sampler"]) == ("z", "ratio", name)
        assert found["density"] == "(P(z) exp(f(x(z))))^(1/T)"
        assert found["calibration"]["num_examples"] > 100
        assert 0 < found["acceptance"] <= 1
        assert found["effective_sample_size"] > 0
        assert found["leapfrog_steps"] == 2
        assert "8 chains of 20 steps" in errors
    one = np.asarray(Image.open(picture))
    assert one.shape[1] > 2 * one.shape[0] - 20  # two squares of nine


def test_every_sampler_runs_on_an_export_where_its_critic_allows(runs, tool, tmp_path):
    """And a flow has no R-hat, but the reason."""
    for name in ("langevin", "mala", "independent_metropolis_hastings", "discriminator_gradient_flow", "optimal_transport"):
        found, _ = tool(sampler=name, model=runs["ratio"] / "saved_model", output=tmp_path / "both.npz")
        flow = name in ("discriminator_gradient_flow", "optimal_transport")
        assert (found["r_hat"] is None) == flow
        assert ("r_hat" in found.get("reasons", {})) == flow
        assert (found["density"] is None) == flow
        assert (found["step_size"] is None) == (name == "independent_metropolis_hastings")
        assert (found["acceptance"] is None) == (flow or name == "langevin")
        with np.load(tmp_path / "both.npz") as arrays:
            assert arrays["before"].shape == arrays["after"].shape == (CHAINS, 8, 8, 1)
            assert np.any(arrays["before"] != arrays["after"])


def test_chains_in_x_by_a_critic_that_was_held_on_segments_warn(runs, tool):
    for place in ({"workdir": runs["points"]}, {"model": runs["points"] / "saved_model"}):
        found, errors = tool(sampler="langevin", temperature=1.0, num_samples=50, measure=True, **place)
        (line,) = (line for line in errors.splitlines() if line.startswith("warning: "))
        assert "segments between data and samples only" in line
        assert found["warnings"] == [line.removeprefix("warning: ")]
        assert {"good_samples", "modes_covered", "mode_imbalance", "frechet_distance[pixels]"} <= found[
            "before"
        ].keys() & found["after"].keys()


def test_the_posterior_of_an_example_is_sampled_from_its_own_encoder(runs, tool):
    found, _ = tool(sampler="mala", workdir=runs["vae"], given=3, start="data", num_steps=20)
    assert (found["density"], found["given"]) == ("P(z|x)^(1/T)", 3)
    assert "critic" not in found


def test_chains_go_on_from_a_buffer(runs, tool, tmp_path, monkeypatch):
    """It has the ends of all chains, and its states are where the next start, but for fresh ones."""
    started, buffer = [], tmp_path / "states.npy"
    run = running.run
    monkeypatch.setattr(
        running,
        "run",
        lambda name, target, start, *rest, **more: started.append(start.numpy()) or run(name, target, start, *rest, **more),
    )
    settings = {"sampler": "langevin", "workdir": runs["ratio"], "buffer": buffer, "calibrate": False}
    tool(**settings)
    first = np.load(buffer)
    tool(start="buffer", **settings)
    assert first.shape == (CHAINS, 4)
    assert np.load(buffer).shape == (2 * CHAINS, 4)
    assert np.isin(started[1], first).all(1).sum() >= CHAINS - 3
    (tmp_path / "other.npy").write_bytes(b"none")
    for start, path, reason in (
        ("buffer", tmp_path / "missing.npy", "there is no file of states"),
        ("generator", tmp_path / "other.npy", "is no array"),
    ):
        with pytest.raises(ValueError, match=reason):
            tool(**settings | {"start": start, "buffer": path})


@pytest.mark.parametrize(
    ("run", "given", "reason"),
    [
        ("ratio", {"sampler": "hmc", "space": "x"}, "no density of x: sample it in z"),
        ("points", {"sampler": "hmc"}, "say by a temperature"),
        ("points", {"sampler": "discriminator_gradient_flow"}, "this critic is a potential; calibrate it"),
        ("points", {"sampler": "langevin", "temperature": 1.0, "output": "a.png"}, "no images; give a name that ends in .npz"),
        ("points", {"sampler": "langevin", "temperature": -1.0}, "above 0"),
        ("vae", {"sampler": "hmc"}, "a critic of x .log_q_x., which the model has not: it has no approximator"),
        ("vae", {"sampler": "hmc", "given": 10_000}, "has examples 0 to"),
        ("vae", {"sampler": "hmc", "given": 1, "space": "x"}, "leave out --space=x"),
        ("ratio", {"sampler": "hmc", "start": "data"}, "no encoder"),
        ("ratio", {"sampler": "hmc", "start": "buffer"}, "needs --buffer"),
        ("ratio", {"sampler": "hmc", "buffer": "a.txt"}, "ends in .npy"),
        ("ratio", {"sampler": "hmc", "output": "a.jpg"}, "ends in .png, or .npz"),
        ("ratio", {"sampler": "hmc", "option": ["steps=3"]}, "hmc has leapfrog_steps"),
        ("ratio", {"sampler": "hmc", "option": ["leapfrog_steps=many"]}, "must be of type int"),
        ("ratio", {"sampler": "hmc", "num_steps": 3}, "at least 4 steps"),
        ("ratio", {"sampler": "hmc", "measure": True, "features": "nowhere"}, "must be pixels, or the folder of a SavedModel"),
        ("ratio", {"sampler": "hmc", "label": 3}, "do not go with --sampler"),
        ("ratio", {}, "sampled with --sampler only"),
    ],
)
def test_bad_input_is_one_line(runs, tool, run, given, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        tool(workdir=runs[run], **given)
    assert "\n" not in str(refused.value)
