"""Classifiers on an exported encoder: frozen and fine-tuned on scikit-learn's digits."""

import json
import shutil

import keras
import numpy as np
import pytest
from scipy import special
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import zoo
from tests.export import families
from tests.export.tools_test import assert_refused, run
from zoo import data as data_sets
from zoo.data.dataset import Dataset, Split
from zoo.evaluation import classifier
from zoo.evaluation.exported import Exported
from zoo.export import fine_tuning, untrained
from zoo.export.accuracies import Accuracies
from zoo.training.workdir import Workdir


def load(name):
    return data_sets.load(zoo.experiment(data={"name": name}, model=families.VAE, training={}).data, None)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def test_examples_are_images_in_the_unit_range_with_their_labels(digits):
    (images, labels), (test_images, test_labels) = fine_tuning.examples(digits, 20, seed=1)
    assert images.shape == (20, 8, 8, 1)
    assert images.dtype == np.float32
    assert images.min() == 0
    assert images.max() == 1
    assert len(test_images) == len(test_labels) == 297
    split = digits.splits["train"]
    for image, label in zip(images, labels, strict=True):
        (row,) = np.flatnonzero((np.abs(split.array / 16 - image) < 1e-6).all((1, 2, 3)))
        assert split.labels[row] == label
    other, _ = fine_tuning.examples(digits, 20, seed=2)
    assert not np.array_equal(other[0], images)


def test_from_one_label_to_all_of_them_may_be_asked_for(digits):
    fine_tuning.check(digits, [1, 1350])


@pytest.mark.parametrize("count", [1351, 2_000, 0, -1, -1_000])
def test_numbers_of_labels_that_cannot_be(digits, count):
    with pytest.raises(ValueError, match=f"must be from 1 to 1350, the training examples of digits; found {count}"):
        fine_tuning.examples(digits, count, seed=0)


def test_vectors_are_given_as_they_are():
    toy = load("toy4")
    rows = np.arange(7)
    np.testing.assert_array_equal(fine_tuning.unit_images(toy, "test", rows), toy.splits["test"].array[rows])
    (images, labels), _ = fine_tuning.examples(toy, 11, seed=0)
    found = [np.flatnonzero((toy.splits["train"].array == image).all(1)) for image in images]
    np.testing.assert_array_equal([toy.splits["train"].labels[row] for (row,) in found], labels)


def test_data_without_labels(digits):
    bare = Dataset("bare", {name: Split(split.array) for name, split in digits.splits.items()}, digits.preprocessing)
    with pytest.raises(ValueError, match="data set bare has no labels to classify by"):
        fine_tuning.check(bare, [10])


def labelled(train, test):
    x = np.zeros((max(len(train), len(test)), 2, 2, 1), np.uint8)
    splits = {"train": Split(x[: len(train)], np.array(train)), "test": Split(x[: len(test)], np.array(test))}
    return Dataset("mine", splits, data_sets.Preprocessing((2, 2, 1), 256))


CLASSES = {
    "one example": ([0, 0, 1], [0], "has one training example of class 1; a class needs two"),
    "one class": ([3, 3, 3], [3], "has 1 class to train on"),
    "unseen": ([0, 0, 1, 1], [0, 2], "has no training example of class 2, which is tested"),
}


@pytest.mark.parametrize("what", CLASSES)
def test_classes_that_no_classifier_can_learn(what):
    train, test, reason = CLASSES[what]
    data = labelled(train, test)
    with pytest.raises(ValueError, match=f"data set mine {reason}"):
        fine_tuning.check(data, [1])
    with pytest.raises(ValueError, match=f"--data mine {reason}"):
        classifier.train(data)


def test_the_tool_says_what_cannot_be_before_a_model_is_loaded(tmp_path, digits):
    """There is no checkpoint, which would be said next."""
    workdir = Workdir(tmp_path)
    workdir.write(zoo.experiment(data={"name": "digits"}, training={}, model=families.VAE), digits.preprocessing)
    process = run("fine_tune", "--workdir", tmp_path, "--num_labels=10,-1000")
    assert_refused(process, "must be from 1 to 1350, the training examples of digits; found -1000")


