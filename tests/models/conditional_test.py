"""Class-conditional models: labels reach every network, a slope leaves them out, bounds are those of log P(x|y)."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import stats

import zoo
from tests.models import tiny
from zoo import registry
from zoo.config import ConfigError
from zoo.data import from_arrays
from zoo.evaluation import chains, draws, reconstructions, running
from zoo.evaluation.likelihood import importance_weighted_bound
from zoo.models import conditional
from zoo.models.terms import on_held_out
from zoo.networks import conditioned

CLASSES, SIZE = 3, 8
LINEAR = {"name": "mlp", "hidden_sizes": ()}
OF_CLASSES = {"condition": "label", "num_classes": CLASSES}
X = np.random.default_rng(0).normal(size=(SIZE, *tiny.VECTOR)).astype(np.float32)
LABELS = np.arange(SIZE) % CLASSES


def build(objective="extended_helmholtz", **options):
    return tiny.build(objective, **OF_CLASSES, **options)


def kernel(network):
    """The first kernel of a network, whose last rows are those of the labels."""
    return next(variable for variable in network.trainable_variables if variable.name == "kernel")


# A joint has no labels, and a critic with features takes none (tests/objectives/refused_test.py).
@pytest.mark.parametrize("objective", sorted({*registry.names("objective")} - {"contrastive_divergence", "vae_gan"}))
def test_a_step_moves_what_belongs_to_the_labels_of_the_batch_and_no_other(objective):
    model = build(objective, optimizers=tiny.sgd())
    networks = {"decoder": model.decoder} | ({"encoder": model.encoder} if model.encoder is not None else {})
    networks |= {
        name: getattr(part, "head", getattr(part, "network", None))
        for name, part in model.approximators.items()
        if part.weights
    }
    before = {name: kernel(network).numpy() for name, network in networks.items()}
    model.train_step((tf.constant(X), tf.ones(SIZE, tf.int32)))
    for name, network in networks.items():
        moved = np.any(kernel(network).numpy() != before[name], axis=1)[-CLASSES:]
        assert moved.tolist() == [False, True, False], name


@pytest.fixture(scope="module")
def linear():
    """x = w z + v_y + s e, z one number, and its exact posterior; (model, w, v, s)."""
    rng = np.random.default_rng(1)
    w, v, s = rng.normal(size=(1, 4)), rng.normal(size=(CLASSES, 4)), 0.5
    variance = 1 / (1 + np.sum(w**2) / s**2)
    model = tiny.build(
        "vae",
        **OF_CLASSES,
        latent_size=1,
        encoder=LINEAR,
        decoder=LINEAR,
        posterior={"name": "normal", "scale": "fixed", "initial_scale": float(variance**0.5)},
        likelihood={"name": "normal", "scale": "fixed", "initial_scale": s},
    )
    gain = variance * w.T / s**2
    for network, own, of_label in ((model.decoder, w, v), (model.encoder, gain, -v @ gain)):
        kernel(network).assign(np.concatenate([own, of_label]))
    return model, w, v, s


def test_means_are_those_of_the_label(linear):
    model, w, v, _ = linear
    z = np.array([[0.0], [1.0], [-2.0]], np.float32)
    np.testing.assert_allclose(model.likelihood(z, label=[2, 0, 0]).mean(), z @ w + v[[2, 0, 0]], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.given(1).generate(z), z @ w + v[1], rtol=1e-5, atol=1e-6)
    code = model.encode(X, LABELS)["loc"].numpy()
    np.testing.assert_allclose(model.reconstruct(X, label=LABELS), code @ w + v[LABELS], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.reconstruct(X, label=LABELS, new_label=2), code @ w + v[2], rtol=1e-4, atol=1e-5)


def test_the_bound_is_log_p_of_x_given_its_label(linear):
    """The posterior is exact, so every weight is P(x|y), whatever the draws; 300 draws are several blocks of an example."""
    model, w, v, s = linear
    covariance = w.T @ w + s**2 * np.eye(4)
    exact = [stats.multivariate_normal(v[y], covariance).logpdf(x) for x, y in zip(X, LABELS, strict=True)]
    at = model.given(LABELS)
    found = tf.function(lambda x: importance_weighted_bound(at, x, 300, 0))(tf.constant(X))
    np.testing.assert_allclose(found["importance_weighted_bound"], exact, atol=1e-3)
    np.testing.assert_allclose(model.log_prob(X, LABELS, num_samples=5), exact, atol=1e-3)
    np.testing.assert_allclose(model.elbo(X, LABELS, seed=4), exact, atol=1e-3)
    shown = on_held_out(model.training_step, (tf.constant(X), tf.constant(LABELS)), tf.ones(SIZE), 0)
    np.testing.assert_allclose(shown["negative_elbo"], -np.sum(exact), rtol=1e-4)


def test_reconstructions_and_chains_are_told_the_labels_of_their_examples(linear):
    model, w, v, s = linear
    data = from_arrays(X, X, LABELS, LABELS)
    found = reconstructions.measure(model, data)
    code = model.encode(X, LABELS)["loc"].numpy()
    expected = np.mean((X - code @ w - v[LABELS]) ** 2)
    np.testing.assert_allclose(found["reconstruction_error"].value, expected, rtol=1e-5)
    # Two rounds later x is on the line of its class, v_y + z w, and elsewhere than it began.
    moved = chains.chain(model, X, 2, np.array([0, 1], np.int32), noisy=False, labels=LABELS)
    np.testing.assert_allclose(moved["x"], moved["z"] @ w + v[LABELS], atol=1e-5)
    assert np.all(np.abs(moved["z"] - code) > 1e-3)
    walked = chains.measure(model, data, rounds=(1,))
    assert all(walked[f"chain[means, {start}]"].value["1"] for start in chains.STARTS)
    # The mean of Q(z|x) at x = v_y + z w is k z, with k = w w' / (w w' + s^2).
    k, z = np.sum(w**2) / (np.sum(w**2) + s**2), draws.codes(model, SIZE, 0)
    np.testing.assert_allclose(walked["code_error[means]"].value, (1 - k) ** 2 * np.mean(z**2) / np.var(z), rtol=1e-3)
    unlabelled = reconstructions.measure(model, from_arrays(X, X))
    assert unlabelled["reconstruction_error"].reason.startswith("a class-conditional model is told the labels")


def test_a_class_has_its_own_samples_and_a_label_for_each_may_be_given(linear):
    model, _, v, _ = linear
    first = model.sample(6, 3, label=0).numpy()
    np.testing.assert_allclose(model.sample(6, 3, label=2) - first, np.tile(v[2] - v[0], (6, 1)), rtol=1e-4, atol=1e-5)
    mixed = model.sample(6, 3, label=[0, 1, 2, 0, 1, 2]).numpy()
    np.testing.assert_allclose(mixed - first, v[[0, 1, 2] * 2] - v[0], rtol=1e-4, atol=1e-5)


def test_the_slope_of_a_critic_is_by_x_alone():
    """Of a linear critic w x + v_y it is |w|, however much the labels weigh."""
    critic = {"name": "wasserstein", "network": LINEAR, "constraint": "gradient_penalty"}
    model = build("gan", approximators={"log_q_x": critic})
    part = model.approximators["log_q_x"]
    weights = np.concatenate([np.full((4, 1), 0.3), [[10.0], [20.0], [-70.0]]]).astype(np.float32)
    kernel(part.network).assign(weights)
    real, fake = (model.given(LABELS).log_densities(tf.constant(x), None) for x in (X, X[::-1]))
    terms = part.losses(real, fake, tf.constant([0, 1]))
    np.testing.assert_allclose(terms["penalty"], (4**0.5 * 0.3 - 1) ** 2, rtol=1e-5)
    # Both are told the same label, so that it drops out of the gap.
    np.testing.assert_allclose(terms["gap"], (X - X[::-1]).sum(1) * 0.3, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.critic(X, LABELS), X.sum(1) * 0.3 + weights[4:, 0][LABELS], rtol=1e-4, atol=1e-5)


def test_an_image_gets_a_channel_that_its_label_makes():
    shown = []

    class Seen(tf.keras.layers.Layer):
        def call(self, inputs, training=False):
            shown.append(inputs)
            return inputs

    network = conditioned.Conditioned(lambda shape: Seen(), (2, 3, 1), CLASSES)
    images = tf.reshape(tf.range(24.0), [4, 2, 3, 1])
    network(images, tf.constant([1, 0]))
    np.testing.assert_array_equal(shown[0][..., :1], images)
    of_label = network.embedding.kernel.numpy().reshape(CLASSES, 2, 3)
    np.testing.assert_allclose(shown[0][..., 1], of_label[[1, 0, 1, 0]], rtol=1e-6)


def test_a_step_by_parts_is_that_of_the_whole_batch():
    after = []
    for parts in (1, 2):
        model = build(optimizers=tiny.sgd(), training={"micro_batches": parts})
        model.train_step((tf.constant(X), tf.constant(LABELS)))
        after.append([variable.numpy() for variable in model.trainable_variables])
    for one, other in zip(*after, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_labels_come_by_all_ways_that_fit_knows():
    data = from_arrays((X - X.min()) / np.ptp(X), labels=LABELS, validation_fraction=0.25)
    ways = (
        lambda: [(tf.constant(X), tf.constant(LABELS))],
        lambda: [{"image": tf.constant(X), "label": tf.constant(LABELS)}],
        lambda: [({"image": tf.constant(X)}, tf.constant(LABELS[:, np.newaxis]))],
    )
    losses = []
    for way in ways:
        losses += [build("vae").train_step(batch)["wake/loss"].numpy() for batch in way()]
    assert len({float(loss) for loss in losses}) == 1
    config = tiny.experiment("vae", **OF_CLASSES)
    config.data.name, config.data.batch_size = "arrays", 4
    model = zoo.build(zoo.config.check(config), data=(X, LABELS))
    assert model.fit(model.data.batches("train", 4, seed=0, labels=True), steps_per_epoch=2, verbose=0).epoch == [0]
    assert data.labels("train") is not None


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda model: model.fit(X, verbose=0), r"class-conditional: give \(x, labels\)"),
        (lambda model: model.fit(X, LABELS + 1, verbose=0), "labels from 0 to 2, found 1 to 3"),
        (lambda model: model.fit(X, LABELS / 2, verbose=0), "whole numbers from 0 to 2, found float64"),
        (lambda model: model.sample(2, 0), r"of 3 classes: give label= \(0 to 2\)"),
        (lambda model: model.sample(2, 0, label=3), "labels from 0 to 2, found 3 to 3"),
        (lambda model: model.posterior(X, label=np.zeros((SIZE, 2), int)), "one label for each example"),
        (lambda model: model.posterior(X, label=LABELS[:4]), "one for each of 8 examples, found 4"),
        (lambda model: model.sample(6, 0, label=[0, 1, 2]), "one for each of 6 examples, found 3"),
        (lambda model: model.reconstruct(X, label=LABELS, new_label=[1, 2]), "one for each of 8 examples, found 2"),
        (lambda model: model.generate(np.zeros((4, tiny.LATENT), "float32"), label=[0, 1]), "each of 4 examples, found 2"),
        (lambda model: model.encode(X, LABELS[:4]), "one for each of 8 examples, found 4"),
        (lambda model: model.encode(X, LABELS / 2), "whole numbers from 0 to 2, found float64"),
        (lambda model: model.encode(X, LABELS + 1), "labels from 0 to 2, found 1 to 3"),
        (lambda model: model.train_step((tf.constant(X), tf.constant(LABELS[:4]))), "one for each of 8 examples, found 4"),
    ],
)
def test_missing_and_wrong_labels_are_one_line(act, told):
    with pytest.raises(ValueError, match=told) as failed:
        act(build("vae"))
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"condition": "label"}, "num_classes: condition label needs"),
        ({"num_classes": 3}, "set config.model.condition to label"),
        (OF_CLASSES | {"prior": {"name": "vamp_prior"}}, "does not go with tied decoders, nor with a prior"),
        (OF_CLASSES | {"approximators": {"log_q_x": tiny.part("approximator", "normalizing_flow")}}, "is not told labels"),
    ],
)
def test_what_is_not_told_labels_is_refused(options, told):
    with pytest.raises(ConfigError, match=told):
        tiny.build("extended_helmholtz", **options)


def test_codes_that_belong_to_no_example_are_refused():
    with pytest.raises(ValueError, match="5 codes or examples cannot be told 2 labels"):
        build("vae").model.given([0, 1]).likelihood(tf.zeros([5, tiny.LATENT]))
    with pytest.raises(ConfigError, match="a joint density is not told labels"):
        tiny.build("contrastive_divergence", **OF_CLASSES)


@pytest.mark.parametrize(("labels", "told"), [(None, "has none"), (np.arange(20) % 4, "found 0 to 3")])
def test_data_without_the_labels_are_refused(labels, told):
    data = from_arrays(np.random.default_rng(0).uniform(size=(20, 4)).astype(np.float32), labels=labels)
    with pytest.raises(ConfigError, match=told):
        conditional.check_data(data, CLASSES)


def test_an_export_takes_labels(tmp_path):
    model = build()
    model.export(tmp_path / "m")
    loaded = zoo.load(tmp_path / "m")
    np.testing.assert_allclose(loaded.sample(4, label=2, seed=5), model.sample(4, 5, label=2), atol=1e-6)
    np.testing.assert_allclose(loaded.reconstruct(X, LABELS), model.reconstruct(X, label=LABELS), atol=1e-6)
    moved = loaded.reconstruct(X, label=LABELS, new_label=1)
    np.testing.assert_allclose(moved, model.reconstruct(X, label=LABELS, new_label=1), atol=1e-6)
    label = tf.constant(LABELS, tf.int32)
    np.testing.assert_allclose(loaded.critic(X, label), model.critic(X, LABELS), atol=1e-4)
    np.testing.assert_allclose(loaded.elbo(X, LABELS, 3), model.elbo(X, LABELS, 3), atol=1e-4)
    code = loaded.prior(SIZE, 0)
    np.testing.assert_allclose(loaded(code, label), model.given(LABELS).generate(code), atol=1e-6)
    signature = loaded.signatures["generate"](z=code, label=tf.constant(1))["output_0"]
    np.testing.assert_allclose(signature, model.given(1).generate(code), atol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match="label: must be from 0 to 2"):
        loaded.sample(4, label=7)
    for ask in (lambda: loaded.sample(6, label=[0, 1, 2]), lambda: loaded.reconstruct(X, LABELS[:4])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="label: must be one, or one for each of"):
            ask()


def test_predictions_are_reconstructions_at_the_labels():
    model = build("vae")
    wanted = model.reconstruct(X, label=LABELS)
    for given in ((X, LABELS), {"image": X, "label": LABELS}):
        np.testing.assert_allclose(model.predict(given, verbose=0), wanted, rtol=1e-5, atol=1e-6)


def test_keras_saves_and_clones_it(tmp_path):
    model = build("vae")
    model.save(tmp_path / "m.keras")
    loaded = zoo.load_model(tmp_path / "m.keras")
    for label in range(CLASSES):
        np.testing.assert_array_equal(loaded.sample(4, 5, label=label), model.sample(4, 5, label=label))


def test_a_run_on_labelled_data_is_measured_and_draws_a_class_in_each_row(tmp_path):
    changes = {"model.condition": "label", "model.num_classes": 10, "training.steps": 20, "training.log_every": 10}
    config = zoo.start_from("vae_digits", changes | {"training.pictures_every": 0, "training.steps_per_execution": 10})
    model = zoo.train(config, tmp_path / "run")
    with Image.open(tmp_path / "run/pictures/samples_00000020.png") as picture:
        # Ten rows of eight images of 8x8 pixels, enlarged four times, with gaps of 2.
        assert picture.size == (8 * 34 - 2, 10 * 34 - 2)
    found = running.evaluate(model, model.data, ["likelihood", "samples", "latent"], {"num_samples": 2, "num_examples": 40})
    assert np.isfinite(found["negative_elbo"].value)
    assert np.isfinite(found["sliced_wasserstein[pixels]"].value)
    assert found["latent"].reason == "latent is not measured of class-conditional models"
    assert not found["latent"].failed
