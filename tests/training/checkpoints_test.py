"""Whatever happens to the newest checkpoint, it is restored whole or named and passed over."""

import os
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.training.saved import DATA, INDEX, build, fill, restored, save_two
from zoo.training.checkpoints import Checkpoints


@pytest.fixture(scope="module")
def model():
    return build()


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    """Checkpoints of the steps 10 and 20."""
    return save_two(model, tmp_path_factory.mktemp("checkpoints") / "saved")


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "checkpoints")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_shapes(folder):
    model = build(latent_size=4)
    model.step.assign(20)
    shutil.rmtree(folder.parent / "other", ignore_errors=True)
    Checkpoints(model, folder.parent / "other").save()
    for name in (DATA, INDEX):
        shutil.copy(folder.parent / "other" / name, folder / name)


DAMAGE = {
    "data cut off": lambda folder: cut(folder / DATA),
    "data empty": lambda folder: (folder / DATA).write_bytes(b""),
    "data missing": lambda folder: (folder / DATA).unlink(),
    "data of another step": lambda folder: shutil.copy(folder / DATA.replace("20", "10"), folder / DATA),
    "index cut off": lambda folder: cut(folder / INDEX),
    "index empty": lambda folder: (folder / INDEX).write_bytes(b""),
    "index random": lambda folder: (folder / INDEX).write_bytes(np.random.RandomState(0).bytes(5000)),
    "index missing": lambda folder: (folder / INDEX).unlink(),
    "another model's": other_shapes,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(how, model, folder, caplog):
    DAMAGE[how](folder)
    assert restored(model, folder) == 10
    named = [record.message for record in caplog.records if "cannot be read, trying the one before" in record.message]
    # Without its index it is no checkpoint, but what a killed save has left.
    assert len(named) == (how != "index missing")
    assert all(f"{folder}/step-20 " in message and message.partition("the one before: ")[2].strip() for message in named)


@pytest.mark.parametrize("file", [DATA, INDEX])
def test_one_wrong_byte_is_noticed_or_changes_nothing(file, model, folder):
    whole = (folder / file).read_bytes()
    for place in np.linspace(0, len(whole) - 1, 25).astype(int):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        (folder / file).write_bytes(damaged)
        step = restored(model, folder)  # all values are of one step
        # Only the index has bytes that mean nothing.
        assert step == 10 or file == INDEX


@pytest.mark.parametrize(("spoil", "suffix", "found"), [(cut, "data*", 2), (cut, "index", 2), (os.unlink, "index", 0)])
def test_none_usable_is_an_error(spoil, suffix, found, model, folder):
    for path in folder.glob(f"*.{suffix}"):
        spoil(path)
    with pytest.raises(
        ValueError, match=rf"^none of the {found} checkpoints in \S+ can be read; remove the folder to start afresh$"
    ):
        restored(model, folder)


@pytest.mark.parametrize("content", [None, "", "garbage {", 'model_checkpoint_path: "step-999"'])
def test_the_list_of_checkpoints_is_made_anew(content, model, folder):
    (folder / "checkpoint").unlink()
    if content is not None:
        (folder / "checkpoint").write_text(content)
    assert restored(model, folder) == 20
    checkpoints = Checkpoints(model, folder, keep=2)
    fill(model, 30)
    checkpoints.save()
    assert checkpoints.steps() == [30, 20]
    assert restored(model, folder) == 30


def test_leavings_of_a_killed_save_are_no_checkpoint_and_are_swept(model, folder):
    leavings = folder / "step-30_temp"
    leavings.mkdir()
    (leavings / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    shutil.copytree(leavings, folder / "step-15_temp")
    (folder / ".partial-1").write_bytes(b"half of a list")
    (folder / "step-25.data-00000-of-00001").write_bytes(b"its index was removed first")
    assert restored(model, folder) == 20
    fill(model, 30)
    Checkpoints(model, folder).save()
    names = [f"step-{step}.{kind}" for step in (10, 20, 30) for kind in ("data-00000-of-00001", "index")]
    assert sorted(path.name for path in folder.iterdir()) == sorted(["checkpoint", *names])


def test_a_save_that_fails_says_why_in_one_line(model, folder, monkeypatch):
    """Of TensorFlow's message the last part of its first line, without the name of the operation."""
    checkpoints = Checkpoints(model, folder)

    def full(path):
        raise tf.errors.ResourceExhaustedError(None, None, f"{path}; No space left on device [Op:SaveV2] name:\nand more")

    monkeypatch.setattr(checkpoints.checkpoint, "write", full)
    told = f"^cannot write a checkpoint in {folder}: No space left on device; those before it are whole$"
    with pytest.raises(OSError, match=told):
        checkpoints.save()


def test_a_step_that_was_damaged_is_saved_again(model, folder):
    cut(folder / DATA)
    assert restored(model, folder) == 10
    fill(model, 20)
    Checkpoints(model, folder).save()
    assert restored(model, folder) == 20