@pytest.mark.slow  # a process each
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "give either --workdir, the folder of a run, or --model, an exported model"),
        (("--model", "wgan_gp_digits"), "wgan_gp_digits holds a model without an encoder"),
        (("--model", "vae_digits", "--num_labels", "ten"), "--num_labels: must be whole numbers with commas between them"),
    ],
)
def test_the_tool_refuses(arguments, reason):
    assert_refused(run("fine_tune", *arguments), reason)


@pytest.mark.slow  # two processes
def test_the_tool_goes_on_from_its_lines(tmp_path):
    arguments = ("--model", "vae_digits", "--num_labels", "50", "--steps", "5", "--output", tmp_path / "lines.jsonl")
    first = run("fine_tune", *arguments, "--seeds", "1")
    lines = (tmp_path / "lines.jsonl").read_text()
    again = run("fine_tune", *arguments, "--seeds", "2", "--format", "table")
    assert (tmp_path / "lines.jsonl").read_text().startswith(lines)
    assert len((tmp_path / "lines.jsonl").read_text().splitlines()) == 2
    told = json.loads(first.stdout)["num_labels"]["50"]
    assert {setup: found["accuracy"] for setup, found in told.items()} == json.loads(lines)["accuracies"]
    assert again.stdout.startswith("accuracy of vae_digits on digits, over 2 seeds")


def test_fine_tuning_beats_a_frozen_encoder_that_knows_nothing(exported, digits, monkeypatch, capsys):
    """An untrained encoder in both places: frozen, its four numbers say little; trained, it is a classifier."""
    path = exported.path("vae")
    for setup, rate in dict.fromkeys(fine_tuning.RATES, 1e-2).items():
        monkeypatch.setitem(fine_tuning.RATES, setup, rate)
    found = fine_tuning.compare(path, path, digits, 200, seed=0, steps=300)
    assert capsys.readouterr().out == ""
    assert found.keys() == {"frozen", "fine_tuned", "from_scratch"}
    assert found["fine_tuned"] == pytest.approx(found["from_scratch"], abs=0.04)
    assert found["fine_tuned"] > 0.8
    assert 0.1 < found["frozen"] < found["fine_tuned"] - 0.1


def test_the_seed_tells_the_weights_at_the_start(exported, monkeypatch):
    """Those of the dense layer, when there is no step of training."""
    starts = []
    monkeypatch.setitem(fine_tuning.RATES, "from_scratch", 0.0)
    monkeypatch.setattr(
        fine_tuning.keras.Model,
        "evaluate",
        lambda model, *_, **__: starts.append(model.layers[-1].get_weights()[0]) or {"accuracy": 0.0},
    )
    examples = np.zeros((20, 8, 8, 1), np.float32), np.arange(20) % 10
    for seed in (3, 3, 4):
        fine_tuning.accuracy(exported.path("vae"), examples, examples, "from_scratch", seed=seed)
    first, again, other = starts
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.slow
def test_a_trained_encoder_pays_with_few_labels(digits, tmp_path):
    """The pretrained VAE with 100 labels, against the same networks untrained: by more than 3 points in the mean of 2 seeds."""
    twin, model = tmp_path / "twin", Exported(zoo.load("vae_digits"))
    untrained.write(untrained.config_of("vae_digits"), model.event_shape, model.preprocessing, twin)
    found = [fine_tuning.compare("vae_digits", twin, digits, 100, seed, steps=200) for seed in range(2)]
    gain = np.mean([each["fine_tuned"] - each["from_scratch"] for each in found])
    assert gain > 0.03


