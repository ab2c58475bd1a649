"""The built-in sets are what their docstrings say, and splits that a set lacks are held out from train."""

import itertools
import pathlib
import zlib

import numpy as np
import pytest
from sklearn import datasets

import zoo.config
import zoo.data
from zoo.data import bars, digits, rings, toy4, toy4_20

NOWHERE = pathlib.Path("nowhere")


def section(name, **options):
    return zoo.config.experiment(data={"name": name, **options}, model={}, training={}).data


def test_digits_hold_every_example_of_the_source_once():
    splits, levels = digits.load(NOWHERE)
    assert (splits["train"].size, splits["test"].size, levels) == (1500, 297, 17)
    images, labels = datasets.load_digits(return_X_y=True)
    ours = [np.column_stack([split.array.reshape(-1, 64), split.labels]) for split in splits.values()]
    wanted = np.column_stack([images, labels])
    np.testing.assert_array_equal(*(rows[np.lexsort(rows.T)] for rows in (np.concatenate(ours), wanted)))


def test_the_split_of_digits_never_changes():
    """Numbers that others quote depend on it."""
    splits, _ = digits.load(NOWHERE)
    assert zlib.crc32(splits["test"].array.tobytes()) == 2113058431


ANGLES = [0, 72, 144, 216]
TOY4 = np.array([[0, 0], *([np.cos(np.radians(a)), np.sin(np.radians(a))] for a in ANGLES)])
TOY4_20 = np.linspace(-50, 50, 100).reshape(5, 20)
TOY4_20[:, :2] = TOY4
RINGS = 2 * np.array([[np.cos(np.pi * k / 4), np.sin(np.pi * k / 4)] for k in range(8)])
MIXTURES = [(toy4, TOY4, 0.25, 1.557), (toy4_20, TOY4_20, 0.25, 2.262), (rings, RINGS, 0.02, None)]


@pytest.mark.parametrize(("part", "means", "std", "_entropy"), MIXTURES)
@pytest.mark.parametrize("split", ["train", "test"])
def test_mixtures_have_the_shares_means_and_variances_of_their_gaussians(part, means, std, _entropy, split):
    splits, levels = part.load(NOWHERE)
    x, labels = splits[split].array.astype(np.float64), splits[split].labels
    n, share, d = len(x), 1 / len(means), means.shape[1]
    assert (levels, x.shape, n) == (0, (n, d), {"train": 200_000, "test": 10_000}[split])
    for label, mean in enumerate(means):
        own = x[labels == label]
        assert abs(len(own) / n - share) < 5 * np.sqrt(share * (1 - share) / n)
        assert (abs(own.mean(axis=0) - mean) < 5 * std / np.sqrt(len(own))).all()
        # The mean of d n squared standard normals has standard error sqrt(2 / (d n)).
        assert abs(((own - mean) ** 2).mean() / std**2 - 1) < 5 * np.sqrt(2 / own.size)


@pytest.mark.parametrize(("part", "means", "std", "entropy"), MIXTURES[:2])
def test_the_entropy_of_a_mixture_is_the_published_floor(part, means, std, entropy):
    x = part.load(NOWHERE)[0]["train"].array.astype(np.float64)
    squares = ((x[:, None] - means) ** 2).sum(axis=-1)
    log_normal = -squares / (2 * std**2) - means.shape[1] / 2 * np.log(2 * np.pi * std**2)
    nats = -np.logaddexp.reduce(log_normal, axis=1) + np.log(len(means))
    # The floor is quoted to three decimals.
    assert abs(nats.mean() - entropy) < 5 * nats.std() / np.sqrt(len(nats)) + 5e-4


@pytest.mark.parametrize("part", [toy4, toy4_20, rings, bars])
def test_test_examples_are_fresh_and_fixed(part):
    first, second = part.load(NOWHERE)[0], part.load(NOWHERE)[0]
    for split in first:
        np.testing.assert_array_equal(first[split].array, second[split].array)
    # One seed for both would give both the same labels first.
    assert (first["train"].labels[:1000] != first["test"].labels[:1000]).any()


