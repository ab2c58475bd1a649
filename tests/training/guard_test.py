"""A run that meets too much that is not finite stops with one line, and leaves the batch where it began."""

import re

import numpy as np
import pytest

from tests.training.runs import experiment
from zoo import data as data_sets
from zoo.data import order
from zoo.training.guard import FaultError
from zoo.training.loop import train


def exploding(max_skipped, **training):
    """A learning rate that makes the weights too large to be squared within a few steps."""
    config = experiment(40, max_skipped=max_skipped, **training)
    for name in ("encoder", "decoder"):
        config.optimizers[name].learning_rate = 1e30
    return config


def test_the_message_names_step_term_and_examples(tmp_path):
    config = exploding(2)
    with pytest.raises(FaultError) as error:
        train(config, tmp_path)
    message = str(error.value)
    assert "\n" not in message
    assert "config.training.max_skipped" in message
    step, term = re.search(r"is (\S+) at step (\d+), examples \d+, ", message).groups()[::-1]
    assert term in ("wake/loss", "gradient_norm/encoder", "gradient_norm/decoder")
    with np.load(tmp_path / f"fault_{step}.npz") as left:
        np.testing.assert_array_equal(left["indices"], order.shuffled_batch(int(step), 20, left_size(config), 0))
        assert left["examples"].shape == (20, 4, 4, 1)


def left_size(config):
    return data_sets.load(config.data).size("train")


def test_fewer_skipped_updates_do_not_stop_a_run(tmp_path):
    assert train(exploding(1000), tmp_path)["step"] == 40


def test_stopped_again_it_stops_at_the_same_place_and_may_be_told_to_go_on(tmp_path):
    messages = []
    for _ in range(2):
        with pytest.raises(FaultError) as error:
            train(exploding(2), tmp_path)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    assert train(exploding(1000), tmp_path)["step"] == 40