def test_a_probe_is_the_logistic_regression_that_it_was_made_of():
    """As one linear map of codes that were not scaled; a class without a label is all but impossible."""
    codes = np.random.RandomState(0).normal(3.0, [1.0, 20.0], size=(60, 2)).astype(np.float32)
    labels = np.array([0, 2, 3] * 20)
    kernel, bias = fine_tuning.probe(codes, labels, 5)
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(codes, labels)
    logits = codes @ kernel + bias
    np.testing.assert_allclose(special.softmax(logits[:, [0, 2, 3]], 1), fitted.predict_proba(codes), atol=1e-5)
    np.testing.assert_array_equal(logits[:, [1, 4]], fine_tuning.UNSEEN)
    two = (labels > 0).astype(int)
    kernel, bias = fine_tuning.probe(codes, two, 2)
    expected = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(codes, two).predict_proba(codes)
    np.testing.assert_allclose(special.softmax(codes @ kernel + bias, 1), expected, atol=1e-5)


def test_a_frozen_encoder_has_the_accuracy_of_its_probe(monkeypatch):
    """Of an encoder that gives the pixels; one class is in the test alone."""
    monkeypatch.setattr(fine_tuning, "as_layer", lambda handle, name, trainable: keras.layers.Flatten())
    asked, probe = [], fine_tuning.probe
    monkeypatch.setattr(fine_tuning, "probe", lambda *given: asked.append(given[-1]) or probe(*given))
    generator = np.random.default_rng(0)
    images, test = (generator.random((count, 2, 2, 1), np.float32) for count in (60, 40))
    labels = (images[:, 0, 0, 0] + 0.3 * generator.random(60) > 0.6).astype(int)
    expected = (test[:, 0, 0, 0] > 0.5).astype(int)
    expected[0] = 2
    found = fine_tuning.accuracy(None, (images, labels), (test, expected), "frozen", seed=0)
    assert asked == [3]
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(images.reshape(60, 4), labels)
    assert found == pytest.approx(np.mean(fitted.predict(test.reshape(40, 4)) == expected))


@pytest.mark.parametrize("setup", ["fine_tuned", "from_scratch"])
def test_a_trained_encoder_is_trained_on_at_its_own_rate_and_averaged(setup, monkeypatch):
    told = {}

    def encoder(handle, name, trainable):
        told["encoder"] = handle, name, trainable
        return keras.layers.Flatten()

    def compile(model, optimizer, loss, metrics, jit_compile):
        told["optimizer"], told["loss"], told["compiled"] = optimizer.get_config(), loss.get_config(), (metrics, jit_compile)
        told["head"] = model.layers[-1].get_weights()

    def fit(model, batches, steps_per_epoch, shuffle, verbose):
        told["batches"], told["fit"] = list(batches.take(4)), (steps_per_epoch, verbose)

    def evaluate(model, x, y, **options):
        told["tested"] = x, y
        return {"accuracy": 0.75}

    for name, function in (("compile", compile), ("fit", fit), ("evaluate", evaluate)):
        monkeypatch.setattr(keras.Model, name, function)
    monkeypatch.setattr(fine_tuning, "as_layer", encoder)
    images, labels = np.random.default_rng(0).random((60, 2, 2, 1), np.float32), np.arange(60) % 3
    assert fine_tuning.accuracy("mine", (images, labels), (images, labels), setup, seed=4, steps=17) == 0.75
    assert told["encoder"] == ("mine", "encoder", True)
    adam = told["optimizer"]
    assert adam["learning_rate"] == pytest.approx(fine_tuning.RATES[setup])
    assert (adam["use_ema"], adam["ema_momentum"]) == (True, 0.99)
    assert (told["loss"]["from_logits"], told["compiled"], told["fit"]) == (True, (["accuracy"], False), (17, 0))
    # The whole set again and again, in batches of 50 of a new order each time.
    seen = np.concatenate([batch.numpy() for batch, _ in told["batches"]])
    assert [len(batch) for batch, _ in told["batches"]] == [50] * 4
    first, second = seen[:60], seen[60:120]
    for one in (first, second):
        np.testing.assert_array_equal(np.sort(one[:, 0, 0, 0]), np.sort(images[:, 0, 0, 0]))
    assert not np.array_equal(first, images)
    assert not np.array_equal(first, second)
    kernel, _ = fine_tuning.probe(images.reshape(60, 4), labels, 3)
    assert np.allclose(told["head"][0], kernel) == (setup == "fine_tuned")
    np.testing.assert_array_equal(told["tested"][0], images)


