"""Features: pixels, networks of others, the project's classifier; and what does not fit is said in one line."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import data
from zoo.evaluation import classifier, features, samples

IMAGES = np.random.default_rng(0).random((30, 8, 8, 1)).astype(np.float32)


def save(path, function, shape=(8, 8, 1), **more):
    """A SavedModel that is called."""
    spec = tf.TensorSpec([None, *shape], tf.float32)
    tf.saved_model.save(tf.train.Checkpoint(**{"__call__": tf.function(function, input_signature=[spec])} | more), str(path))
    return str(path)


def test_pixels_are_the_values():
    np.testing.assert_array_equal(features.load("pixels")(IMAGES), IMAGES.reshape(30, 64).astype(np.float64))


def test_a_network_of_others_is_called_and_named_by_its_folder(tmp_path):
    net = features.load(save(tmp_path / "means", lambda x: tf.reduce_mean(x, [1, 2])))
    assert net.name == "means"
    assert len(net.hash) == 12
    np.testing.assert_allclose(net(IMAGES), IMAGES.mean((1, 2)), rtol=1e-6)
    assert not net.classifies


def test_the_hash_is_that_of_the_network(tmp_path):
    def weighted(name, value):
        weight = tf.Variable(value)

        def function(x):
            return weight * tf.reduce_mean(x, [1, 2])

        return features.load(save(tmp_path / name, function, weight=weight)).hash

    first = weighted("first", 1.0)
    assert features.load(str(tmp_path / "first")).hash == first
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    assert features.load(str(tmp_path / "copy")).hash == first
    second = weighted("second", 2.0)
    assert second != first
    # The same graph with other weights is another network.
    shutil.copytree(tmp_path / "second" / "variables", tmp_path / "copy" / "variables", dirs_exist_ok=True)
    assert features.load(str(tmp_path / "copy")).hash not in {first, second}


@pytest.fixture(scope="module")
def digits():
    return data.load(zoo.experiment(data={"name": "digits"}, model={}, training={}).data)


def test_what_does_not_fit_is_one_line_for_every_figure(digits, tmp_path):
    net = features.load(save(tmp_path / "large", lambda x: tf.reduce_mean(x, [1, 2]), shape=(28, 28, 1)))
    found = samples.scores(net, digits, IMAGES, IMAGES, 0)
    assert "frechet_distance[large]" in found
    for result in found.values():
        assert result.failed
        assert result.reason.endswith("its input does not fit")


def test_features_that_are_no_numbers_are_one_line(digits, tmp_path):
    net = features.load(save(tmp_path / "bad", lambda x: tf.reduce_mean(x, [1, 2]) / 0.0 * 0.0))
    found = samples.scores(net, digits, IMAGES, IMAGES, 0)
    assert "NaN" in found["kernel_distance[bad]"].reason


def test_a_classifier_without_answers_says_so_under_their_names(digits):
    class Dumb(features.Features):
        classifies = True

        def logits(self, x):
            raise ValueError("it has lost its tongue")

    found = samples.scores(Dumb("pixels"), digits, IMAGES, IMAGES, 0)
    for name in ("classifier_entropy", "class_balance_entropy", "rarest_class"):
        assert found[f"{name}[pixels]"].reason == "it has lost its tongue"
        assert found[f"{name}[pixels]"].failed
    assert found["sliced_wasserstein[pixels]"].value == 0


def test_a_path_without_a_network_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must be pixels, or the folder of a SavedModel"):
        features.load(str(tmp_path))


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("classifiers") / "of" / "tests" / "digits"
    *networks, accuracy = classifier.train(digits, epochs=15)
    classifier.save(path, "classifier:digits", *networks, accuracy)
    return path, accuracy


def test_the_classifier_learns_and_gives_features_and_answers(trained, digits):
    path, accuracy = trained
    # Of ten classes; a nearest neighbour has 98% here.
    assert accuracy > 0.9
    net = features.load(str(path))
    assert net.name == "classifier:digits"
    assert net.classifies
    assert json.loads((path / "features.json").read_text())["accuracy"] == accuracy
    x = digits.splits["test"].array / 16
    assert net(x).shape == (297, classifier.FEATURES)
    assert net.logits(x).shape == (297, 10)
    np.testing.assert_array_equal(net.logits(x), net.logits(x))  # without the dropout of training
    assert np.mean(net.logits(x).argmax(1) == digits.labels("test")) == pytest.approx(accuracy)


def test_a_classifier_tells_how_sure_and_how_balanced_samples_are(trained, digits):
    net = features.load(str(trained[0]))
    x = digits.splits["test"].array / 16
    everything = samples.scores(net, digits, x, x, 0)
    one_class = samples.scores(net, digits, x, x[digits.labels("test") == 3], 0)
    name = "class_balance_entropy[classifier:digits]"
    assert one_class[name].value < 1 < everything[name].value <= np.log(10)
    assert everything["classifier_entropy[classifier:digits]"].value < 1
    assert everything["precision[classifier:digits]"].value == 1


def test_a_classifier_is_saved_with_signatures_in_whatever_folder_and_trained_by_its_seed(digits, tmp_path, capsys):
    small = data.from_arrays(IMAGES, labels=np.arange(30) % 3)
    first, again = (classifier.train(small, epochs=1, seed=3) for _ in range(2))
    assert capsys.readouterr().out == ""
    for one, other in zip(first[1].get_weights(), again[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("one", "two"):
        classifier.save(tmp_path / "new" / "folder" / name, name, *first)
    loaded = tf.saved_model.load(str(tmp_path / "new" / "folder" / "two"))
    assert set(loaded.signatures) == {"features", "logits"}


def test_the_noise_of_a_classifiers_examples_is_by_its_seed():
    split = data.Split((255 * IMAGES).astype(np.uint8), np.zeros(30, np.int64))
    preprocessing = data.Preprocessing(event_shape=(8, 8, 1), levels=256, binarization="dynamic")
    binarized = data.Dataset("noise", {"train": split, "test": split}, preprocessing)
    first, again, other = (classifier._unit_examples(binarized, "test", seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_parts_of_the_training_examples_are_disjoint_and_make_the_whole(digits, monkeypatch):
    learned = []
    monkeypatch.setattr(classifier.keras.Model, "fit", lambda model, x, labels, **_: learned.append((x, labels)))
    for seed, part in enumerate([{}, {"part": (1, 2)}, {"part": (2, 2)}]):
        classifier.train(digits, seed=seed, **part)
    (whole, labels), *halves = ((x.reshape(len(x), -1), y) for x, y in learned)
    both = np.concatenate([np.column_stack(half) for half in halves])
    expected = np.column_stack([whole, labels])
    assert abs(len(halves[0][0]) - len(halves[1][0])) <= 1
    np.testing.assert_array_equal(both[np.lexsort(both.T)], expected[np.lexsort(expected.T)])
    assert len(set(halves[0][1])) == 10  # not sorted by label


@pytest.mark.parametrize(("part", "size", "batch", "steps"), [((1, 1), 1350, 128, 33), ((2, 20), 68, 68, 3)])
def test_it_learns_in_batches_at_a_rate_that_falls_to_0(digits, monkeypatch, part, size, batch, steps):
    told = {}

    def compile(model, optimizer, loss, **options):
        told["optimizer"], told["loss"], told["compiled"] = optimizer, loss, options

    def fit(model, x, labels, **options):
        told["x"], told["labels"], told["fit"] = x, labels, options

    monkeypatch.setattr(classifier.keras.Model, "compile", compile)
    monkeypatch.setattr(classifier.keras.Model, "fit", fit)
    features_net, logits_net, accuracy = classifier.train(digits, epochs=3, seed=0, part=part)
    assert (features_net.output_shape, logits_net.output_shape) == ((None, 128), (None, 10))
    assert told["fit"] == {"batch_size": batch, "epochs": 3, "verbose": 0}
    assert told["compiled"] == {"jit_compile": False}
    rate = told["optimizer"].get_config()["learning_rate"]["config"]
    assert (rate["initial_learning_rate"], rate["decay_steps"], rate["alpha"]) == (classifier.LEARNING_RATE, steps, 0)
    assert told["loss"].get_config()["from_logits"]
    assert (len(told["x"]), len(told["labels"]), told["x"].max()) == (size, size, 1)
    x, labels = digits.splits["test"].array / 16, digits.labels("test")
    assert accuracy == np.mean(logits_net.predict(x.astype(np.float32), verbose=0).argmax(1) == labels)


def test_a_seed_tells_the_weights_that_a_classifier_begins_with(digits, monkeypatch, tmp_path):
    begun = []
    monkeypatch.setattr(classifier.keras.Model, "fit", lambda model, *_, **__: begun.append(model.get_weights()[0]))
    for seed in (0, 0, 1):
        *networks, accuracy = classifier.train(digits, seed=seed)
    np.testing.assert_array_equal(begun[0], begun[1])
    assert np.abs(begun[0] - begun[2]).max() > 1e-3
    classifier.save(tmp_path / "beside others", "untrained", *networks, accuracy)
    assert features.load(str(tmp_path / "beside others")).name == "untrained"


def test_data_without_labels_or_images_is_refused(digits):
    unlabelled = data.Dataset(
        "mine", {name: data.Split(digits.splits[name].array) for name in ("train", "test")}, digits.preprocessing
    )
    with pytest.raises(ValueError, match="--data mine"):
        classifier.train(unlabelled)
    toy = data.load(zoo.experiment(data={"name": "rings"}, model={}, training={}).data)
    with pytest.raises(ValueError, match="needs images with labels"):
        classifier.train(toy)


def test_a_classifier_is_not_overwritten(tmp_path):
    with pytest.raises(FileExistsError, match="exists already"):
        classifier.save(tmp_path, "name", None, None, 0.0)
