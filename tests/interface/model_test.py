"""The model in memory has what its export has, in its own range; export and card by one call."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.interface.faces import FACES, X, config, critic
from zoo.export import endpoints

Z = np.random.RandomState(1).normal(size=(7, 3)).astype(np.float32)
ARGUMENTS = {
    "encode": lambda x: ((x,), {"seed": 3}),
    "draw": lambda x: ((Z,), {"seed": 3}),
    "log_p_z": lambda x: ((Z,), {}),
    "log_p_x_given_z": lambda x: ((x, Z), {}),
    "log_q_z_given_x": lambda x: ((x, Z), {}),
    "elbo": lambda x: ((x,), {"seed": 3}),
    "log_prob": lambda x: ((x,), {"num_samples": 4, "seed": 3}),
    "critic": lambda x: ((x,), {}),
}


@pytest.fixture(scope="module", params=["unit", "symmetric"])
def both(request, tmp_path_factory):
    """(a model in memory, its export)."""
    changes = {"data.value_range": request.param, "model.likelihood.loc_activation": "linear"}
    model = zoo.build(config("ehm_digits", **critic(), **changes), data=FACES)
    path = tmp_path_factory.mktemp("exports") / request.param
    model.export(path)
    return model, zoo.load(path)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_endpoint_in_memory_is_that_of_the_export(name, both):
    model, exported = both
    inside, named = ARGUMENTS[name](model.preprocessing.from_unit(X).numpy())
    outside, _ = ARGUMENTS[name](X)
    found, wanted = getattr(model, name)(*inside, **named), getattr(exported, name)(*outside, **named)
    if name == "draw":
        found = model.preprocessing.to_unit(found)
    for first, second in zip(tf.nest.flatten(found), tf.nest.flatten(wanted), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-4)


def test_every_endpoint_of_the_contract_is_there(both):
    model, _ = both
    for name in endpoints.names(model):
        assert callable(getattr(model, name))
        assert name in dir(model)
    assert model.encode.__doc__ == endpoints.Endpoints.encode.__doc__


def test_grey_levels_are_taken_too_and_may_lack_their_channel(both):
    model, _ = both
    wanted = model.encode(model.preprocessing.from_unit(X))["loc"]
    for raw in (FACES[:7], FACES[:7, ..., None], {"image": FACES[:7]}, FACES[:7].astype(np.int64)):
        np.testing.assert_allclose(model.encode(raw)["loc"], wanted, rtol=1e-4, atol=1e-5)


def test_methods_of_the_model_take_them_as_well(both):
    model, _ = both
    x = model.preprocessing.from_unit(X)
    wanted = model.model.reconstruct(x)
    for raw in (FACES[:7], {"image": FACES[:7]}, np.asarray(x, np.float64)[..., 0]):
        np.testing.assert_allclose(model.reconstruct(raw), wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(model.posterior(x=raw).mean(), model.model.posterior(x).mean(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.generate(Z.astype(np.float64)), model.model.generate(Z), rtol=1e-5)
    with pytest.raises(ValueError, match=r"^expected x of shape .* found \(7, 5, 6, 1\)$"):
        model.reconstruct(X[:, :5])
    with pytest.raises(ValueError, match=r"^expected codes of 3 numbers, found shape \(2, 4\)$"):
        model.generate(np.zeros((2, 4)))


def test_what_a_model_cannot_have_is_told():
    gan = zoo.build("gan_rings", event_shape=(2,))
    with pytest.raises(AttributeError, match="this model has no encode: it has generate, sample, prior, draw"):
        gan.encode(np.zeros((1, 2)))
    assert not hasattr(gan, "elbo")
    assert "elbo" not in dir(gan)


def test_an_export_by_one_call_is_of_the_averages_and_carries_the_config(tmp_path):
    model = zoo.build(config(**{"training.ema": 0.5}), data=FACES)
    model.fit(X, batch_size=7, epochs=3, verbose=0)
    zoo.export(model, tmp_path / "faces")
    loaded = zoo.load(tmp_path / "faces")
    with model.averaged():
        averaged = model.generate(Z)
    np.testing.assert_allclose(loaded.generate(Z), averaged, rtol=1e-4, atol=1e-5)
    assert np.abs(model.generate(Z) - averaged).max() > 1e-4
    card = (tmp_path / "faces" / "README.md").read_text()
    assert '"latent_size": 3' in card
    with pytest.raises(FileExistsError, match="exists already"):
        model.export(tmp_path / "faces")
    with pytest.raises(ValueError, match="is exported as tf_saved_model, not as 'onnx'"):
        model.export(tmp_path / "other", format="onnx")
