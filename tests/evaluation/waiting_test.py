"""What the person who waits is told, by a clock that is set by hand."""

import io
import types

import pytest

from zoo.evaluation import waiting


@pytest.fixture
def clock(monkeypatch):
    now = types.SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(waiting, "time", types.SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def test_the_time_left_is_told_once_in_a_while_on_standard_error(clock, capsys):
    with waiting.told(), waiting.task("measuring"):
        for _ in waiting.counted(range(10)):
            clock.seconds += 2
    lines = capsys.readouterr().err.splitlines()
    # After 6 s three of ten are done, each took 2 s; after 12 s six; after 18 s nine.
    middle = [f"measuring: {done} of 10, about {20 - 2 * done} s left" for done in (3, 6, 9)]
    assert lines == ["measuring ...", *middle, "measuring: 20.0 s"]


def test_nothing_is_told_unless_asked_for(clock, capsys):
    with waiting.task("measuring"):
        assert list(waiting.counted([1, 2])) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_an_error_passes_and_ends_the_task(clock, capsys):
    with pytest.raises(KeyError), waiting.told(), waiting.task("measuring"):
        raise KeyError
    with waiting.task("more"):
        waiting.done(1, 2)
    assert capsys.readouterr().err.splitlines() == ["measuring ...", "measuring: 0.0 s"]


def test_after_a_task_within_a_task_the_outer_one_goes_on(clock, capsys):
    with waiting.told(), waiting.task("all"):
        with waiting.task("a part"):
            clock.seconds += 3
        clock.seconds += 3
        waiting.done(1, 2)
    lines = ["all ...", "a part ...", "a part: 3.0 s", "all: 1 of 2, about 6 s left", "all: 6.0 s"]
    assert capsys.readouterr().err.splitlines() == lines


def test_a_line_comes_after_five_seconds_and_none_at_the_last_part(clock, capsys):
    with waiting.told(), waiting.task("measuring"):
        for seconds, number in ((4.9, 1), (0.1, 2), (5, 3), (6, 4)):
            clock.seconds += seconds
            waiting.done(number, 4)
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "measuring ...",
        "measuring: 2 of 4, about 5 s left",
        "measuring: 3 of 4, about 3 s left",
        "measuring: 16.0 s",
    ]


def test_each_line_is_there_at_once(clock):
    stream = io.StringIO()
    shown = []
    stream.flush = lambda: shown.append(stream.getvalue())
    waiting.Waiting("measuring", stream=stream)
    assert shown == ["measuring ...\n"]
