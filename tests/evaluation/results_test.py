"""Results: questions that fail alone and leave their names, what is a result and what a setting, and what is printed."""

import inspect

import numpy as np
import pytest

from zoo import registry
from zoo.evaluation import results, running
from zoo.evaluation.results import Quantity, Result, TooFewError, Unavailable, answers, estimate

QUANTITIES = {name: Quantity("nats", "lower") for name in "abcdef"}


def raising(error):
    def question():
        raise error

    return question


def test_a_question_that_fails_leaves_its_names_and_the_others():
    found = answers(
        {
            ("a", "b[z]"): raising(ValueError("first line\nsecond line")),
            ("c",): raising(Unavailable("there is none")),
            ("d",): lambda: {"d": Result(np.float32(2)), "num_draws": 3},
            ("e",): lambda: {"e": Result(np.nan)},
            ("f",): lambda: {"f": Result(1.0, np.inf)},
        },
        QUANTITIES,
        count=7,
    )
    about = {"unit": "nats", "better": "lower", "count": 7, "split": "test"}
    assert found["a"] == found["b[z]"] == Result(reason="first line", failed=True, **about)
    assert found["c"] == Result(reason="there is none", failed=False, **about)
    assert found["d"] == Result(2.0, **about)
    assert isinstance(found["d"].value, float)
    assert found["num_draws"] == 3
    assert found["e"].reason.startswith("e is nan")
    assert found["f"].reason.startswith("f is inf")
    assert found["e"].failed
    assert found["f"].value is None


@pytest.mark.parametrize("given", [{}, {"a": Result(1.0)}, {"a": Result(1.0), "b": Result(1.0), "c": Result(1.0)}])
def test_a_question_answers_what_it_is_asked(given):
    with pytest.raises(TypeError, match="a question of a, b has answered"):
        answers({("a", "b"): lambda: given}, QUANTITIES)


def test_a_result_without_quantity_is_refused():
    with pytest.raises(KeyError, match="nobody"):
        answers({("nobody",): lambda: {"nobody": Result(1.0)}}, QUANTITIES)


@pytest.mark.parametrize(
    ("available", "failed", "end"),
    [(None, True, "raise --num_examples"), (10, True, "raise --num_examples"), (9, False, "and there are 9")],
)
def test_too_few_examples_are_a_fault_only_where_there_are_more(available, failed, end):
    found = answers({("a",): raising(TooFewError("a line", 10, 5))}, QUANTITIES, available=available)["a"]
    assert found.failed == failed
    assert found.reason.startswith("a line needs at least 10 examples, found 5")
    assert found.reason.endswith(end)


def test_an_estimate_is_the_mean_with_the_error_of_independent_values():
    """Of 1, 2, 3, 6: the mean is 3, the unbiased variance 14/3, and the error of the mean its root over 4."""
    assert estimate([1, 2, 3, 6]) == Result(3.0, np.sqrt(14 / 3 / 4), count=4)
    assert estimate([5]) == Result(5.0, None, count=1)
    assert estimate([1, 4]).standard_error == pytest.approx(1.5)


FOUND = {
    "a": Result(1.5, 0.25),
    "num_examples": 4,
    "b": Result(reason="none"),
    "table": Result({"1": {"c": Result(reason="broken", failed=True), "d": Result(2.0)}}),
    "ranks": Result({"0": 3}),
    "features[pixels]": {"hash": ""},
}


def test_json_has_values_errors_and_settings():
    assert results.as_json(FOUND) == {
        "a": 1.5,
        "a_standard_error": 0.25,
        "num_examples": 4,
        "b": None,
        "table": {"1": {"c": None, "d": 2.0}},
        "ranks": {"0": 3},
        "features[pixels]": {"hash": ""},
    }


def test_reasons_have_the_path_of_what_is_missing():
    assert results.reasons(FOUND) == {"b": "none", "table/1/c": "broken"}
    assert results.reasons(FOUND, failed=True) == {"table/1/c": "broken"}


@pytest.mark.parametrize(
    ("found", "nothing"),
    [
        (FOUND, False),
        ({"my_count": 3, "weights": 5.0, "b": Result(reason="none")}, True),
        ({"num_bits": Result(1.0)}, False),
        ({"table": Result({"1": {"c": Result(reason="none")}})}, True),
        ({"table": Result({"1": {"c": Result(2.0)}})}, False),
    ],
)
def test_nothing_is_answered_where_no_result_has_a_value_whatever_the_names(found, nothing):
    assert results.nothing(found) == nothing


def test_every_measure_declares_its_results():
    declared = running.quantities()
    assert {"negative_elbo", "frechet_distance", "rate", "sleep_error", "gradient_variance"} <= declared.keys()
    assert not declared.keys() & {"num_examples", "num_samples", "annealing_steps", "features", "num_modes"}
    assert {quantity.better for quantity in declared.values()} == {"higher", "lower", ""}


def test_the_seed_of_every_measure_is_0_unless_another_is_given():
    measures = [registry.find("measure", name).measure for name in registry.names("measure")]
    assert len(measures) >= 7
    assert {inspect.signature(measure).parameters["seed"].default for measure in measures} == {0}
