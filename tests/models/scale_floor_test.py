"""Learned scales: EHM, MIM and the bridge are unbounded below without a floor, and the floor holds.

Along s = t = scale -> 0 on a linear-Gaussian model whose decoder inverts its encoder, x and z of one size n, each phase's loss
is a constant + n log scale: nothing ends the fall. In the Symmetric VAE the log-scales cancel.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.exact.linear_gaussian import Setting
from tests.models import linear
from zoo import noise

pytestmark = pytest.mark.usefixtures("float64")

SIZE = 2
POINTS = np.array([[0.5, -1.0], [-0.7, 0.2], [0.1, 0.9], [1.2, 0.4]])
BATCH = tf.repeat(tf.constant(POINTS), 25, axis=0)


def inverse_model(objective, floor, **arguments):
    """x = z and z = x but for the noise; the critic is flat."""
    setting = Setting(POINTS, critic_scale=1.0, scales="global", s=1.0, t=1.0, floor=floor)
    model = linear.build(objective, setting, SIZE, **arguments)
    zeros = {"c": np.zeros(SIZE), "b": np.zeros(SIZE), "w": np.zeros(SIZE), "v": np.zeros(1)}
    linear.set_weights(model, {"A": np.eye(SIZE), "W": np.eye(SIZE), "raw_s": np.zeros(()), "raw_t": np.zeros(())} | zeros)
    return model


def set_scales(model, scale, floor):
    """Gives both families this scale, or as little above the floor as float64 can tell."""
    for family in (model.likelihood_family, model.posterior_family):
        above = max(scale - floor, 1e-300)
        family.raw_scale.assign(np.log(np.expm1(above)) - family.offset)


def loss(model):
    """The sum of both phases at fixed noise."""
    seed = functools.partial(noise.seed_for, 0, 0)
    losses = model.training_step.losses(model.training_step.pairs(tf.constant(BATCH), seed))
    return sum(float(tf.reduce_mean(value)) for value in losses.values())


@pytest.mark.parametrize(
    ("objective", "fall"),
    # n in each phase and decade of the scale; the Symmetric VAE's +log Q(z|x) and +log P(x|z) take it back, the bridge's half
    # of it. Of the MIM's sum each of the four terms has half of n, but stands in both phases.
    [
        ("extended_helmholtz", -2 * SIZE * np.log(10)),
        ("mim", -2 * SIZE * np.log(10)),
        ("bridge", -SIZE * np.log(10)),
        ("symmetric_vae", 0),
    ],
)
def test_loss_without_a_floor(objective, fall):
    floor = 1e-200  # in place of none, which is refused
    model = inverse_model(objective, floor)
    losses = []
    for scale in (1e-4, 1e-5, 1e-6, 1e-7):
        set_scales(model, scale, floor)
        losses.append(loss(model))
    # The noise is kept, so that the errors over the scales are the same numbers; what is left is -log P(z) at z = x + t e,
    # which differs from its limit by about t |x| |e|.
    np.testing.assert_allclose(np.diff(losses), fall, atol=1e-3)


@pytest.mark.parametrize("objective", ["extended_helmholtz", "mim", "bridge", "symmetric_vae"])
def test_the_floor_holds(objective):
    floor = 0.05
    model = inverse_model(objective, floor)
    losses = []
    for scale in (0.2, 1e-12, 1e-200):
        set_scales(model, scale, floor)
        assert float(model.posterior(BATCH).stddev()[0, 0]) >= floor
        assert float(tf.reduce_min(model.likelihood(BATCH).stddev())) >= floor
        losses.append(loss(model))
    assert np.isfinite(losses).all()
    np.testing.assert_allclose(losses[1], losses[2], rtol=1e-9)


def test_training_runs_to_the_floor():
    floor = 0.05
    names = ("encoder", "decoder", "prior", "log_q_x")
    adam = {name: {"name": "Adam", "learning_rate": 0.1} for name in names}
    model = inverse_model("extended_helmholtz", floor, optimizers=adam, steps_per_execution=100)
    dataset = tf.data.Dataset.from_tensors(BATCH).repeat()
    model.fit(dataset, steps_per_epoch=100, epochs=3, verbose=0)
    assert floor <= float(model.posterior(BATCH).stddev()[0, 0]) < floor + 0.02