def test_three_setups_are_compared_on_the_same_labels(digits, monkeypatch):
    told = []

    def accuracy(handle, train, test, setup, *, seed, **options):
        told.append((handle, len(train[0]), len(test[0]), seed, options))
        return len(told)

    monkeypatch.setattr(fine_tuning, "accuracy", accuracy)
    found = fine_tuning.compare("trained", "untrained", digits, 100, 3, steps=5)
    assert found == {"frozen": 1, "fine_tuned": 2, "from_scratch": 3}
    assert told == [(handle, 100, 297, 3, {"steps": 5}) for handle in ("trained", "trained", "untrained")]


def test_labels_of_one_class_teach_nothing(digits):
    seed = next(s for s in range(1000) if len(set(labels_of(digits, s))) == 1)
    with pytest.raises(ValueError, match=f"the 2 labels of seed {seed} are of one class; raise --num_labels"):
        fine_tuning.examples(digits, 2, seed)


def labels_of(data, seed):
    chosen = np.random.RandomState(seed).permutation(data.splits["train"].size)[:2]
    return np.asarray(data.splits["train"].labels)[chosen].tolist()


def test_the_untrained_twin_has_the_config_of_the_card(exported, tmp_path):
    assert untrained.config_of("vae_digits").model.objective.name == "vae"
    assert untrained.config_of("vae_digits").data.name == "digits"
    folder = shutil.copytree(exported.path("vae"), tmp_path / "model")
    (folder / "README.md").write_text("# A card\n\n## Training\n\nThe config is not recorded.\n")
    with pytest.raises(ValueError, match="its card holds no config; give the run, by --workdir"):
        untrained.config_of(folder)
    (folder / "README.md").write_text('# A card\n\n## Training\n\n```json\n{"model": {}}\n```\n')
    with pytest.raises(ValueError, match="the config on its card cannot be used"):
        untrained.config_of(folder)


ABOUT = {"model": "mine", "steps": 7}
FOUND = {"frozen": 0.5, "fine_tuned": 0.75}


def test_accuracies_are_kept_line_by_line_and_taken_up_again(tmp_path):
    path = tmp_path / "kept.jsonl"
    first, other = Accuracies(ABOUT, path), Accuracies(ABOUT | {"steps": 8}, path)
    first.add(100, 0, FOUND)
    other.add(100, 0, {"frozen": 0.25})
    first.add(100, 1, {name: value + 0.1 for name, value in FOUND.items()})
    again = Accuracies(ABOUT, path)
    assert again.found == first.found
    summary = again.summary(100, range(2))
    assert summary["frozen"]["accuracy"] == pytest.approx(0.55)
    assert summary["frozen"]["standard_deviation"] == pytest.approx(0.1 / 2**0.5)
    assert again.summary(100, [0])["fine_tuned"] == {"accuracy": 0.75, "standard_deviation": None}
    assert Accuracies(ABOUT | {"model": "another"}, path).found == {}


def test_a_line_that_was_cut_off_is_forgotten_and_another_file_is_refused(tmp_path):
    path = tmp_path / "kept.jsonl"
    kept = Accuracies(ABOUT, path)
    for seed in range(3):
        kept.add(100, seed, FOUND)
    whole = path.read_text()
    path.write_text(whole + whole[:20])
    again = Accuracies(ABOUT, path)
    assert again.found == {(100, seed): FOUND for seed in range(3)}
    assert path.read_text() == whole
    path.write_text(whole[:-1])  # the last line is whole, and its end is not
    again = Accuracies(ABOUT, path)
    again.add(100, 3, FOUND)
    assert Accuracies(ABOUT, path).found == {(100, seed): FOUND for seed in range(4)}
    path.write_text("another file\n" + whole)
    with pytest.raises(ValueError, match=r"kept\.jsonl, line 1, holds no accuracies; give another file"):
        Accuracies(ABOUT, path)
