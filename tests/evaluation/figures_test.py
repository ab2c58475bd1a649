"""What the pictures of a report show: the arrays that are drawn, by hand, of linear models."""

import tracemalloc
import types

import numpy as np
import pytest

import zoo
from tests.evaluation import linear_models
from tests.evaluation.linear_models import LINEAR, B, W
from tests.models import tiny
from zoo import noise
from zoo.data import Dataset, Preprocessing, Split
from zoo.evaluation import chains, draws, figures
from zoo.evaluation.results import Unavailable

SHAPE = (2, 2, 1)


@pytest.fixture
def drawn(monkeypatch):
    """Figures in place of their PNG files, grids of images as (images, columns)."""
    monkeypatch.setattr(figures, "png", lambda figure: figure)
    monkeypatch.setattr(figures, "png_of_grid", lambda images, columns=None, **_: (images, columns))


@pytest.fixture(scope="module")
def image_model():
    """Of images of 2x2 pixels, with codes of 3 numbers and random weights."""
    fixed = {"name": "normal", "scale": "fixed", "initial_scale": 0.1}
    sections = {"latent_size": 3, "encoder": LINEAR, "decoder": LINEAR, "posterior": fixed, "likelihood": fixed}
    return zoo.build(zoo.experiment(data={}, model=sections, training={"jit_compile": "off"}), event_shape=SHAPE)


@pytest.fixture(scope="module")
def images():
    generator = np.random.default_rng(0)
    splits = {name: Split(generator.integers(0, 256, (60, *SHAPE), np.uint8)) for name in ("train", "test")}
    return Dataset("images", splits, Preprocessing(event_shape=SHAPE, levels=256))


def picture(model, data, words):
    """The first picture whose caption begins so."""
    return next(found for caption, found in figures.pictures(model, data).items() if caption.startswith(words))


def test_traversals_move_one_number_of_z_from_minus_3_to_3():
    found = figures.traversed(linear_models.build())
    along = np.linspace(-3, 3, figures.STEPS)[:, np.newaxis]
    np.testing.assert_allclose(found, np.concatenate([along * W[0] + B, along * W[1] + B]), rtol=1e-5)
    assert len(figures.traversed(linear_models.build(), rows=1)) == figures.STEPS


def test_interpolations_are_straight_lines_between_codes_of_pairs():
    model, data = linear_models.build(), linear_models.dataset()
    z = draws.encoded(model, draws.examples(data, 4, 5)[0], 5)["sample"]
    found = figures.interpolated(model, data, 5, rows=2)
    along = np.linspace(0, 1, figures.STEPS)[:, np.newaxis]
    lines = [start + along * (end - start) for start, end in ((z[0], z[1]), (z[2], z[3]))]
    np.testing.assert_allclose(found, np.concatenate(lines) @ W + B, rtol=1e-4, atol=1e-5)
    assert len(figures.interpolated(model, data, 5)) == 4 * figures.STEPS


def test_samples_of_classes_stand_class_after_class():
    model = tiny.build("vae", condition="label", num_classes=3)
    found = figures.of_classes(model, 5, columns=20)
    in_turn = draws.generated(model, 60, 5)  # of the classes 0, 1, 2, 0, 1, 2 ...
    np.testing.assert_array_equal(found, np.concatenate([in_turn[label::3] for label in range(3)]))


def test_receptive_fields_are_the_weights_of_each_hidden_unit_over_its_largest():
    model = zoo.build(tiny.joint_experiment(latent_size=2), event_shape=SHAPE)
    fields = np.array([[[[1.0], [-2.0]], [[0.0], [0.5]]], np.full(SHAPE, 0.1)], np.float32)
    model.machine.weights_between.assign(fields.reshape(2, 4).T)
    np.testing.assert_array_equal(model.machine.receptive_fields(), fields)
    of_one = np.array([[0.75, 0.0], [0.5, 0.625]])[..., np.newaxis]
    np.testing.assert_array_equal(figures.receptive_fields(model), [of_one, np.ones(SHAPE)])


def test_binary_codes_are_not_moved_and_not_drawn(drawn):
    model, data = zoo.build(tiny.joint_experiment(latent_size=2), event_shape=SHAPE), linear_models.dataset()
    for picture in (lambda: figures.traversed(model), lambda: figures.codes(model, data, 0)):
        with pytest.raises(Unavailable, match="codes of 0 and 1"):
            picture()


