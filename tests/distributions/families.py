"""Every conditional and prior that is found, small, and put where it can be used on its own."""

import types

import keras
import numpy as np
import tensorflow as tf

from zoo import registry
from zoo.distributions import normal, standard_normal

EVENT_SHAPE = (4,)  # of an x
SIZE = 3  # of a code
# What makes a small one out of a default.
SMALL = {"components": 2, "hidden_sizes": (5,), "feature_size": 4, "layers": 2}


def numbers(seed, *shape):
    """Standard normal numbers."""
    return np.random.default_rng(seed).normal(size=shape)


def small(kind, name, **options):
    """A family of codes of SIZE numbers, by name; of kind conditional or prior."""
    known = registry.options(kind, name)
    chosen = {key: value for key, value in SMALL.items() if key in known} | options
    family = registry.make(kind, {"name": name} | chosen, (SIZE,))
    if hasattr(family, "connect"):
        family.connect(model())
    return family


def model(posterior_family=None, network=None):
    """What a distribution asks of a model: a posterior, of any family, by any network; and a prior."""
    posterior_family = posterior_family or normal.conditional((SIZE,))
    network = network or keras.Sequential([keras.Input(EVENT_SHAPE), keras.layers.Dense(posterior_family.parameter_shape[0])])
    posterior = lambda x: posterior_family.distribution(network(x))  # noqa: E731
    prior = standard_normal.prior((SIZE,))
    return types.SimpleNamespace(
        event_shape=EVENT_SHAPE, posterior_family=posterior_family, posterior=posterior, prior_family=prior
    )


def randomize(layer, scale=0.5, seed=0):
    """Gives every weight that is trained a random value, so that no test is about a special start."""
    generator = np.random.default_rng(seed)
    for variable in layer.trainable_variables:
        variable.assign(scale * generator.normal(size=variable.shape))


def parameters_of(family, seed=0, batch=4):
    """Random parameters [batch, *parameter_shape], in floatx."""
    return tf.constant(numbers(seed, batch, *family.parameter_shape), keras.config.floatx())


SUPPORTS = {"real": np.isfinite, "binary": lambda x: (x == 0) | (x == 1), "unit": lambda x: (x >= 0) & (x <= 1)}


def in_support(family, values):
    """Whether values are what a family says that it draws; it must say the rest, too."""
    assert isinstance(family.PATHWISE, bool)
    assert isinstance(family.DENSITY, bool)
    return SUPPORTS[family.SUPPORT](values)


def states(size):
    """All 2^size binary vectors, float64 [2^size, size]."""
    return (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(float)


def standard_errors(found, expected, variance, count):
    """How many standard errors a mean of `count` draws lies from its expectation, at most."""
    return np.max(np.abs(found - expected) / np.sqrt(variance / count))
