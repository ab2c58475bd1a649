"""Tables for people: every number once, in its place."""

from tools import _table


def test_columns_are_as_wide_as_their_widest_word():
    assert _table.aligned([["", "one", "b"], ["width", "1", "22"]]) == "       one  b\nwidth  1    22"


def test_a_table_of_accuracies():
    one = {"accuracy": 0.5, "standard_deviation": 0.25}
    told = {"data": "digits", "model": "mine", "seeds": 2, "num_labels": {100: {"frozen": one}}}
    lines = _table.of_accuracies(told).splitlines()
    assert lines == ["accuracy of mine on digits, over 2 seeds", "labels  frozen", "100     0.5000 ± 0.2500"]
    one["standard_deviation"] = None
    assert _table.of_accuracies(told).splitlines()[-1].split() == ["100", "0.5000"]
