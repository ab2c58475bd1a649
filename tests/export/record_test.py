"""What an index records of a pretrained model: its outputs in short, its headline, and the data that is measured on."""

import types

import numpy as np
import pytest

import zoo
from zoo.evaluation.results import Result
from zoo.export import record


def test_data_are_seen_as_the_model_saw_them(monkeypatch):
    seen = {"value_range": "symmetric", "dequantization": "uniform"}
    monkeypatch.setattr(record, "Exported", lambda loaded: types.SimpleNamespace(seen=seen))
    monkeypatch.setattr(record.data_sets, "load", lambda section, data_dir: (section, data_dir))
    section, data_dir = record.data_of("loaded", {"name": "digits", "value_range": "unit"}, "there")
    assert (section.name, section.value_range, section.dequantization, data_dir) == ("digits", "symmetric", "uniform", "there")


def numbers(values):
    """Of 24 values: their root mean square, and those at equal distances, to six digits."""
    values = np.ravel(values)
    chosen = values[[0, 4, 9, 13, 18, 23]]
    return [float(f"{value:.6g}") for value in (np.sqrt(np.mean(np.square(values))), *chosen)]


@pytest.mark.parametrize("encoder", [False, True])
def test_a_fingerprint_is_of_outputs_at_fixed_codes_and_at_what_they_generate(encoder):
    z = np.random.RandomState(0).normal(size=(4, 2)).astype(np.float32)
    weights = np.random.default_rng(0).normal(size=(2, 6))
    loaded = types.SimpleNamespace(
        signatures={"prior": types.SimpleNamespace(structured_outputs={"output_0": np.zeros((1, 2))})},
        generate=lambda codes: codes @ weights,
        sample=lambda count, seed: np.full((count, 6), 3.0 + seed),
        encode_mean=lambda x: x + 1,
        reconstruct=lambda x: x * 2,
    )
    x = z @ weights
    expected = {"generate": numbers(x), "sample": [3.0] * 7}
    if encoder:
        loaded.signatures |= {"encode_mean": None, "reconstruct": None}
        expected |= {"encode_mean": numbers(x + 1), "reconstruct": numbers(x * 2)}
    assert record.fingerprint(loaded) == expected


def test_an_endpoint_has_changed_if_a_value_differs_by_a_thousandth_of_their_size():
    recorded = {"generate": [10.0, 1.0, 2.0], "sample": [0.0, 0.0, 0.0]}
    assert record.changed(recorded, recorded) == []
    assert record.changed(recorded, recorded | {"generate": [10.0, 1.0099, 2.0]}) == []
    assert record.changed(recorded, recorded | {"generate": [10.0, 1.0, 1.989]}) == ["generate"]
    large = {"generate": [10.0, 1000.0, 2.0]}  # their root mean square, and a value far beyond it
    assert record.changed(large, {"generate": [10.0, 1000.011, 2.0]}) == ["generate"]
    assert record.changed(recorded, recorded | {"sample": [0.0, 1e-10, 0.0]}) == []
    assert record.changed(recorded, recorded | {"sample": [0.0, 1e-8, 0.0]}) == ["sample"]
    # What one of them lacks, too.
    assert record.changed(recorded, {"generate": recorded["generate"], "encode_mean": [1.0]}) == ["encode_mean", "sample"]


def test_of_the_data_the_name_and_what_is_not_usual_are_told():
    for given, told in (
        ({"name": "rings", "batch_size": 7}, {"name": "rings"}),
        ({"name": "lsun", "image_size": 64, "category": "bridge"}, {"name": "lsun", "category": "bridge"}),
        ({"name": "mnist", "label": "digit", "image_size": 0}, {"name": "mnist", "label": "digit"}),
    ):
        assert record.told(zoo.experiment(data=given, model={}, training={}).data) == told


@pytest.mark.parametrize(
    ("encoder", "measure", "result"),
    [(True, "reconstructions", "reconstruction_error"), (False, "samples", "kernel_distance[pixels]")],
)
def test_the_headline_is_a_measure_with_an_error_on_as_many_examples_as_there_are(encoder, measure, result, monkeypatch):
    asked = []

    def evaluate(model, data, measures, options):
        asked.append((measures, options))
        return {result: Result(0.25, 0.01)}

    monkeypatch.setattr(record, "Exported", lambda loaded: types.SimpleNamespace(has_posterior=encoder))
    monkeypatch.setattr(record.running, "evaluate", evaluate)
    data = types.SimpleNamespace(size=lambda split: {"train": 900, "test": 300}[split], name="some")
    found = record.headline("loaded", data, 500)
    about = {"measure": measure, "result": result, "value": 0.25, "standard_error": 0.01}
    assert found == about | {"num_examples": 300}
    assert record.headline("loaded", data, 200) == about | {"num_examples": 200}
    assert asked == [([measure], {"num_examples": count}) for count in (300, 200)]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"reconstruction_error": Result(0.25, None)}, ""),
        ({"reconstruction_error": Result(reason="too few")}, "too few"),
        ({"reconstructions": Result(reason="it broke", failed=True)}, "it broke"),
        ({}, "not measured"),
    ],
)
def test_a_model_without_a_number_with_an_error_has_no_headline(found, reason, monkeypatch):
    monkeypatch.setattr(record, "Exported", lambda loaded: types.SimpleNamespace(has_posterior=True))
    monkeypatch.setattr(record.running, "evaluate", lambda *given: found)
    data = types.SimpleNamespace(size=lambda split: 300, name="some")
    with pytest.raises(ValueError, match=f"^the model has no reconstruction_error with an error on some: {reason}$"):
        record.headline("loaded", data)


def test_headlines_agree_within_four_standard_errors_of_their_difference():
    first = {"measure": "samples", "result": "kernel_distance[pixels]", "value": 1.0, "standard_error": 0.03}
    for value, error, same in ((1.2, 0.04, True), (1.201, 0.04, False), (0.8, 0.04, True), (0.799, 0.04, False)):
        assert record.agree(first, first | {"value": value + 1e-12 * (value < 1), "standard_error": error}) == same
    exact = first | {"standard_error": 0.0}
    assert record.agree(exact, exact)
    for field in ("measure", "result"):
        assert not record.agree(first, first | {field: "another"})
