"""Any folder, any name, any array: each file once or said to be left out, each value in range or refused in one line."""

import os
import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from absl import logging
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from zoo.config import ConfigError
from zoo.data import Dataset, Preprocessing, Split, files, image_folder, order

FEW = settings(deadline=None, max_examples=50)

NAMES = ("train", "Test", "val", "dev", "car", "[a]*", "new\nline", os.fsdecode(b"\xe9"), " ", "naïve")
FOLDERS = st.lists(st.sampled_from(NAMES), max_size=3).map("/".join)
ENTRIES = st.tuples(st.sampled_from(("picture", "link", "hard link", "pipe", "text")), FOLDERS, FOLDERS)
TREES = st.lists(ENTRIES, max_size=12)


def grow(root, entries):
    """A tree of files, and of links to any of its folders or files."""
    for number, (kind, folder, target) in enumerate(entries):
        parent, path = root / folder, root / folder / (f"{number}.png" if kind != "text" else f"{number}.txt")
        try:
            parent.mkdir(parents=True, exist_ok=True)
            if kind == "link":
                path.with_suffix(".PNG" if number % 2 else "").symlink_to(root / target)
            elif kind == "hard link":
                os.link(next(root.rglob("*.png")), path)
            elif kind == "pipe":
                os.mkfifo(path)
            else:
                path.write_bytes(b"")
        except (OSError, StopIteration):
            continue  # a link stands where a folder is wanted, or there is no file to link to


def real_pictures(root):
    """Identities of all pictures, by the folders that are there alone."""
    paths = [os.path.join(parent, name) for parent, _, names in os.walk(root) for name in names]
    pictures = [path for path in paths if path.lower().endswith(".png") and os.path.isfile(path)]
    return {(os.stat(path).st_dev, os.stat(path).st_ino) for path in pictures}


def outcome(function):
    """(what a function returns, the ConfigError that it raises)."""
    try:
        return function(), None
    except ConfigError as error:
        return None, error


@FEW
@given(TREES)
def test_each_real_file_is_in_one_split_once_or_is_left_out_in_a_line(entries):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        grow(root, entries)
        found = files.below(root, lambda name: name.lower().endswith(".png"), image_folder._order)
        assert sorted(file.identity for file in found) == sorted(real_pictures(root))
        assert all(os.path.isfile(root / file.name) for file in found)
        told = []
        logging.get_absl_logger().addFilter(note := lambda record: told.append(record.getMessage()) or False)
        try:
            splits, refusal = outcome(lambda: image_folder._files_of_splits(root))
        finally:
            logging.get_absl_logger().removeFilter(note)
        if refusal:
            assert str(refusal).isprintable()
            return
        names = [file.name for chosen in splits.values() for file in chosen]
        assert len(names) == len(set(names))
        beside = [file.name for file in found if file.name not in names]
        assert sum("beside the splits' folders" in line and f" {len(beside)} left out" in line for line in told) == bool(beside)
        assert all(line.isprintable() for line in told)


@FEW
@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_any_path_is_text_of_one_line(name):
    text = files.printable(os.fsdecode(name))
    assert text.isprintable()
    assert text.encode()


VALUES = arrays.arrays(
    st.sampled_from([bool, np.uint8, np.int16, np.uint16, np.int64, np.float16, np.float32, np.float64]),
    arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3),
)
ARRAYS = (VALUES, st.sampled_from([0, 2, 17, 256]), st.sampled_from(["unit", "symmetric"]), st.booleans())


@FEW
@given(*ARRAYS)
def test_any_array_is_read_in_its_range_or_refused_in_one_line(array, levels, value_range, resident):
    value_range = value_range if levels else "unit"
    split = Split(array) if resident else Split(read=array.__getitem__, size=len(array))
    sound = array.dtype.kind != "f" if levels else np.isfinite(array).all()
    sound &= not levels or not array.size or (array.min() >= 0 and array.max() < levels)
    dataset, refusal = outcome(lambda: Dataset("any", {"train": split}, Preprocessing(array.shape[1:], levels, value_range)))
    if not refusal:
        dataset.place("train")
        try:
            (batch,) = dataset.ordered_batches("train", len(array))
        except tf.errors.OpError:
            refusal = dataset.failure
    assert bool(refusal) == (not sound or not len(array))
    if refusal:
        assert isinstance(refusal, ConfigError)
        assert str(refusal).isprintable()
        return
    x = dataset.decode(batch, (0, 0)).numpy()
    assert x.shape == array.shape
    low = -1 if value_range == "symmetric" else 0
    unit = (x - low) / (1 - low) if levels else x
    np.testing.assert_allclose(unit, array.astype(np.float32) / max(1, levels - 1), rtol=1e-5, atol=1e-6)


@FEW
@given(st.integers(1, 40), st.integers(0, 10**6), st.integers(1, 12), st.integers(0, 2**32))
def test_any_run_of_positions_holds_each_example_at_most_once_an_epoch(size, epoch, batch_size, seed):
    batches = -(-2 * size // batch_size) + 1
    first = epoch * size // batch_size
    seen = np.ravel(order.shuffled_batches(first, batches, batch_size, size, seed))
    start = (epoch + 1) * size - first * batch_size  # where the next epoch begins
    np.testing.assert_array_equal(np.sort(seen[start : start + size]), np.arange(size))
