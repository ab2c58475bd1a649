"""An exported Boltzmann machine, called where there is no zoo: its endpoints are the model's own."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.models.boltzmann_machine_test import build, states
from zoo import noise
from zoo.export import export, load
from zoo.export.energy_endpoints import EnergyEndpoints
from zoo.samplers import partition

X, Z = states(4)[:5].astype("float32"), states(3).astype("float32")
# In a process of its own, with TensorFlow alone.
PROGRAM = """
import pickle, sys
import tensorflow as tf
sys.modules["zoo"] = sys.modules["tensorflow_probability"] = None
m = tf.saved_model.load(sys.argv[1])
x, z = pickle.load(open(sys.argv[2], "rb"))
found = {"encode": m.encode(x, 3), "generate": m.generate(z), "reconstruct": m.reconstruct(x), "sample": m.sample(6, 3, 7)}
found |= {"encode_mean": m.encode_mean(x), "prior": m.prior(6, seed=3, num_steps=7), "draw": m.draw(z, 3), "decoder": m(z)}
found["encoder"] = m.encoder(x, training=True)
if "log_prob" in m.signatures:
    found |= {"free_energy": m.free_energy(x), "log_prob": m.log_prob(x)}
numbers = {"num_samples": tf.constant(6), "seed": tf.constant(3), "num_steps": tf.constant(7)}
found["signature"] = m.signatures["sample"](**numbers)["output_0"]
found["default"] = m.sample(6)
pickle.dump(tf.nest.map_structure(lambda t: t.numpy(), found), open(sys.argv[3], "wb"))
"""


CASES = [
    pytest.param({}, marks=pytest.mark.slow),
    pytest.param({"chains": 0}, marks=pytest.mark.slow),
    {"hidden_couplings": True, "visible_couplings": True},
]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request, tmp_path_factory):
    """(the model, what it gave elsewhere, where it is)."""
    folder, model = tmp_path_factory.mktemp("energy"), build(**request.param)
    export(model, folder / "model")
    (folder / "given").write_bytes(pickle.dumps((X, Z)))
    command = [sys.executable, "-I", "-c", PROGRAM, *(str(folder / name) for name in ("model", "given", "found"))]
    subprocess.run(command, check=True, capture_output=True)
    return model, pickle.loads((folder / "found").read_bytes()), folder / "model"


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_every_endpoint_is_the_models_own(case):
    model, found, _ = case
    machine = model.model.machine
    close(found["encode"]["probs"], model.model.hidden_mean(X))
    np.testing.assert_array_equal(found["encode_mean"], np.round(found["encode"]["probs"]))
    np.testing.assert_array_equal(found["encode"]["sample"], machine.clamped(X, noise.seed_for(0, 3, "encode")))
    close(found["encoder"], model.model.hidden_mean(X))
    close(found["generate"], model.generate(Z))
    close(found["decoder"], model.generate(Z))
    close(found["reconstruct"], model.reconstruct(X))
    close(found["sample"], model.sample(6, 3, num_steps=7))
    close(found["signature"], found["sample"])
    np.testing.assert_array_equal(found["prior"], machine.fantasies(6, noise.seed_for(0, 3, "fantasies"), 7)[1])
    np.testing.assert_array_equal(found["draw"], machine.drawn(Z, noise.seed_for(0, 3, "draw")))
    assert found["default"].shape == (6, 4)


def test_log_prob_is_normalized_by_the_log_z_of_the_export(case):
    model, found, path = case
    if not model.has_posterior:
        assert {"free_energy", "log_prob", "log_p_x_given_z"}.isdisjoint(load(path).signatures)
        return
    log_z = partition.enumerated(model.model.machine.joint())
    close(found["free_energy"], -model.unnormalized_log_p(X))
    close(found["log_prob"]["log_prob"], model.unnormalized_log_p(X) - log_z)
    np.testing.assert_array_equal(found["log_prob"]["standard_error"], np.zeros(5))  # enumerated
    everything = load(path).log_prob(states(4).astype("float32"))["log_prob"]
    close(np.exp(everything).sum(), 1.0)


def test_without_an_estimate_there_is_no_log_prob():
    model = build()
    endpoints = EnergyEndpoints(model.model)
    found = endpoints.log_prob(tf.constant(X))
    assert np.isnan(found["log_prob"]).all()
    assert np.isnan(found["standard_error"]).all()
