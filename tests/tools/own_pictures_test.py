"""The tools for pictures of one's own, on pictures whose answers are known."""

import csv
import io
import json
import types

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.tools import flagless
from tests.tools.evaluate_test import run
from zoo import data as data_sets
from zoo.evaluation.exported import Exported

_pictures, impute = flagless.modules("_pictures", "impute")


@pytest.fixture(scope="module")
def digits():
    """Test digits as images in [0, 1], [n, 8, 8, 1]."""
    data = data_sets.load(zoo.experiment(data={"name": "digits"}, model={}, training={}).data, None)
    return np.stack([data.splits["test"].read_batch(np.arange(8))])[0] / 16


@pytest.fixture(scope="module")
def folder(digits, tmp_path_factory):
    """Eight digits, a picture of noise, and a white digit on black of another size; dark on light."""
    folder = tmp_path_factory.mktemp("pictures")
    noise = np.random.default_rng(0).uniform(size=(8, 8, 1))
    for name, image in {**{f"digit{i}": digits[i] for i in range(8)}, "noise": noise}.items():
        save(1 - image, folder / f"{name}.png")
    return folder


def save(image, path):
    Image.fromarray(np.round(255 * image[..., 0]).astype(np.uint8)).save(path)


@pytest.mark.slow
def test_noise_is_more_foreign_than_digits_and_all_formats_say_the_same(folder):
    arguments = ["--model=ehm_digits", "--data=digits", "--pictures", folder, "--invert", "--num_samples=5"]
    output, errors = run("find_anomalies", *arguments)
    found = json.loads(output)
    assert not errors
    assert found["data"] == "digits"
    assert found["test_examples"] == 297
    rows = found["pictures"]
    assert [row["picture"] for row in rows[:1]] == ["noise.png"]
    assert len(rows) == 9
    assert rows[0].keys() == {"picture"} | {n + p for n in ("log_prob", "reconstruction", "critic") for p in ("", "_p")}
    assert rows[0]["log_prob_p"] == 1 / 298  # no test digit is as unlikely
    assert rows[0]["reconstruction_p"] == 1 / 298
    # They are test digits, up to the rounding of 8 bits: each is one of those that are at least as high.
    assert all(row["reconstruction_p"] >= 2 / 298 for row in rows[1:])
    output, _ = run("find_anomalies", *arguments, "--format=csv")  # a process of its own: the same draws
    read = list(csv.DictReader(io.StringIO(output)))
    assert [row["picture"] for row in read] == [row["picture"] for row in rows]
    assert [float(row["critic"]) for row in read] == [row["critic"] for row in rows]


def test_a_row_leads_from_one_picture_to_the_next(folder, digits, tmp_path):
    given = [folder / f"digit{number}.png" for number in range(3)]
    output, _ = run(
        *("interpolate", "--model=ehm_digits", "--invert", "--steps=3", f"--pictures={','.join(map(str, given))}"),
        *("--output", tmp_path / "a.png"),
    )
    assert output == f"wrote 2 rows of 3 pictures to {tmp_path / 'a.png'}\n"
    made = np.asarray(Image.open(tmp_path / "a.png"), np.int64)
    model = Exported(zoo.load("ehm_digits"))
    own = model.preprocessing
    ends = np.clip(own.to_unit(model.reconstruct(own.from_unit(digits[:3].astype(np.float32)))), 0, 1)
    side = made.shape[0] // 2 + 1  # two rows, and between them a gap
    assert made.shape == (2 * side - 2, 3 * side - 2)
    for row, column, number in ((0, 0, 0), (0, 2, 1), (1, 0, 1), (1, 2, 2)):
        cell = made[row * side : (row + 1) * side - 2, column * side : (column + 1) * side - 2]
        large = ends[number, ..., 0].repeat(len(cell) // 8, 0).repeat(len(cell) // 8, 1)
        np.testing.assert_allclose(cell, 255 * large, atol=3)  # 8 bits of the given pictures, and of the shown ones


def test_what_is_seen_stays_and_what_is_missing_is_drawn(folder, tmp_path):
    mask = np.zeros([8, 8, 1])
    mask[:, :3] = 1  # white: the left three columns
    save(mask, tmp_path / "mask.png")
    output, _ = run(
        *("impute", "--model=ehm_digits", "--invert", "--pictures", folder / "digit1.png", "--missing", tmp_path / "mask.png"),
        *("--draws=2", "--gibbs=3", "--metropolis=3", "--output", tmp_path / "a.png", "--folder", tmp_path / "each"),
    )
    assert output.startswith(f"wrote 2 draws of 1 pictures to {tmp_path / 'a.png'}; ")
    assert output.endswith("% of the proposals were taken\n")
    whole = 255 - np.asarray(Image.open(folder / "digit1.png"), np.int64)
    first, second = (np.asarray(Image.open(tmp_path / "each" / f"00000-{draw}.png"), np.int64) for draw in (0, 1))
    for drawn in (first, second):
        # digits have 17 grey levels, to which 8 bits are rounded
        np.testing.assert_allclose(drawn[:, 3:], whole[:, 3:], atol=9)
    assert np.abs(first[:, :3] - second[:, :3]).max() > 0
    made = np.asarray(Image.open(tmp_path / "a.png"))
    assert made.shape == (32, 4 * 34 - 2)
    assert (made[:, 34 : 34 + 12] == 128).all()  # 0.5, rounded to even


def test_a_model_of_points_is_refused_in_one_line():
    _, errors = run("interpolate", "--model=vae_toy4", "--output=a.png", code=1)
    assert errors == ["error: vae_toy4 is no model of pictures: one of its examples has shape (2,)"]


def test_what_is_named_is_there(folder, tmp_path, monkeypatch):
    def asked(*names):
        monkeypatch.setattr(_pictures, "PICTURES", types.SimpleNamespace(value=list(map(str, names))))
        return _pictures.named()

    assert list(asked(folder)) == sorted([*(f"digit{number}.png" for number in range(8)), "noise.png"])
    one = folder / "noise.png"
    assert asked(one, folder)[str(one)] == one
    with pytest.raises(ValueError, match=r"^--pictures nowhere: there is no such file or folder$"):
        asked("nowhere")
    with pytest.raises(ValueError, match=r"^--pictures .*: the folder holds no pictures \(\.jpg, "):
        asked(tmp_path)


def test_halves_and_masks(tmp_path, monkeypatch):
    def missing(value, shape=(3, 4, 3)):
        monkeypatch.setattr(impute, "MISSING", types.SimpleNamespace(value=str(value)))
        return impute._missing(shape)

    parts = {half: missing(half) for half in impute.HALVES}
    assert not (parts["top"] & parts["bottom"]).any()
    assert (parts["top"] | parts["bottom"]).all()
    np.testing.assert_array_equal(parts["left"][:, :, 0], [[True, True, False, False]] * 3)
    np.testing.assert_array_equal(parts["right"], ~parts["left"])
    mask = np.zeros([3, 4, 1])
    mask[1, 2] = 1
    save(mask, tmp_path / "mask.png")
    np.testing.assert_array_equal(missing(tmp_path / "mask.png"), np.broadcast_to(mask == 1, (3, 4, 3)))
    save(0 * mask, tmp_path / "black.png")
    for given, reason in (("middle", "choose from top, bottom, left, right"), (tmp_path / "black.png", "nothing is missing")):
        with pytest.raises(ValueError, match=reason):
            missing(given)
