"""Tables of a study: their numbers against numpy, what is marked, and what is refused."""

import re

import numpy as np
import pytest

from tests.studies import example
from zoo.config import ConfigError
from zoo.studies import Column, Measure, Run, Table, jobs
from zoo.studies.results import Results
from zoo.studies.tables import cell, standing_out
from zoo.studies.values import Statistic, Values, of_line

RUNS = [
    Run("VAE", "vae_digits", seeds=3),
    Run("EHM", "ehm_digits", seeds=2, baseline="VAE"),
    Run("one", "vae_digits", seeds=1, baseline="VAE"),
    Run("late", "vae_digits", baseline="VAE"),
    Run("data", "vae_digits", floor=True),
]
ERRORS = {"VAE": (0.2, 0.25, 0.27), "EHM": (0.5, 0.4), "one": (0.3,)}


@pytest.fixture
def found(tmp_path):
    """Values of a study whose last row but one has not been run."""
    measures = {"r": Measure("reconstructions", num_examples=50), "c": Measure("chains", rounds=(1, 10))}
    study = example.study(runs=RUNS, measures=measures)
    results = Results(tmp_path)
    for job in jobs.jobs(study):
        if job.run.name in ERRORS:
            error = ERRORS[job.run.name][job.seed]
            tables = {f"chain[means, data]/{rounds}/frechet_distance[net]": [rounds * error, None] for rounds in (1, 10)}
            of_samples = {
                "chain[samples, data]": [None, None],
                "code_error[means]": [1.0, None],
                "code_error[samples]": [2.0, None],
            }
            values = {"r": {"reconstruction_error": [error, 0.02]}, "c": tables | of_samples}
            line = example.line(job, values, parameters={"encoder": 3, "decoder": 4})
            line["measures"]["c"]["reasons"] = {"chain[samples, data]": "it has none"}
            results.add(line)
        elif job.run.floor:
            results.add(example.line(job, {"c": {"floor/data/frechet_distance[net]": [0.01, None]}}))
    return Values(study, results)


def statistic(found, run, path, **options):
    return Column(path, **options).of(found, found.runs[run])


def test_mean_and_spread_are_those_of_the_seeds(found):
    number = statistic(found, "VAE", "r/reconstruction_error")
    seeds = ERRORS["VAE"]
    assert (number.mean, number.spread) == pytest.approx((np.mean(seeds), np.std(seeds, ddof=1)))
    assert number.error == pytest.approx(np.std(seeds, ddof=1) / np.sqrt(3))
    assert number.count == 3
    scaled = statistic(found, "VAE", "r/reconstruction_error", scale=100)
    assert (scaled.mean, scaled.spread, scaled.error) == pytest.approx(
        (100 * number.mean, 100 * number.spread, 100 * number.error)
    )


def test_of_a_single_seed_the_error_is_the_measures_own(found):
    assert statistic(found, "one", "r/reconstruction_error") == Statistic(0.3, None, 0.02, 1)


def test_a_relative_column_is_divided_by_the_baselines_mean(found):
    path = "r/reconstruction_error"
    base = np.mean(ERRORS["VAE"])
    number = statistic(found, "EHM", path, relative=True)
    ratios = np.array(ERRORS["EHM"]) / base
    assert (number.mean, number.spread) == pytest.approx((ratios.mean(), ratios.std(ddof=1)))
    assert statistic(found, "one", path, relative=True).error == pytest.approx(0.02 / base)
    assert statistic(found, "VAE", path, relative=True).mean is None
    assert statistic(found, "late", path, relative=True).reason == "not run"


def test_a_number_in_a_table_is_found_without_its_brackets(found):
    for path in ("c/chain[means, data]/10/frechet_distance", "c/chain/10/frechet_distance[net]"):
        assert statistic(found, "one", path).mean == pytest.approx(3.0)
    with pytest.raises(ConfigError, match=re.escape("c/code_error: could be any of code_error[means], code_error[samples]")):
        statistic(found, "one", "c/code_error")
    assert statistic(found, "one", "c/chain[samples, data]/10/frechet_distance").reason == "it has none"
    line = {"measures": {"g": {"values": {"variance[wake]": [1.0, None], "variance": [2.0, None]}, "reasons": {}}}}
    assert of_line(line, "g/variance") == ((2.0, None), "")


def test_a_floor_is_looked_up_by_the_last_name(found):
    assert statistic(found, "data", "c/chain[means, data]/10/frechet_distance").mean == 0.01
    assert statistic(found, "data", "r/reconstruction_error").mean is None


def test_what_a_run_took_and_has(found):
    line = found.lines(found.runs["one"])[0]
    assert of_line(line, "parameters") == ((7, None), "")
    assert of_line(line, "training_seconds") == ((2.0, None), "")


