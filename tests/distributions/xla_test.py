"""Every conditional and prior compiled by XLA: the same scores, and draws of the same kind."""

import numpy as np
import pytest
import tensorflow as tf

from tests.distributions.families import in_support, parameters_of, small
from zoo import registry

PARTS = [(kind, name) for kind in ("conditional", "prior") for name in registry.names(kind)]


@pytest.mark.parametrize(("kind", "name"), PARTS, ids=lambda name: name)
def test_compiled(float64, kind, name):
    """XLA has another generator, so the draws are others."""
    family = small(kind, name)
    arguments = (parameters_of(family),) if kind == "conditional" else ()

    @tf.function(jit_compile=True)
    def compiled(z):
        tfd = family.distribution(*arguments)
        return tfd.sample(6, seed=(1, 2)), tfd.log_prob(z) if family.DENSITY else tf.zeros([])

    tfd = family.distribution(*arguments)
    z = tfd.sample(6, seed=(1, 2))
    drawn, scores = compiled(z.numpy())
    assert drawn.shape == z.shape
    assert np.all(in_support(family, drawn.numpy()))
    if family.DENSITY:
        np.testing.assert_allclose(scores, tfd.log_prob(z.numpy()), rtol=1e-10)