def test_the_nearest_example_is_one_of_the_training_split():
    data = linear_models.dataset()
    train = data.splits["train"].array
    rows = [7, 0, 599]
    np.testing.assert_array_equal(figures.nearest(data, train[rows] + 1e-4, seed=0), train[rows])


def test_the_nearest_of_many_examples_is_found_in_little_memory():
    train = np.random.default_rng(0).normal(size=(2000, 1000)).astype(np.float32)
    data = Dataset("wide", {"train": Split(train)}, Preprocessing(event_shape=(1000,), levels=0))
    x = np.random.default_rng(1).normal(size=(8, 1000)).astype(np.float32)
    expected = [((train.astype(float) - one) ** 2).sum(1).argmin() for one in x]
    tracemalloc.start()
    found = figures.nearest(data, x, seed=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(found, train[expected])
    assert peak < 4 * train.nbytes


def test_images_are_shown_over_what_is_made_of_them(drawn, image_model, images):
    shown, columns = picture(image_model, images, "Data, each row over")
    x = draws.examples(images, 16, 0)[0]
    made = np.clip(image_model.reconstruct(x), 0, 1)
    assert columns == 8
    np.testing.assert_allclose(shown, np.concatenate([x[:8], made[:8], x[8:], made[8:]]), atol=1e-6)


def test_samples_are_means_clipped_as_a_picture_is(drawn, image_model, images):
    shown, _ = picture(image_model, images, "Samples")
    np.testing.assert_allclose(shown, np.clip(draws.generated(image_model, 64, 0), 0, 1), atol=1e-6)


def test_captions_of_images(drawn, image_model, images):
    found = figures.pictures(image_model, images)
    columns = {caption.split()[0].rstrip(":,"): shown[1] for caption, shown in found.items() if isinstance(shown, tuple)}
    assert columns == {"Samples": 8, "Data": 8, "Interpolations": 10, "Traversals": 10, "The": 8}
    assert [len(shown[0]) for shown in found.values() if isinstance(shown, tuple)] == [64, 32, 40, 30, 16, 32]


def test_images_of_a_model_without_encoder_are_samples_alone(drawn, images):
    sections = {"latent_size": 3, "decoder": LINEAR, "likelihood": "deterministic", "objective": "gan"}
    critic = {"log_q_x": {"name": "wasserstein", "network": LINEAR}}
    gan = zoo.build(zoo.experiment(data={}, model=sections | {"approximators": critic}, training={}), event_shape=SHAPE)
    found = figures.pictures(gan, images)
    assert [caption.split()[0].rstrip(":") for caption in found] == ["Samples", "Traversals", "Samples"]


def test_what_needs_an_encoder_says_so(images):
    model = types.SimpleNamespace(has_posterior=False)
    chain = next(draw for caption, draw in figures._of_images(model, images, 0, None).items() if "chain" in caption)
    for draw in (chain, lambda: figures._reconstructed(model, None)):
        with pytest.raises(Unavailable, match="the model has no encoder"):
            draw()


@pytest.mark.parametrize(
    ("size", "captions"), [(2, ["Data and samples", "Codes Q(z) over codes P(z)"]), (3, ["Codes Q(z) over codes P(z)"])]
)
def test_captions_of_vectors(drawn, size, captions):
    model = linear_models.build(
        encoder=(linear_models.A[:size], linear_models.C), decoder=(linear_models.W[:, :size], linear_models.B[:size])
    )
    assert list(figures.pictures(model, linear_models.dataset(x=linear_models.draw(50)[:, :size]))) == captions


def test_what_has_four_channels_or_three_values_is_no_image(drawn, monkeypatch):
    monkeypatch.setattr(figures, "_of_images", lambda *_: {"Images": lambda: 0})
    monkeypatch.setattr(figures, "codes", lambda *_: 0)
    model = tiny.build("vae")
    for shape, image in {(2, 2, 1): True, (2, 2, 3): True, (2, 2, 4): False, (3,): False}.items():
        data = Dataset("any", {"test": Split(np.zeros((5, *shape), np.uint8))}, Preprocessing(event_shape=shape, levels=256))
        assert ("Images" in figures.pictures(model, data)) == image


def test_grids_are_enlarged_as_is_asked(image_model, images, monkeypatch):
    asked = []
    monkeypatch.setattr(figures, "png_of_grid", lambda images, columns=None, **how: asked.append(how))
    figures.pictures(image_model, images, side=7, smooth=True)
    assert asked == [{"side": 7, "smooth": True}] * 6


def test_the_chain_starts_at_the_data(drawn, image_model, images):
    shown, _ = picture(image_model, images, "The chain x -> z -> x after 0, 1, 10, 100 rounds")
    x, seed = draws.examples(images, 8, 0)[0], noise.seed_for(0, 0, "chain")
    np.testing.assert_allclose(shown[:8], x, atol=1e-6)
    for row, rounds in enumerate((1, 10, 100), 1):
        means = chains.chain(image_model, x, rounds, seed, noisy=False)["x"]
        np.testing.assert_allclose(shown[8 * row : 8 * row + 8], np.clip(means, 0, 1), atol=1e-6)


def test_samples_stand_over_their_neighbours(drawn, image_model, images):
    shown, _ = picture(image_model, images, "Samples over")
    of_samples = draws.generated(image_model, 8, 0)
    np.testing.assert_allclose(shown[:8], np.clip(of_samples, 0, 1), atol=1e-6)
    np.testing.assert_array_equal(shown[8:], figures.nearest(images, of_samples, 0))


def in_the_plane():
    model = linear_models.build(
        encoder=(linear_models.A[:2], linear_models.C), decoder=(linear_models.W[:, :2], linear_models.B[:2])
    )
    return model, linear_models.dataset(x=linear_models.draw(300)[:, :2])


def test_the_plane_has_the_data_beside_samples(drawn):
    model, data = in_the_plane()
    axes = figures.plane(model, data, 0).axes
    for number, points in enumerate((data.splits["test"].array, draws.generated(model, figures.POINTS, 0, True))):
        (line,) = axes[number].get_lines()
        np.testing.assert_allclose(line.get_xydata(), points, rtol=1e-6)
    assert [part.get_title() for part in axes] == ["data", "samples", "density of samples"]


def test_a_heat_map_is_what_stands_in_for_log_q_x_around_the_data(drawn):
    """f(x) = x . (1, 10) on a grid of 60 x 60 that goes half a unit beyond the data."""
    _, data = in_the_plane()

    class Model:
        def log_densities(self, x, z):
            return type("At", (), {"log_q_x": x[:, 0] + 10 * x[:, 1]})

    x = data.splits["test"].array
    shown = figures.heat_map(Model(), data, 0).axes[0].collections[0].get_array()
    ways = [np.linspace(x[:, i].min() - 0.5, x[:, i].max() + 0.5, 60) for i in (0, 1)]
    np.testing.assert_allclose(np.reshape(shown, (60, 60)), ways[0] + 10 * ways[1][:, np.newaxis], rtol=1e-4, atol=1e-3)


def test_codes_of_the_data_stand_over_those_of_the_prior(drawn):
    model, data = in_the_plane()
    (axes,) = figures.codes(model, data, 0).axes
    (line,) = axes.get_lines()
    np.testing.assert_allclose(line.get_xydata(), draws.codes(model, figures.POINTS, 0, "prior"), rtol=1e-6)
    z = draws.encoded(model, data.splits["test"].array, 0)["sample"]
    np.testing.assert_allclose(axes.collections[0].get_offsets(), z, rtol=1e-5)


def test_curves_have_the_steps_and_the_values_of_each_run(drawn):
    lines = {"one": [{"step": 1, "loss": 5.0}, {"step": 2, "loss": 4.0, "gap": 1.0}], "two": [{"step": 3, "loss": 2.0}]}
    found = figures.curves(lines)
    assert list(found) == ["gap", "loss"]
    drawn_lines = {line.get_label(): line.get_xydata().tolist() for line in found["loss"].axes[0].get_lines()}
    assert drawn_lines == {"one": [[1, 5], [2, 4]], "two": [[3, 2]]}
    assert [line.get_label() for line in found["gap"].axes[0].get_lines()] == ["one"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_points_are_shown_by_their_first_two_values(drawn, size):
    points = np.arange(12.0).reshape(4, 3)[:, :size]
    (line,) = figures.png_of_points(points).axes[0].get_lines()
    np.testing.assert_array_equal(line.get_xydata(), points[:, [0, min(1, size - 1)]])
