"""A run in a folder whose path TensorFlow would take for a pattern is a run like any other, and touches no other."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.training import saved
from tests.training.runs import digest, experiment
from zoo.export import export
from zoo.training.checkpoints import Checkpoints
from zoo.training.loop import train
from zoo.training.workdir import restore


@pytest.fixture(scope="module")
def model():
    return saved.build()


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# A folder, and another that its path as a pattern names.
@pytest.mark.parametrize(
    ("name", "other"), [("a*b", "aXb"), ("a?b", "aXb"), ("a[XY]b", "aXb"), ("a\\b", "ab"), ("a*/runs", "aX/runs")]
)
def test_checkpoints_are_kept_restored_and_removed_in_their_own_folder_alone(name, other, model, tmp_path):
    for step in (1, 2, 3):
        saved.fill(model, step)
        Checkpoints(model, tmp_path / other).save()
    before = contents(tmp_path / other)
    own = Checkpoints(model, tmp_path / name, keep=1)
    for step in (1, 2, 3, 4):
        saved.fill(model, step)
        own.save()
    assert contents(tmp_path / other) == before
    assert own.steps() == [4]
    assert len(list((tmp_path / name).iterdir())) == 3  # the list, and two files
    assert saved.restored(model, tmp_path / name) == 4
    assert saved.restored(model, tmp_path / other) == 3


@pytest.mark.slow
def test_a_run_in_such_a_folder_is_a_run_like_any_other(tmp_path, monkeypatch):
    config = experiment(40, keep_checkpoints=2, validate_every=10, early_stopping_patience=3)
    plain, odd = tmp_path / "runs" / "plain", tmp_path / "r[u]ns*" / "lr=[0.1]?"

    def finish(model, workdir):
        export(model, workdir.saved_model)

    for workdir in (plain, odd):
        assert train(config, workdir, finish=finish)["step"] == 40
    assert {path.relative_to(odd) for path in odd.rglob("*") if "tfevents" not in path.name} == {
        path.relative_to(plain) for path in plain.rglob("*") if "tfevents" not in path.name
    }
    assert digest(plain, 40) == digest(odd.rename(tmp_path / "odd"), 40)
    (tmp_path / "odd").rename(odd)
    x = np.zeros([2, 4, 4, 1], np.float32)
    expected = restore(plain)[0].reconstruct(x)
    np.testing.assert_array_equal(restore(odd)[0].reconstruct(x), expected)
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    np.testing.assert_allclose(zoo.load(odd / "saved_model").reconstruct(x), expected, atol=1e-6)


def test_tensorflow_finds_the_newest_of_what_is_kept(model, tmp_path):
    checkpoints = Checkpoints(model, tmp_path, keep=2)
    for step in (1, 2, 3):
        saved.fill(model, step)
        checkpoints.save()
    state = tf.train.get_checkpoint_state(str(tmp_path))
    assert tf.train.latest_checkpoint(str(tmp_path)) == f"{tmp_path}/step-3"
    assert list(state.all_model_checkpoint_paths) == [f"{tmp_path}/step-2", f"{tmp_path}/step-3"]
