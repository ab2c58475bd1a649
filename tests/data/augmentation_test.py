"""Augmentation: which images come out, how often, and that they are a function of seed and step alone."""

import numpy as np
import pytest

import zoo
import zoo.data
from zoo.config import ConfigError
from zoo.data import Augmentation
from zoo.models.options import Options

N, HEIGHT, WIDTH = 2000, 5, 4
IMAGE = np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH, 1)
X = np.tile(IMAGE, (N, 1, 1, 1))


def counts(found, candidates):
    """How many of the images equal each candidate; each has to equal one."""
    rows = [(found == candidate).all((1, 2, 3)) for candidate in candidates]
    assert np.sum(rows) == N
    return np.sum(rows, 1)


def check(found, share):
    """5 standard errors of a share."""
    assert np.abs(found / N - share).max() < 5 * np.sqrt(share * (1 - share) / N)


def moved(down, right):
    """The image moved, with its edges repeated."""
    rows = np.clip(np.arange(HEIGHT) - down, 0, HEIGHT - 1)
    return IMAGE[rows][:, np.clip(np.arange(WIDTH) - right, 0, WIDTH - 1)]


def test_half_of_the_images_are_mirrored():
    found = Augmentation(flip=True)(X, (0, 0)).numpy()
    check(counts(found, [IMAGE, IMAGE[:, ::-1]]), 1 / 2)


def test_shifts_are_uniform_in_both_directions():
    found = Augmentation(shift=1)(X, (0, 0)).numpy()
    candidates = [moved(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    check(counts(found, candidates), 1 / 9)


def test_both_at_once_are_independent():
    found = Augmentation(flip=True, shift=1)(X, (0, 0)).numpy()
    shifted = [moved(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    # A mirrored image that is moved is the mirror image of one that is moved the other way.
    check(counts(found, shifted + [image[:, ::-1] for image in shifted]), 1 / 18)


def test_a_seed_makes_the_same_and_another_another():
    first, again, other = (Augmentation(True, 1)(X[:50], seed).numpy() for seed in ((0, 1), (0, 1), (0, 2)))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(Augmentation()(X, (0, 0)), X)


def config(**data):
    mlp = {"name": "mlp", "hidden_sizes": (4,)}
    parts = {"encoder": mlp, "posterior": "normal", "decoder": mlp, "likelihood": "normal", "latent_size": 2}
    training = {"jit_compile": "off", "steps_per_execution": 1}
    return zoo.experiment(data={"name": "digits", "batch_size": 30} | data, model=parts, training=training)


def test_training_sees_changed_images_and_validation_does_not():
    model = zoo.build(config(augment_flip=True, augment_shift=2))
    assert model.training_step.options.augmented == Augmentation(True, 2)
    plain = zoo.build(config(), data=model.data)
    batch = next(iter(model.data.batches("train", 30, seed=0)))
    losses = [each.train_on_batch(batch, return_dict=True)["wake/loss"] for each in (model, plain)]
    assert losses[0] != losses[1]
    fresh = [zoo.build(each, data=model.data) for each in (config(augment_flip=True), config())]
    held_out = model.data.ordered_batches("test", 30)
    values = [each.evaluate(held_out, verbose=0, return_dict=True) for each in fresh]
    assert values[0] == values[1]


WRONG = {
    "flipped vectors": ({"name": "toy4", "augment_flip": True}, r"augment_flip: needs images, found examples of shape \(2,\)"),
    "shifted vectors": ({"name": "toy4", "augment_shift": 1}, "augment_shift: needs images"),
    "too far": ({"augment_shift": 8}, "augment_shift: must be below the 8 pixels of a side, found 8"),
    "backwards": ({"augment_shift": -1}, "augment_shift: must be at least 0"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_changed_is_refused(what):
    data, reason = WRONG[what]
    with pytest.raises(ConfigError, match=rf"^config\.data\.{reason}"):
        zoo.build(config(**data))


def test_a_step_without_images_is_not_changed():
    assert Options(seed=0, clip_norm=0.0, ema=0.0, micro_batches=1, critic_steps={}).augmented == Augmentation()