def test_the_table_has_a_row_a_run(found):
    columns = {
        "error": "r/reconstruction_error",
        "over | the VAE's": Column("r/reconstruction_error", relative=True, better=""),
        "chain": "c/chain[means, data]/10/frechet_distance",
        "samples": "c/chain[samples, data]/10/frechet_distance",
    }
    text = Table("Title", columns, text="About it.").markdown(found)
    head, text_, *lines = text.split("\n\n")
    assert (head, text_) == ("## Title", "About it.")
    assert lines[0].splitlines() == [
        "| run | seeds | error ↓ | over \\| the VAE's | chain ↓ | samples ↓ |",
        "| --- | --- | --- | --- | --- | --- |",
        "| VAE | 3 of 3 | **0.240 ± 0.036** | none | 2.40 ± 0.36 | none |",
        "| EHM | 2 of 2 | 0.450 ± 0.071 | 1.88 ± 0.29 | 4.50 ± 0.71 | none |",
        "| one | 1 of 1 | 0.300 (se 0.020) | 1.250 (se 0.083) | 3 | none |",
        "| data |  | none | none | 0.01 | 0.01 |",
    ]
    assert "late" not in text


def test_the_best_is_marked_only_where_it_differs_by_more_than_two_standard_errors(found):
    # .24 and .45 with errors .0208 and .05: apart by 3.9 of .054.
    text = Table("T", {"e": "r/reconstruction_error"}, ["VAE", "EHM"]).markdown(found)
    assert "| **0.240 ± 0.036** |" in text
    assert text.count("**") == 2
    assert "**" not in Table("T", {"e": "r/reconstruction_error"}, ["EHM", "late"]).markdown(found)
    assert "**" not in Table("T", {"e": Column("r/reconstruction_error", better="")}, ["VAE", "EHM"]).markdown(found)


def numbers(*pairs):
    return [Statistic(mean, error, error, 2) for mean, error in pairs]


@pytest.mark.parametrize(
    ("pairs", "better", "best"),
    [
        # The error of the difference is 5: ten is two of them.
        ([(0.0, 3.0), (10.1, 4.0)], "lower", 0),
        ([(0.0, 3.0), (9.9, 4.0)], "lower", None),
        ([(0.0, 3.0), (10.1, 4.0)], "higher", 1),
        ([(0.0, 3.0), (10.1, 4.0), (12.0, 0.0)], "lower", 0),
        ([(10.1, 4.0), (99.0, 0.0), (0.0, 3.0)], "lower", 2),
        ([(0.0, 3.0), (10.1, None)], "lower", None),
        ([(0.0, 3.0), (None, None)], "lower", None),
        ([(0.0, 3.0), (99.0, 4.0)], "", None),
        ([], "lower", None),
    ],
)
def test_standing_out(pairs, better, best):
    statistics = numbers(*pairs)
    found = standing_out(statistics, better)
    assert found is (None if best is None else statistics[best])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Statistic(44.6543, 1.26, 0.8, 2), "44.7 ± 1.3"),
        (Statistic(0.0083214, 0.00012, 0.1, 2), "0.00832 ± 0.00012"),
        (Statistic(-371.4, 25.1, 1.0, 2), "-371 ± 25"),
        (Statistic(12345.6, 250.0, 1.0, 2), "12,346 ± 250"),
        (Statistic(0.5, 0.0, 0.0, 2), "0.5"),
        (Statistic(3.14159, None, None, 1), "3.142"),
        (Statistic(3.14159, None, 0.02, 1), "3.142 (se 0.020)"),
        (Statistic(123456.0, None, None, 1), "123,456"),
        (Statistic(reason="not run"), "not run"),
        (Statistic(reason="the model has no encoder"), "none"),
    ],
)
def test_a_cell_has_two_digits_of_its_error(number, text):
    assert cell(number) == text


BAD = {
    "a measure": (
        Table("T", {"x": "nope/frechet_distance"}),
        "T: nope/frechet_distance: unknown measure 'nope'; choose from pixels",
    ),
    "a result": (Table("T", {"x": "pixels/nope"}), "T: pixels/nope: samples has no 'nope'; it has frechet_distance"),
    "a result in a table": (Table("T", {"x": "pixels/precision/1/nope"}), "T: pixels/precision/1/nope: there is no result"),
    "a row": (Table("T", {}, ["nope"]), "T: unknown run 'nope'; choose from VAE"),
    "a direction": (Table("T", {"x": Column("pixels/precision", better="up")}), "T: pixels/precision: better must be one of"),
}


@pytest.mark.parametrize(("table", "message"), BAD.values(), ids=BAD)
def test_a_table_that_cannot_be_is_refused_with_the_study(table, message):
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        jobs.jobs(example.study(tables=[table]))
