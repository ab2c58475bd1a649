"""What may be given to `fit`, `evaluate`, `train_on_batch` and `test_on_batch`, and what is refused in one line."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.interface import faces
from tests.models import tiny
from zoo import data as data_sets
from zoo.data.preprocessing import Preprocessing

SIZE, BATCH = 12, 4


def x(dtype="float32"):
    return np.random.default_rng(0).normal(size=(SIZE, *tiny.VECTOR)).astype(dtype)


def batches(*parts):
    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(BATCH)


def labels():
    return np.arange(SIZE) % 3


GIVEN = {
    "x": lambda: batches(x()),
    "x and integers": lambda: batches(x(), labels()),
    "x and floats": lambda: batches(x(), labels().astype("float32")),
    "x and x": lambda: batches(x(), x()),
    "a dictionary": lambda: batches({"x": x(), "label": labels()}),
    "a dictionary with image": lambda: batches({"image": x(), "label": labels()}),
    "float64": lambda: batches(x("float64").astype("float32").astype("float64")),
}


@pytest.fixture(scope="module")
def expected():
    model = tiny.build("vae")
    return model.evaluate(GIVEN["x"](), verbose=0, return_dict=True)["negative_elbo"]


@pytest.mark.parametrize("given", GIVEN)
def test_what_stands_beside_x_changes_nothing(given, expected):
    model = tiny.build("vae")
    found = model.evaluate(GIVEN[given](), verbose=0, return_dict=True)["negative_elbo"]
    assert found == pytest.approx(expected, rel=1e-6)
    model.fit(GIVEN[given](), validation_data=GIVEN[given](), verbose=0)
    assert int(model.step) == SIZE // BATCH


def test_one_batch_at_a_time():
    model, batch = tiny.build("vae", training={"steps_per_execution": 5}), x()[:BATCH]
    expected = model.evaluate(batch, batch_size=BATCH, verbose=0, return_dict=True)
    assert model.test_on_batch(batch, return_dict=True) == pytest.approx(expected, rel=1e-6)
    model.train_on_batch(x()[:BATCH])
    assert int(model.step) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: batches(x()[:, :3]), r"expected x of shape \('batch', 4\), found \(None, 3\)"),
        (lambda: batches(labels()[:, None] * np.ones([1, 4], int)), "expected x of floats in the model's range, found int64"),
        (lambda: batches(x(), labels(), np.ones(SIZE)), "sample weights have no place"),
        (lambda: batches({"picture": x()}), 'found a dictionary of picture: name the examples "image"'),
    ],
    ids=["shape", "integers", "weights", "another name"],
)
def test_what_is_refused(given, message):
    model = tiny.build("vae")
    for use in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            use(given(), verbose=0)
    assert int(model.step) == 0


@pytest.fixture(scope="module")
def of_pixels():
    """A model of 8x8 images of 17 grey levels in [0, 1], and its data."""
    config = tiny.experiment("vae")
    return zoo.build(config, data=data_sets.load(config.data))


def test_integers_are_raw_grey_levels_and_values_outside_of_the_range_are_refused(of_pixels):
    raw = of_pixels.data.splits["test"].read_batch(np.arange(SIZE))
    inner = of_pixels.preprocessing(raw, (0, 0)).numpy()
    assert raw.dtype == np.uint8
    values = [of_pixels.evaluate(given, batch_size=BATCH, verbose=0, return_dict=True) for given in (raw, inner)]
    assert values[0] == values[1]
    for given in (batches(raw.astype("float32")), raw.astype("float32"), 2 * inner - 1):
        for use in (of_pixels.fit, of_pixels.evaluate):
            with pytest.raises(ValueError, match=r"expected x in \[0, 1\], found values from .* to .*"):
                use(given, verbose=0)


@pytest.mark.parametrize("use", ["fit", "evaluate", "predict", "encode", "posterior"])
def test_grey_levels_that_the_model_does_not_have_are_refused(use):
    pictures = np.full((20, 8, 6), 16, np.uint8)
    model = zoo.build(faces.config(), preprocessing=Preprocessing((8, 6, 1), 2))
    with pytest.raises(ValueError, match="expected grey levels from 0 to 1, found 16 to 16"):
        getattr(model, use)(pictures)
