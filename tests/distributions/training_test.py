"""Every prior and posterior with weights of its own trains in a model, is restored from a checkpoint, and is exported."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo.export import export, load
from zoo.training.checkpoints import Checkpoints

LAYERS = {"name": "layered_bernoulli", "sizes": (2, 1)}
BINARY = {"name": "bernoulli", "estimator": "straight_through"}
EHM = "extended_helmholtz"
# Case -> objective, parts, and whose weights the case is about.
CASES = {
    "mixture": ("vae", {"prior": {"name": "mixture", "components": 3}}, "prior"),
    # The sleep phase alone: all that the prior's weights learn, they learn through its samples.
    "implicit mixture": ("gan", {"prior": {"name": "mixture", "components": 3, "gradient": "implicit"}}, "prior"),
    "vamp_prior": (EHM, {"prior": {"name": "vamp_prior", "components": 4}}, "prior"),
    "binary vamp_prior": ("vae", {"posterior": BINARY, "prior": {"name": "vamp_prior", "components": 4}}, "prior"),
    "flow": ("vae", {"prior": {"name": "flow", "layers": 2, "hidden_sizes": (5,)}}, "prior"),
    "bernoulli": ("vae", {"posterior": BINARY, "prior": {"name": "bernoulli", "learned": True}}, "prior"),
    "layered": ("wake_sleep", {"posterior": LAYERS, "prior": LAYERS, "likelihood": "bernoulli"}, "posterior prior"),
    "implicit": (
        "adversarial_autoencoder",
        {"posterior": {"name": "implicit", "feature_size": 4, "hidden_sizes": (5,)}},
        "posterior",
    ),
    "global scale": ("vae", {"likelihood": {"name": "normal", "scale": "global"}}, "likelihood"),
}
X = np.random.default_rng(0).integers(2, size=(16, *tiny.VECTOR)).astype(np.float32)


def build(case, seed=0):
    """The tiny model of a case."""
    objective, parts, _ = CASES[case]
    return tiny.build(objective, training={"seed": seed}, **parts)


def own(case, model):
    """The weights that the case is about."""
    families = [getattr(model, f"{part}_family") for part in CASES[case][2].split()]
    assert all(family.trainable_variables for family in families)
    return [variable for family in families for variable in family.trainable_variables]


@pytest.mark.parametrize("case", CASES)
def test_it_trains_and_comes_back(case, tmp_path):
    model = build(case)
    before = [variable.numpy() for variable in own(case, model)]
    history = model.fit(tf.data.Dataset.from_tensor_slices(X).batch(8), verbose=0).history
    assert all(np.isfinite(values[-1]) for values in history.values())
    for variable, value in zip(own(case, model), before, strict=True):
        assert np.any(variable.numpy() != value), variable.path
    Checkpoints(model, tmp_path / "checkpoints").save()
    restored = build(case, seed=9)
    assert Checkpoints(restored, tmp_path / "checkpoints").restore() == 2
    for variable, again in zip(model.variables, restored.variables, strict=True):
        np.testing.assert_array_equal(variable, again, err_msg=variable.path)
    check_export(case, model, tmp_path / "model")


def check_export(case, model, path):
    """The exported model draws the same, scores the same, and holds the weights to train on."""
    endpoints = export(model, path)
    loaded = load(path)
    np.testing.assert_allclose(loaded.sample(5, seed=1), model.sample(5, 1), rtol=1e-5, atol=1e-6)
    if "encode" in endpoints:
        expected = model.posterior_family.described(model.posterior(X))
        found = loaded.encode(X)
        assert found.keys() == {*expected, "sample"}
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)
    saved = [variable.numpy() for variable in loaded.trainable_variables]
    for variable in own(case, model):
        assert any(np.array_equal(variable, value) for value in saved), variable.path
    if "elbo" in endpoints:
        assert np.all(np.isfinite(loaded.elbo(X)))
