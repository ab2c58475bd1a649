"""A validation looks at a model and changes nothing: each example's bound is its own, by the statistics of training."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny

BATCH = 6


@pytest.fixture(scope="module")
def model():
    """A VAE whose statistics of normalization are those of data far from the start."""
    normalized = tiny.network("mlp", normalization="batch")
    model = tiny.build("vae", encoder=normalized, decoder=normalized)
    model.fit(tf.data.Dataset.from_tensors(examples(0) * 3 + 5).repeat(20), verbose=0)
    return model


def examples(seed):
    return np.random.default_rng(seed).normal(size=(BATCH, *tiny.VECTOR)).astype("float32")


def bound_of_the_first(model, x):
    mask = np.eye(1, BATCH, dtype="float32")[0]
    dataset = tf.data.Dataset.from_tensors({"x": x, "mask": mask})
    return model.evaluate(dataset, verbose=0, return_dict=True)["negative_elbo"]


def test_a_bound_does_not_depend_on_the_other_examples_of_its_batch(model):
    """Which training, that normalizes by the batch, would not give; the noise of a place in the batch is the same."""
    x, other = examples(1), examples(2) * 10
    other[0] = x[0]
    assert bound_of_the_first(model, other) == pytest.approx(bound_of_the_first(model, x), rel=1e-6)


def test_nothing_of_a_model_is_changed(model):
    before = [variable.numpy() for variable in model.variables]
    bound_of_the_first(model, examples(1))
    for variable, was in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, was)
