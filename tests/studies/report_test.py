"""The report of a study, with its figures, is made of the results and the pictures alone."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.studies import example
from zoo.config import ConfigError
from zoo.evaluation.pictures import grid, save_png
from zoo.studies import Curve, Measure, Panels, Pictures, Rounds, Run, Scatter, Table, jobs, report
from zoo.studies.place import Place
from zoo.studies.results import Results, file_of
from zoo.studies.values import Values

MEASURES = {"r": Measure("reconstructions", num_examples=50), "c": Measure("chains", rounds=(1, 10))}
RUNS = [
    Run("VAE", "vae_digits"),
    *(Run(f"EHM {scale}", "ehm_digits", group="EHM", knob=scale, seeds=1) for scale in (1, 5)),
    Run("data", "vae_digits", floor=True),
]
ERROR, DISTANCE = "r/reconstruction_error", "r/reconstructions/data/frechet_distance"
CURVE = Curve("D (1 + t²)", lambda t, error: error * (1 + t**2), lambda t, error: 1 - t, {"error": ("VAE", ERROR)})
FIGURES = [
    Scatter("Trade off", ERROR, DISTANCE, curves=[CURVE]),
    Scatter("Along the knob", "knob", ERROR, rows=["EHM 1", "EHM 5"]),
    Rounds("Chain", "c/chain[means, data]/{}/frechet_distance", (1, 10)),
    Pictures("Grids", lines=1),
]


def results_of(place, study):
    results = Results(place.output)
    for number, job in enumerate(jobs.jobs(study)):
        numbers = {
            "r": {"reconstruction_error": [0.1 + number, 0.02], "reconstructions/data/frechet_distance[net]": [2.0, None]},
            "c": {f"chain[means, data]/{rounds}/frechet_distance[net]": [rounds + number, None] for rounds in (1, 10)},
        }
        if job.run.floor:
            numbers = {"c": {"floor/data/frechet_distance[net]": [0.5, None]}}
        machine = {"processor": "a chip", "cores": 2, "versions": {"tensorflow": "2.21"}}
        results.add(
            example.line(job, numbers, machine=machine, commit="abc", evaluation_seconds=3.0, parameters={"encoder": 7})
        )
    return results


@pytest.fixture
def place(tmp_path):
    found = Place(tmp_path)
    found.make()
    return found


def study(**changes):
    return example.study(
        **{"runs": RUNS, "measures": MEASURES, "figures": FIGURES, "tables": [Table("T", {"e": ERROR})]} | changes
    )


def image(folder, name, value):
    save_png(grid(np.full([64, 8, 8, 1], value), 8), folder / name)


def test_the_report_has_every_table_and_figure_and_how_it_was_made(place):
    results_of(place, study())
    image(place.pictures, "VAE_0_samples.png", 0.5)
    report.write(study(title="A title"), place, "configs/studies/own.py")
    text = (place.output / "README.md").read_text()
    assert text.startswith("# A title\n")
    assert "## T\n" in text
    shown = re.findall(r"!\[.*\]\((.*)\)", text)
    assert shown == ["figures/Trade_off.svg", "figures/Along_the_knob.svg", "figures/Chain.svg", "figures/Grids.png"]
    assert all((place.output / path).stat().st_size > 1000 for path in shown)
    assert "    python -m tools.study --study configs/studies/own.py --output DIR\n" in text
    assert "- commit abc: 5 runs\n- a chip, 2 cores, TensorFlow 2.21: 5 runs" in text
    assert "runs are done" not in text
    assert "## Remarks" not in text


def test_the_same_results_make_the_same_files(place):
    results_of(place, study())
    found = []
    for _ in range(2):
        report.write(study(), place, "own")
        found.append({path: path.read_bytes() for path in [place.output / "README.md", *place.figures.iterdir()]})
    assert found[0] == found[1]


def test_a_study_that_has_not_begun_has_a_report(place):
    report.write(study(), place, "own")
    text = (place.output / "README.md").read_text()
    assert "0 of 5 runs are done. Not run yet: VAE; " in text
    assert "There are no pictures yet." in text


def test_what_went_wrong_and_nets_that_differ_are_remarked(place):
    results = results_of(place, study())
    for name, seed, digest in (("VAE", 0, "1"), ("VAE", 1, "2")):
        line = results.lines[name, seed] | {"nets": {"A": {"hash": digest}}}
        line["measures"]["r"] |= {"failed": ["x"], "reasons": {"x": "not finite"}}
        results.add(line)
    report.write(study(), place, "own")
    _, _, remarks = (place.output / "README.md").read_text().partition("## Remarks\n\n")
    assert remarks.partition("\n\n")[0].splitlines() == [
        "- net A is not the same in all runs: its figures do not compare",
        "- VAE, seed 0: r/x: not finite",
        "- VAE, seed 1: r/x: not finite",
    ]


def test_all_shards_are_in_the_report(place):
    lines = results_of(place, study()).lines
    file_of(place.output).unlink()
    for number in (1, 2):
        shard = Results(place.output, (number, 2))
        for line in list(lines.values())[number - 1 :: 2]:
            shard.add(line)
    report.write(study(), place, "own")
    assert "runs are done" not in (place.output / "README.md").read_text()


def test_a_grid_of_pictures_is_the_first_lines_of_each_run(place):
    image(place.pictures, "VAE_0_samples.png", 0.0)
    image(place.pictures, "EHM_5_0_samples.png", 1.0)
    drawn = Pictures("G", lines=2).draw(Values(study(), Results(place.output)), place.pictures)
    pixels = np.asarray(Image.open(io.BytesIO(drawn)).convert("L"))
    # Two runs of 2 by 8 black squares and of white ones: black are a quarter to a half of the figure.
    assert 0.25 < np.mean(pixels < 10) < 0.5
    assert Pictures("G", rows=["EHM 1"]).draw(Values(study(), Results(place.output)), place.pictures) is None


def test_a_group_is_a_line_along_its_knob_and_a_run_of_its_name_a_point_beside_it(place):
    points = [Run(f"EHM {scale}", "ehm_digits", group="EHM", knob=scale, seeds=1) for scale in (5, 1, 3)]
    swept = study(runs=[Run("EHM", "vae_digits"), *points], figures=[])
    results_of(place, swept)
    (first, alone), (second, line) = FIGURES[0].lines(Values(swept, Results(place.output)))
    assert (first, second) == ("EHM", "EHM")
    # The two seeds of the run alone are the first job and the last.
    errors = [0.1, 4.1]
    assert alone == [((pytest.approx(np.mean(errors)), pytest.approx(np.std(errors, ddof=1))), (2.0, 0), None)]
    assert [(x[0], knob) for x, _, knob in line] == [(pytest.approx(2.1), 1), (pytest.approx(3.1), 3), (pytest.approx(1.1), 5)]


def test_a_curve_is_that_of_its_formula(place):
    results_of(place, study())
    x, y = CURVE.points(Values(study(), Results(place.output)))
    error = np.mean([0.1, 3.1 + 1])  # those of the first job and of the last
    t = np.linspace(0, 1, len(x))
    np.testing.assert_allclose(x, error * (1 + t**2))
    np.testing.assert_allclose(y, 1 - t)


def test_a_curve_of_a_run_that_is_not_there_is_left_out(place):
    assert CURVE.points(Values(study(), Results(place.output))) is None


BAD = {
    "an axis": (Scatter("F", "nope", ERROR), "F: nope: unknown measure 'nope'"),
    "a scale": (Scatter("F", ERROR, ERROR, log="z"), "F: figure F: log must be"),
    "a curve's run": (
        Scatter("F", ERROR, ERROR, curves=[Curve("c", None, None, {"a": ("nope", ERROR)})]),
        "F: unknown run 'nope'",
    ),
    "no rounds": (Rounds("F", "c/chain/10/frechet_distance"), "F: figure F: its path needs {} in place of the rounds"),
    "other rounds": (Rounds("F", "c/chain/{}/frechet_distance", (1, 7)), "F: figure F: rounds are measured after (1, 10)"),
    "pictures": (Pictures("F", "faces"), "F: figure F: what must be one of samples, reconstructions, found 'faces'"),
    "a seed": (Pictures("F", seed=9), "F: figure F: no run has seed 9"),
    "a panel": (Panels("F", ["nope"]), "F: figure F: scatters must be a list of Scatter"),
    "an axis of a panel": (Panels("F", [Scatter("G", "nope", ERROR)]), "F: nope: unknown measure 'nope'"),
    "no figure": ("F", "study: tables and figures are a Table, a Scatter and so on of zoo.studies, found 'F'"),
}


@pytest.mark.parametrize(("figure", "message"), BAD.values(), ids=BAD)
def test_a_figure_that_cannot_be_is_refused_with_the_study(figure, message):
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        jobs.jobs(study(figures=[figure]))


def test_panels_are_scatters_side_by_side_with_one_legend(place):
    results_of(place, study())
    drawn = Panels("Both", [Scatter("One", ERROR, DISTANCE), Scatter("Other", "knob", ERROR, rows=["EHM 1", "EHM 5"])])
    text = drawn.draw(Values(study(), Results(place.output)), place.pictures).decode()
    for shown in ("Both", "One", "Other", ERROR, "knob"):
        assert f">{shown}<" in text, shown
    assert text.count('id="axes_') == 2
    assert text.count('id="legend_') == 1
