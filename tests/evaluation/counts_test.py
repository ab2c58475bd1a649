"""Every result says on how many examples of which split it was measured, and those are as many as were asked for."""

import pytest

from tests.evaluation import linear_models
from zoo.evaluation import results, running

MODEL, DATA = linear_models.build(), linear_models.dataset(100)
CASES = {
    "samples": {},
    "latent": {},
    "symmetry": {"rounds": (1,)},
    "chains": {"rounds": (1,)},
    "reconstructions": {},
    "floor": {},
    "likelihood": {"num_samples": 2},
}


@pytest.mark.parametrize("measure", CASES)
def test_results_are_of_as_many_test_examples_as_were_asked_for(measure):
    found = running.evaluate(MODEL, DATA, [measure], CASES[measure] | {"num_examples": 40})
    assert {(item.count, item.split) for _, item in results.results(found)} == {(40, "test")}
    assert {value for name, value in found.items() if name.startswith("num_") and name != "num_samples"} <= {40}


@pytest.mark.parametrize(("asked", "count"), [(40, 40), (60, 50)])
def test_the_floor_has_no_more_than_half_of_the_split(asked, count):
    assert running.evaluate(MODEL, DATA, ["floor"], {"num_examples": asked})["num_floor_examples"] == count


def test_gradients_are_of_test_examples_or_of_minibatches_of_training_examples():
    options = {"num_examples": 30, "num_batches": 4, "batch_size": 10}
    found = running.evaluate(MODEL, DATA, ["gradients"], options)
    about = {name: (item.count, item.split) for name, item in results.results(found)}
    assert about.pop("gradient_variance") == about.pop("gradient_variance[wake]") == (40, "train")
    assert set(about.values()) == {(30, "test")} or set(about.values()) == {(None, "test")}
    assert (found["num_gradient_batches"], found["gradient_batch_size"]) == (4, 10)


def test_updates_are_of_windows_of_minibatches():
    options = {"num_windows": 3, "window_steps": 2, "batch_size": 10}
    found = running.evaluate(MODEL, DATA, ["updates"], options)
    for name in ("update_variance", "long_run_variance"):
        assert (found[name].count, found[name].split) == (60, "train")
    assert {name: found[name] for name in ("num_windows", "window_steps", "window_batch_size")} == {
        "num_windows": 3,
        "window_steps": 2,
        "window_batch_size": 10,
    }