def bars_by_hand():
    """Image bytes -> probability, by going through every outcome of the five coins."""
    table = {}
    for vertical, *lines in itertools.product((0, 1), repeat=5):
        image = np.zeros((4, 4, 1), np.uint8)
        for line in range(4):
            if lines[line]:
                image[(slice(None), line) if vertical else line] = 1
        table[image.tobytes()] = table.get(image.tobytes(), 0) + 1 / 32
    return table


def test_the_table_of_bars_is_exact():
    images, probabilities = bars.table()
    table = {image.tobytes(): p for image, p in zip(images, probabilities, strict=True)}
    assert images.shape == (30, 4, 4, 1)
    assert table == bars_by_hand()
    assert -np.sum(probabilities * np.log(probabilities)) == pytest.approx(3.379, abs=5e-4)


@pytest.mark.parametrize("split", ["train", "test"])
def test_bars_come_with_their_probabilities(split):
    splits, levels = bars.load(NOWHERE)
    array = splits[split].array
    assert (levels, array.dtype, array.shape[1:]) == (2, np.uint8, (4, 4, 1))
    table = bars_by_hand()
    seen = dict.fromkeys(table, 0)
    for image in array:
        seen[image.tobytes()] += 1
    wanted = np.array(list(table.values())) * len(array)
    chi_square = ((np.array(list(seen.values())) - wanted) ** 2 / wanted).sum()
    assert chi_square < 29 + 5 * np.sqrt(2 * 29)  # 29 degrees of freedom
    np.testing.assert_array_equal(bars.table()[0][splits[split].labels], array)


def test_validation_is_held_out_from_train():
    whole = digits.load(NOWHERE)[0]["train"]
    dataset = zoo.data.load(section("digits", validation_fraction=0.2))
    assert (dataset.event_shape, dataset.preprocessing.levels) == ((8, 8, 1), 17)
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 1200, "validation": 300, "test": 297}
    rows = [np.column_stack([s.array.reshape(-1, 64), s.labels]) for s in map(dataset.splits.get, ("train", "validation"))]
    wanted = np.column_stack([whole.array.reshape(-1, 64), whole.labels])
    np.testing.assert_array_equal(*(r[np.lexsort(r.T)] for r in (np.concatenate(rows), wanted)))


def test_nothing_is_held_out_if_nothing_is_asked_for():
    assert "validation" not in zoo.data.load(section("digits", validation_fraction=0.0)).splits


def test_the_choices_of_the_config_reach_the_preprocessing():
    choices = {"value_range": "symmetric", "dequantization": "uniform"}
    preprocessing = zoo.data.load(section("digits", **choices)).preprocessing
    assert (preprocessing.value_range, preprocessing.dequantization) == ("symmetric", "uniform")
    with pytest.raises(zoo.config.ConfigError, match=r"^config\.data\.dequantization: .*real-valued"):
        zoo.data.load(section("toy4", dequantization="uniform"))


OWN_PART = '''"""A user's own set."""
import numpy as np
from zoo.data import Split

def load(data_dir, *, size: int = 20):
    return {"train": Split(np.arange(size, dtype=np.float32)[:, None])}, 0
'''


@pytest.fixture
def own_part(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "numbers.py").write_text(OWN_PART)
    monkeypatch.syspath_prepend(tmp_path)
    return "mine.numbers"


def test_a_part_of_ones_own_without_test_split_gets_one(own_part):
    dataset = zoo.data.load(section(own_part, size=40))
    assert {name: dataset.size(name) for name in dataset.splits} == {"train": 32, "test": 4, "validation": 4}
    together = np.concatenate([split.array for split in dataset.splits.values()])
    np.testing.assert_array_equal(np.sort(together[:, 0]), np.arange(40))


def test_too_few_examples_are_refused(own_part):
    with pytest.raises(zoo.config.ConfigError, match="too few training examples to hold any out: 1"):
        zoo.data.load(section(own_part, size=2))
