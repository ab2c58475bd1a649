"""Where the options of distributions begin and end: the smallest that is taken, the largest that is refused."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.config import ConfigError
from zoo.distributions import bernoulli, discretized_logistic, flow, implicit, layered_bernoulli, mixture, normal, vamp_prior

TAKEN = {
    "normal with a fixed scale at the floor": (normal.conditional, (3,), {"scale": "fixed", "initial_scale": 0.001}),
    "normal near its floor": (normal.conditional, (3,), {"initial_scale": 0.0011}),
    "mixture of 1": (mixture.prior, (3,), {"components": 1}),
    "mixture near its floor": (mixture.prior, (3,), {"initial_scale": 0.02, "minimum_scale": 0.0199}),
    "vamp_prior of 1": (vamp_prior.prior, (3,), {"components": 1}),
    "flow of 2 layers over 2 numbers": (flow.prior, (2,), {"layers": 2, "hidden_sizes": (1,)}),
    "implicit": (implicit.conditional, (3,), {"feature_size": 1, "noise_size": 1, "hidden_sizes": (1,)}),
    "discretized_logistic": (discretized_logistic.conditional, (3,), {"components": 1, "levels": 2}),
    "layered_bernoulli": (layered_bernoulli.prior, (2,), {"sizes": (1, 1)}),
    "bernoulli": (bernoulli.conditional, (3,), {"temperature": 1e-3}),
}
REFUSED = {
    "normal without a floor": (normal.conditional, (3,), {"minimum_scale": 0.0}),
    "normal without a scale": (normal.conditional, (3,), {"scale": "fixed", "initial_scale": 0.0}),
    "normal at its floor": (normal.conditional, (3,), {"initial_scale": 0.5, "minimum_scale": 0.5}),
    "normal with a global scale at its floor": (normal.conditional, (3,), {"scale": "global", "initial_scale": 1e-3}),
    "mixture of 0": (mixture.prior, (3,), {"components": 0}),
    "mixture without a floor": (mixture.prior, (3,), {"minimum_scale": 0.0}),
    "mixture at its floor": (mixture.prior, (3,), {"initial_scale": 0.5, "minimum_scale": 0.5}),
    "mixture with one wrong word": (mixture.prior, (3,), {"weights": "some"}),
    "mixture with another wrong word": (mixture.prior, (3,), {"gradient": "some"}),
    "vamp_prior of 0": (vamp_prior.prior, (3,), {"components": 0}),
    "flow of 1 layer": (flow.prior, (2,), {"layers": 1}),
    "flow over 1 number": (flow.prior, (1,), {}),
    "flow with an empty layer": (flow.prior, (2,), {"hidden_sizes": (8, 0)}),
    "implicit without features": (implicit.conditional, (3,), {"feature_size": 0}),
    "implicit with an empty layer": (implicit.conditional, (3,), {"hidden_sizes": (8, 0)}),
    "discretized_logistic of 0": (discretized_logistic.conditional, (3,), {"components": 0}),
    "discretized_logistic of 1 level": (discretized_logistic.conditional, (3,), {"levels": 1}),
    "discretized_logistic at its floor": (
        discretized_logistic.conditional,
        (3,),
        {"initial_scale": 0.5, "minimum_scale": 0.5},
    ),
    "discretized_logistic without a floor": (discretized_logistic.conditional, (3,), {"minimum_scale": 0.0}),
    "layered_bernoulli with an empty layer": (layered_bernoulli.prior, (2,), {"sizes": (2, 0)}),
    "layered_bernoulli too short": (layered_bernoulli.conditional, (3,), {"sizes": (1, 1)}),
    "layered_bernoulli of a matrix": (layered_bernoulli.conditional, (3, 1), {}),
    "bernoulli": (bernoulli.conditional, (3,), {"temperature": 0.0}),
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken(case):
    make, shape, options = TAKEN[case]
    make(shape, **options)


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, shape, options = REFUSED[case]
    with pytest.raises(ValueError, match=f"^{case.split()[0]}: "):
        make(shape, **options)


def test_an_implicit_distribution_has_as_much_noise_as_a_code_has_numbers():
    assert implicit.conditional((2, 3)).noise_size == 6


@pytest.mark.parametrize("scale", ["per_dimension", "global", "fixed"])
def test_a_normal_starts_at_its_initial_scale(scale):
    family = normal.conditional((2, 3), scale=scale, initial_scale=0.7)
    tfd = family.distribution(tf.zeros([4, *family.parameter_shape]))
    np.testing.assert_allclose(tfd.stddev(), np.full([4, 2, 3], 0.7), rtol=1e-6)
    # The default is N(0, I), where nothing is said.
    family = normal.conditional((3,), scale=scale)
    np.testing.assert_allclose(family.distribution(tf.zeros([4, *family.parameter_shape])).stddev(), np.ones([4, 3]), rtol=1e-6)


def test_a_mixture_starts_at_its_initial_scale():
    np.testing.assert_allclose(mixture.prior((3,), initial_scale=0.7).distribution().scale, np.full([10, 3], 0.7), rtol=1e-6)
    np.testing.assert_allclose(mixture.prior((3,), components=2).distribution().scale, np.ones([2, 3]), rtol=1e-6)


@pytest.mark.parametrize("value", [-0.01, 1.01, 0.49])
def test_one_value_off_the_grid_is_enough_to_refuse_the_data(value):
    family = discretized_logistic.conditional((3,), levels=3)
    family.initialize(lambda count: tf.constant([[0.0, 0.5, 1.0]]))
    with pytest.raises(ConfigError, match="must be one of 3 grey levels"):
        family.initialize(lambda count: tf.constant([[0.0, 0.5, 1.0], [0.0, value, 1.0]]))
