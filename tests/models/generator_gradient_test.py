"""Appendix B by value: the generator's gradient is that of -f(x), through the sample and nothing else."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo import noise
from zoo.models.gradients import gradient

pytestmark = pytest.mark.usefixtures("float64")

LINEAR = {"name": "mlp", "hidden_sizes": ()}
SIZE = 16


def critic_gradient(model, x):
    """grad_x of scale v.tanh(x U + c), by hand."""
    approximator = model.approximators["log_q_x"]
    U, c, v, _ = (variable.numpy() for variable in approximator.network.trainable_variables)
    return approximator.scale * (v[:, 0] * (1 - np.tanh(x @ U + c) ** 2)) @ U.T


def sleep_gradient(model, seed):
    """The sleep pair, and the gradient of its mean loss for the decoder."""
    variables = model.networks().get("decoder", [])
    with tf.GradientTape() as tape:
        tape.watch([variable.value for variable in variables])
        pair = model.training_step.pairs(tf.zeros([SIZE, *model.event_shape], "float64"), seed)["sleep"]
        loss = model.training_step.objective.loss("sleep", pair, 0)
    return pair, gradient(tape, loss, variables)


def build(objective, **parts):
    critic = {"name": "wasserstein", "network": tiny.MLP, "scale": 2.5}
    return tiny.build(objective, approximators={"log_q_x": critic}, decoder=LINEAR, **parts)


def test_generator_gradient_of_a_gan():
    """-(grad_x f) dx/dphi with x = z W + b: for W minus the mean of z grad_x f, for b minus its mean."""
    model = build("gan")
    pair, (kernel, bias) = sleep_gradient(model, functools.partial(noise.seed_for, 0, 0))
    z, slope = pair.z.numpy(), critic_gradient(model, pair.x.numpy())
    np.testing.assert_allclose(kernel, -z.T @ slope / SIZE, rtol=1e-9)
    np.testing.assert_allclose(bias, -slope.mean(0), rtol=1e-9)


def test_the_helmholtz_machine_adds_the_reconstruction_of_z_and_drops_the_precision_of_x():
    """With a density, x = z W + b + s e: the same path, for s too, beside that of -log Q(z|x)."""
    parts = {"encoder": LINEAR, "posterior": {"name": "normal", "scale": "fixed", "initial_scale": 0.5}}
    model = build("extended_helmholtz", **parts)
    pair, (kernel, bias, raw) = sleep_gradient(model, functools.partial(noise.seed_for, 0, 0))
    (A, c), (W, b) = (network.get_weights() for network in (model.encoder, model.decoder))
    z, x = pair.z.numpy(), pair.x.numpy()
    s = float(model.likelihood(pair.z).stddev()[0, 0])
    e = (x - z @ W - b) / s
    # -c = |z - x A - c|^2 / (2 t^2) + ..., so that grad_x of -c - f is:
    slope = -(z - x @ A - c) @ A.T / 0.5**2 - critic_gradient(model, x)
    np.testing.assert_allclose(kernel, z.T @ slope / SIZE, rtol=1e-9)
    np.testing.assert_allclose(bias, slope.mean(0), rtol=1e-9)
    ds = 1 - np.exp(-(s - model.likelihood_family.minimum_scale))  # of floor + softplus(raw)
    np.testing.assert_allclose(raw, ds * (e * slope).sum() / SIZE, rtol=1e-9)


def test_the_symmetric_vae_keeps_the_precision_of_x():
    """Beside the EHM's gradient it has that of log P(x|z) at its own sample: minus the sum of d log s, and nothing else."""
    parts = {"encoder": LINEAR, "posterior": {"name": "normal", "scale": "fixed", "initial_scale": 0.5}}
    models = {objective: build(objective, **parts) for objective in ("symmetric_vae", "extended_helmholtz")}
    models["symmetric_vae"].set_weights(models["extended_helmholtz"].get_weights())
    seed = functools.partial(noise.seed_for, 0, 0)
    (pair, kept), (_, dropped) = (sleep_gradient(models[name], seed) for name in ("symmetric_vae", "extended_helmholtz"))
    kernel, bias, raw = (a - b for a, b in zip(kept, dropped, strict=True))
    np.testing.assert_allclose(kernel, 0, atol=1e-12)
    np.testing.assert_allclose(bias, 0, atol=1e-12)
    s = float(pair.likelihood.stddev()[0, 0])
    np.testing.assert_allclose(raw, -4 * (1 - np.exp(-(s - 1e-3))) / s, rtol=1e-9)
