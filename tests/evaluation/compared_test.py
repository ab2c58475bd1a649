"""What a figure of several models shows: the images of each row, and what a model without encoder has in their place."""

import io

import numpy as np
import pytest
from PIL import Image

import zoo
from tests.evaluation.linear_models import LINEAR
from zoo import noise
from zoo.data import Dataset, Preprocessing, Split
from zoo.evaluation import chains, compared, draws

SHAPE = (2, 2, 1)
ROUNDS = (1, 3)


@pytest.fixture(scope="module")
def data():
    pixels = np.random.default_rng(0).integers(0, 256, (30, *SHAPE), np.uint8)
    return Dataset("images", {"train": Split(pixels), "test": Split(pixels)}, Preprocessing(event_shape=SHAPE, levels=256))


def build(**parts):
    fixed = {"name": "normal", "scale": "fixed", "initial_scale": 0.1}
    sections = {"latent_size": 3, "decoder": LINEAR, "likelihood": fixed} | parts
    return zoo.build(zoo.experiment(data={}, model=sections, training={"jit_compile": "off"}), event_shape=SHAPE)


@pytest.fixture(scope="module")
def models(data):
    encoder = {"encoder": LINEAR, "posterior": {"name": "normal", "scale": "fixed", "initial_scale": 0.1}}
    critic = {"log_q_x": {"name": "wasserstein", "network": LINEAR}}
    return {"with": build(**encoder), "without": build(objective="gan", approximators=critic, likelihood="deterministic")}


def shown(models, data, monkeypatch):
    """(title, images or None) in the order of columns and rows."""
    found = []
    monkeypatch.setattr(compared, "_show", lambda axes, title, images, data: found.append((title, images)))
    compared.figure({name: (model, data) for name, model in models.items()}, 4, ROUNDS)
    return found


def test_each_row_is_what_it_says(models, data, monkeypatch):
    found = shown(models, data, monkeypatch)
    of_rows = ["data over reconstructions", "the chain after 0, " + ", ".join(map(str, ROUNDS)) + " rounds"]
    assert [title for title, _ in found] == ["with: samples", *of_rows, "without: samples", *of_rows]
    model, (samples, reconstructions, walked) = models["with"], [images for _, images in found[:3]]
    np.testing.assert_array_equal(samples, draws.generated(model, 3 * 6, 4))
    x = draws.examples(data, 6, 4)[0]
    np.testing.assert_array_equal(reconstructions, np.concatenate([x, model.reconstruct(x)]))
    rounds = [chains.chain(model, x, number, noise.seed_for(0, 4, "chain"), noisy=False)["x"] for number in ROUNDS]
    np.testing.assert_array_equal(walked, np.concatenate([x, *rounds]))
    assert [images is None for _, images in found[3:]] == [False, True, True]


def test_one_model_is_a_column_of_a_page_with_a_row_for_each_line_of_images(models, data):
    page = compared.figure({"with": (models["with"], data)}, 0, ROUNDS)
    wide = compared.figure(dict.fromkeys("ab", (models["with"], data)), 0, ROUNDS)
    (width, height), (twice, same) = (Image.open(io.BytesIO(each)).size for each in (page, wide))
    assert 1.5 < twice / width < 2.5
    assert same == pytest.approx(height, rel=0.1)
    assert height / width == pytest.approx(((3 + 2 + 3) * 4 / 6 + 1) / 4, rel=0.2)
