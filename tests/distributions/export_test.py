"""Every prior and posterior with weights of its own is exported: the same draws and numbers, and the weights to train on."""

import numpy as np
import pytest

from tests.distributions.learned import CASES, X, build, own
from zoo.export import export, load

QUICK = ("vamp_prior", "flow", "layered", "implicit")


@pytest.mark.parametrize("case", [case if case in QUICK else pytest.param(case, marks=pytest.mark.slow) for case in CASES])
def test_it_is_exported(case, tmp_path):
    model = build(case)
    endpoints = export(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_allclose(loaded.sample(5, seed=1), model.sample(5, 1), rtol=1e-5, atol=1e-6)
    saved = [variable.numpy() for variable in loaded.trainable_variables]
    for variable in own(case, model):
        assert any(np.array_equal(variable, value) for value in saved), variable.path
    if "encode" in endpoints:
        expected = model.posterior_family.described(model.posterior(X))
        found = loaded.encode(X)
        assert found.keys() == {*expected, "sample"}
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)
    if "elbo" in endpoints:
        assert np.all(np.isfinite(loaded.elbo(X)))
