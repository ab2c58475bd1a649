"""When a run is saved, what of, and when it stops early: with checkpoints that only take notes."""

import types

import pytest

from tests.training import callbacks
from zoo.training import saving
from zoo.training.workdir import Workdir


class Notes:
    """In place of checkpoints: the steps at which each folder's were saved."""

    def __init__(self, model, folder, keep=3, **state):
        self.model, self.folder, self.keep, self.state, self.saved, self.found = model, folder, keep, state, [], None

    def save(self):
        self.saved.append(int(self.model.step))

    def restore(self):
        return self.found


@pytest.fixture
def clock(monkeypatch):
    return callbacks.set_by_hand(monkeypatch, saving)


@pytest.fixture
def make(monkeypatch, tmp_path, clock):
    """A Saving of a Model, by its options."""
    monkeypatch.setattr(saving, "Checkpoints", Notes)

    def made(writes=True, every=0, seconds=1e9, patience=0):
        training = types.SimpleNamespace(
            save_every=every, save_every_seconds=seconds, early_stopping_patience=patience, keep_checkpoints=5
        )
        model = callbacks.Model()
        found = saving.Saving(model, Workdir(tmp_path / "run"), training, writes)
        found.set_model(model)
        found.set_params({"steps": 10})
        return found

    return made


def test_checkpoints_are_kept_as_many_as_asked_and_one_best(make, tmp_path):
    found = make()
    assert (found.newest.keep, found.best.keep) == (5, 1)
    assert (found.newest.folder.name, found.best.folder.name) == ("checkpoints", "best")
    assert found.newest.state.keys() == {"best_value", "best_step", "failures", "sums", "counts"}


def test_saved_by_steps_once_a_multiple_is_reached(make):
    found = make(every=10)
    for step in (4, 8, 12, 16, 20, 24):
        found.model.step.assign(step)
        found.on_train_batch_end(0)
    assert found.newest.saved == [12, 20]
    assert not found.best.saved


def test_saved_by_the_clock_from_the_last_save_on(make, clock):
    found = make(seconds=5.0)
    for seconds in (104.9, 105.0, 109.9, 110.0):
        clock.seconds = seconds
        found.model.step.assign_add(1)
        found.on_train_batch_end(0)
    assert found.newest.saved == [2, 4]


def test_the_last_execution_of_an_interval_is_saved_after_its_line(make):
    found = make(every=1)
    found.model.step.assign(10)
    found.on_train_batch_end(9)
    assert found.newest.saved == []
    found.on_train_batch_end(8)
    assert found.newest.saved == [10]
    found.model.step.assign(20)
    found.on_epoch_end(0, {})
    assert found.newest.saved == [10, 20]


def test_a_step_is_saved_once_and_not_at_all_by_a_worker_beside_the_chief(make):
    found, beside = make(), make(writes=False)
    for each in (found, beside):
        each.model.step.assign(3)
        each.save()
        each.save()
        assert each.saved_step == 3
    assert (found.newest.saved, beside.newest.saved) == ([3], [])


def test_the_means_of_an_interval_are_saved_within_it_and_taken_up_once(make):
    found = make()
    found.model.step.assign(3)
    kept = []
    found.newest.save = lambda: kept.append((found.sums.numpy().tolist(), found.counts.numpy().tolist()))
    found.save_within_interval()
    assert kept == [([3, 4], [2, 2])]
    found.on_epoch_begin(0)
    assert found.model.means.added == []  # they are of this process, which has them
    found.sums.assign([3, 4])
    found.counts.assign([1, 0])  # one term was finite in no step
    for _ in range(2):
        found.on_epoch_begin(0)
    assert found.model.means.added == [([3, 4], [1, 0])]


def test_a_run_goes_on_from_what_was_restored(make):
    found = make(every=10)
    assert found.restore() == 0
    found.newest.found = 15
    assert found.restore() == 15
    found.model.step.assign(19)
    found.on_train_batch_end(0)
    assert found.newest.saved == []
    found.model.step.assign(20)
    found.on_train_batch_end(0)
    assert found.newest.saved == [20]


@pytest.mark.parametrize("writes", [True, False])
def test_validations_that_are_no_better_stop_a_run_and_the_best_is_kept(make, writes):
    found = make(writes=writes, patience=2)
    stopped = []
    for step, value in enumerate((5.0, 6.0, 4.0, 4.0, 4.5), 1):
        found.model.step.assign(step)
        found.on_epoch_end(step, {"val_negative_elbo": value})
        found.on_epoch_end(step, {"wake/loss": 1.0})  # no validation
        stopped.append(found.stopped_early)
    assert stopped == [False, False, False, False, True]
    assert found.model.stop_training
    assert found.best_known == {"best_step": 3, "best_negative_elbo": 4.0}
    assert found.best.saved == ([1, 3] if writes else [])
    assert found.newest.saved == ([5] if writes else [])


def test_without_patience_nothing_stops(make):
    found = make(patience=0)
    assert found.best_known == {}
    for value in (5.0, 6.0, 7.0):
        found.on_epoch_end(0, {"val_negative_elbo": value})
    assert not found.stopped_early
    assert int(found.failures) == 2
