"""LSUN's own lmdb folders, on small ones that the test writes."""

import concurrent.futures
import io

import lmdb
import numpy as np
import pytest
from PIL import Image

import zoo.config
import zoo.data


def encoded(red, kind):
    stored = io.BytesIO()
    Image.new("RGB", (30, 20), (red, 0, 0)).save(stored, kind, **({"lossless": True} if kind == "WEBP" else {"quality": 95}))
    return stored.getvalue()


def write(path, values):
    """Keys as LSUN has them: 40 hexadecimal digits."""
    path.mkdir(parents=True)
    with lmdb.open(str(path), map_size=2**24) as environment, environment.begin(write=True) as transaction:
        for number, value in enumerate(values):
            transaction.put(f"{number:040x}".encode(), value)


@pytest.fixture
def data_dir(tmp_path):
    train = [encoded(10 * number, "WEBP" if number % 2 else "JPEG") for number in range(20)]
    write(tmp_path / "lsun" / "bedroom_train_lmdb", train)
    write(tmp_path / "lsun" / "bedroom_val_lmdb", [encoded(50, "WEBP")] * 3)
    return tmp_path


def load(data_dir, **options):
    options = {"name": "lsun", "image_size": 8} | options
    return zoo.data.load(zoo.config.experiment(data=options, model={}, training={}).data, data_dir)


def test_images_are_read_by_their_keys_in_order(data_dir):
    dataset = load(data_dir, validation_fraction=0.0)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 20, "test": 3}
    assert dataset.event_shape == (8, 8, 3)
    raw = next(iter(dataset.ordered_batches("train", 20)))[dataset.key("train")]
    wanted = np.zeros((20, 8, 8, 3))
    wanted[..., 0] = 10 * np.arange(20)[:, None, None]
    np.testing.assert_allclose(raw, wanted, atol=2)  # JPEG


def test_a_folder_can_be_loaded_twice_and_read_by_several_threads(data_dir):
    first, second = load(data_dir), load(data_dir)
    assert first.size("train") == 18
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        one, two = (list(pool.map(dataset.splits["train"].read, range(18))) for dataset in (first, second))
    np.testing.assert_array_equal(one, two)


def test_a_missing_category_is_named_with_its_path(data_dir):
    with pytest.raises(
        zoo.config.ConfigError, match=r"^config\.data\.folder: .*church_outdoor_train_lmdb.data\.mdb"
    ) as refused:
        load(data_dir, category="church_outdoor")
    assert "\n" not in str(refused.value)


def test_files_that_are_no_lmdb_or_hold_nothing_are_named(data_dir):
    (data_dir / "lsun" / "a_train_lmdb").mkdir()
    (data_dir / "lsun" / "a_train_lmdb" / "data.mdb").write_bytes(b"cut off")
    write(data_dir / "lsun" / "a_val_lmdb", [])
    with pytest.raises(zoo.config.ConfigError, match=r"cannot read \S+a_train_lmdb"):
        load(data_dir, category="a")
    (data_dir / "lsun" / "a_train_lmdb" / "data.mdb").unlink()
    (data_dir / "lsun" / "a_train_lmdb").rmdir()
    write(data_dir / "lsun" / "a_train_lmdb", [])
    with pytest.raises(zoo.config.ConfigError, match=r"a_train_lmdb holds no images"):
        load(data_dir, category="a")


def test_a_damaged_image_is_named_by_its_key(tmp_path):
    write(tmp_path / "lsun" / "b_train_lmdb", [encoded(1, "WEBP")] * 5 + [b"no picture"])
    write(tmp_path / "lsun" / "b_val_lmdb", [encoded(1, "WEBP")])
    with pytest.raises(zoo.config.ConfigError, match=rf"cannot be decoded \(image {5:040x} of \S+b_train_lmdb\)"):
        load(tmp_path, category="b", validation_fraction=0.0)
