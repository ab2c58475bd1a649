"""What a person who waits is told, and when."""

import pytest

from tests.training import callbacks
from zoo.training import progress


@pytest.fixture
def clock(monkeypatch):
    return callbacks.set_by_hand(monkeypatch, progress)


def test_progress_is_a_line_each_ten_seconds_and_one_at_the_end(clock, capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: False, raising=False)
    found = progress.Progress(100, 500)
    found.set_model(callbacks.Model())
    for step, seconds in ((200, 105.0), (240, 109.0), (300, 110.5), (340, 111.0), (500, 112.0)):
        clock.seconds = seconds
        found.model.step.assign(step)
        found.on_train_batch_end(0)
        found.on_epoch_end(0, {"wake/loss": 3.0, "wake/reconstruction": 1.23456, "sleep/reconstruction": -2.0, "other": 2.0})
    found.close()
    terms = "wake reconstruction (nats of x) 1.235  sleep reconstruction (nats of z) -2"
    # The rate counts from the end of the first execution: 100 steps in 5.5 s, 300 in 7.
    assert capsys.readouterr().out.splitlines() == [
        f"step 300/500  18.2 steps/s  11 s left  {terms}",
        f"step 500/500  42.9 steps/s  0 s left  {terms}",
    ]


def test_the_bar_of_a_terminal_is_written_where_the_lines_are(capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    progress.Progress(20, 30).close()
    out, err = capsys.readouterr()
    assert "20/30" in out
    assert err == ""


def test_nothing_is_said_of_a_rate_after_one_execution(clock, capsys, monkeypatch):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: False, raising=False)
    found = progress.Progress(0, 30)
    found.set_model(callbacks.Model())
    for step, seconds in ((20, 111.0), (30, 111.5)):
        clock.seconds = seconds
        found.model.step.assign(step)
        found.on_train_batch_end(0)
        found.on_epoch_end(0, {"wake/loss": 1.0})
    assert capsys.readouterr().out.splitlines() == [
        "step 20/30  wake loss 1",
        "step 30/30  20.0 steps/s  0 s left  wake loss 1",
    ]
