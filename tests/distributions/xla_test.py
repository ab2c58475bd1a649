"""Every conditional and prior compiled by XLA: the same draws and scores."""

import numpy as np
import pytest
import tensorflow as tf

from tests.distributions.families import in_support, parameters_of, small
from zoo import registry

PARTS = [(kind, name) for kind in ("conditional", "prior") for name in registry.names(kind)]


@pytest.mark.parametrize(("kind", "name"), PARTS, ids=lambda name: name)
def test_compiled(float64, kind, name):
    family = small(kind, name)
    arguments = (parameters_of(family),) if kind == "conditional" else ()

    @tf.function(jit_compile=True)
    def compiled(z):
        tfd = family.distribution(*arguments)
        return tfd.sample(6, seed=(1, 2)), tfd.log_prob(z) if family.DENSITY else tf.zeros([])

    tfd = family.distribution(*arguments)
    z = tfd.sample(6, seed=(1, 2))
    drawn, scores = compiled(z.numpy())
    np.testing.assert_allclose(drawn, z, rtol=1e-10, atol=1e-12)
    assert np.all(in_support(family, drawn.numpy()))
    if family.DENSITY:
        np.testing.assert_allclose(scores, tfd.log_prob(z.numpy()), rtol=1e-10)
