"""A run that meets too much that is not finite stops with one line, and leaves the batch where it began."""

import re
import resource
import types

import numpy as np
import pytest

from tests.training import callbacks
from tests.training.runs import experiment
from zoo import data as data_sets
from zoo.data import order
from zoo.training import guard
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


def watching(max_skipped, folder=None):
    """A Guard over a Model, whose step is on 12 examples."""
    config = types.SimpleNamespace(training=types.SimpleNamespace(max_skipped=max_skipped))
    split = types.SimpleNamespace(read_batch=lambda indices: np.asarray(indices) * 10)
    found = guard.Guard(config, types.SimpleNamespace(splits={"train": split}), folder)
    found.set_model(callbacks.Model())
    found.model.rows_of = lambda step: np.arange(12) + 100 * step
    return found


def test_as_many_skipped_updates_as_allowed_do_not_stop_a_run():
    found = watching(2)
    found.model.skipped.assign(2)
    found.on_train_batch_end(0)
    found.model.skipped.assign(3)
    with pytest.raises(FaultError, match=r"^3 updates were skipped.*is sleep/loss at step 7, examples (\d+, ){10}\.\.\.; "):
        found.on_train_batch_end(0)


def test_the_batch_of_a_fault_is_left_in_a_file(tmp_path):
    found = watching(0, tmp_path)
    found.model.skipped.assign(1)
    with pytest.raises(FaultError, match=rf"\.\.\. \(all in {tmp_path}/fault_7\.npz\); "):
        found.on_train_batch_end(0)
    with np.load(tmp_path / "fault_7.npz") as left:
        np.testing.assert_array_equal(left["indices"], np.arange(700, 712))
        np.testing.assert_array_equal(left["examples"], 10 * left["indices"])


def test_a_full_disk_leaves_no_half_file_and_the_reason_is_still_said(tmp_path):
    found = watching(0, tmp_path)
    found.model.skipped.assign(1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(
            FaultError, match=rf"^1 updates [^\n]* \(cannot write all to {tmp_path}/fault_7\.npz: File too large\); "
        ):
            found.on_train_batch_end(0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("count", "said"), [(10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"), (11, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...")])
def test_ten_examples_are_listed(count, said):
    assert guard._listed(np.arange(count)) == said
