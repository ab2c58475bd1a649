"""The measure of log Z and log P(x): exact of a small machine, annealed of one that is too large, and missing elsewhere."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.evaluation import draws, partition, results
from zoo.evaluation.results import Unavailable
from zoo.samplers import partition as sampler

BARS = {"name": "bars", "binarization": "static"}
MACHINE = {"name": "boltzmann_machine", "chains": 0}


def build(**model):
    return zoo.build(zoo.experiment(data=BARS, model={"latent_size": 5, "joint": MACHINE} | model, training={}))


def test_of_a_small_machine_it_is_exact():
    model = build()
    found = partition.measure(model, model.data, num_examples=200)
    x, _ = draws.examples(model.data, 200)
    log_z = sampler.enumerated(model.model.machine.joint())
    values = model.unnormalized_log_p(tf.constant(x)).numpy() - log_z
    assert found["log_z_method"] == "enumeration"
    assert (found["log_z"].value, found["log_z"].standard_error) == (log_z, 0.0)
    np.testing.assert_allclose(found["log_likelihood"].value, values.mean(), rtol=1e-5)
    np.testing.assert_allclose(found["log_likelihood"].standard_error, values.std(ddof=1) / 200**0.5, rtol=1e-4)
    for name in ("log_z_backwards", "log_z_effective_sample_size"):
        assert (found[name].value, found[name].reason) == (None, "log Z was not annealed")
    assert (found["log_likelihood"].count, found["num_examples"]) == (200, 200)


def test_of_a_large_one_it_is_annealed_from_both_sides(monkeypatch):
    model = build()
    exact = sampler.enumerated(model.model.machine.joint())
    monkeypatch.setattr(sampler, "MAX_UNITS", 4)
    found = partition.measure(model, model.data, num_examples=150, annealing_steps=50, annealing_chains=200)
    assert found["log_z_method"] == "annealing"
    for name in ("log_z", "log_z_backwards"):
        assert abs(found[name].value - exact) <= 5 * found[name].standard_error + 1e-3
    assert 0 < found["log_z"].standard_error < found["log_likelihood"].standard_error
    assert 1 < found["log_z_effective_sample_size"].value <= 200
    assert {item.count for name, item in found.items() if name.startswith("log_z") and name != "log_z_method"} == {200}


def test_of_one_chain_there_are_values_without_errors(monkeypatch):
    monkeypatch.setattr(sampler, "MAX_UNITS", 4)
    model = build()
    found = partition.measure(model, model.data, num_examples=20, annealing_steps=5, annealing_chains=1)
    for name in ("log_z", "log_z_backwards", "log_likelihood"):
        assert np.isfinite(found[name].value), name
        assert found[name].standard_error is None
    assert found["log_z_effective_sample_size"].value == 1


def test_coupled_units_are_not_annealed_backwards(monkeypatch):
    monkeypatch.setattr(sampler, "MAX_UNITS", 4)
    model = build(joint=MACHINE | {"hidden_couplings": True})
    found = partition.measure(model, model.data, num_examples=2, annealing_steps=2, annealing_chains=3)
    assert found["log_z_backwards"].reason == "annealing backwards needs units that are independent within each layer"
    assert not found["log_z_backwards"].failed  # it is nothing that went wrong


def test_of_one_example_the_error_is_that_of_log_z():
    model = build()
    assert partition.measure(model, model.data, num_examples=1)["log_likelihood"].standard_error == 0


def test_without_annealing_steps_log_z_is_not_known():
    model = build()
    found = partition.measure(model, model.data, num_examples=20, annealing_steps=0)
    assert found["log_z"].reason == "it was not asked for: --annealing_steps is 0"
    assert found["log_likelihood"].reason == "log Z is not known"
    assert "log_z_method" not in found
    assert not results.reasons(found, failed=True)


def test_coupled_codes_have_no_log_likelihood():
    model = build(joint=MACHINE | {"hidden_couplings": True})
    found = partition.measure(model, model.data, num_examples=20)
    assert found["log_z"].value is not None
    assert "coupled" in found["log_likelihood"].reason


def test_other_models_have_none():
    network = {"name": "mlp", "hidden_sizes": (4,)}
    vae = {"encoder": network, "posterior": "normal", "decoder": network, "likelihood": "bernoulli", "latent_size": 2}
    model = zoo.build(zoo.experiment(data=BARS, model=vae, training={}))
    with pytest.raises(Unavailable, match=r"config\.model\.joint"):
        partition.measure(model, model.data)
