"""Objectives with several codes for each x, in a linear-Gaussian model of one x and one z: values and gradients.

Two codes for each x. The exact means are two-dimensional Gauss-Hermite sums, whose derivatives are complex steps. For the
importance weighted bound there are two estimators of the encoder's gradient.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.exact import complex_step
from tests.exact.linear_gaussian import LOG_2_PI, Setting, random_parameters
from tests.models import linear
from zoo import noise
from zoo.models.gradients import gradient

pytestmark = pytest.mark.usefixtures("float64")

POINTS = np.array([[0.5], [-1.0], [1.4]])
SETTING = Setting(POINTS, critic_scale=1.0, scales="global", s=0.7, t=0.6, floor=0.05)
ESTIMATORS = ("pathwise", "doubly_reparameterized")
ENCODER, DECODER = ("A", "c", "raw_t"), ("W", "b", "raw_s")
BATCHES, REPEATS = 40, 500  # each batch holds every point of the data so many times
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(48)  # 32 and 64 give the same gradients to 1e-12


def log_densities(parameters, z):
    """a, b, c at each point and code [points, codes]."""
    A, c, W, b = (parameters[name] for name in "AcWb")
    s, t = SETTING.scale("s", parameters), SETTING.scale("t", parameters)
    log_p_x_given_z = -((POINTS - z * W - b) ** 2) / (2 * s**2) - np.log(s) - LOG_2_PI / 2
    log_q_z_given_x = -((z - POINTS @ A - c) ** 2) / (2 * t**2) - np.log(t) - LOG_2_PI / 2
    return log_p_x_given_z, -(z**2) / 2 - LOG_2_PI / 2, log_q_z_given_x


def codes(parameters):
    """The code of each node at each point."""
    return POINTS @ parameters["A"] + parameters["c"] + SETTING.scale("t", parameters) * NODES


def mean_over_pairs(values):
    """Of values [points, first code, second code]."""
    return (values @ WEIGHTS @ WEIGHTS).mean() / WEIGHTS.sum() ** 2


def exact_loss(parameters, kl_weight):
    """Minus the importance weighted bound."""
    a, b, c = log_densities(parameters, codes(parameters))
    w = np.exp(a + kl_weight * (b - c))
    return -mean_over_pairs(np.log((w[:, :, None] + w[:, None, :]) / 2))


def exact_reweighted_loss(parameters, held):
    """Of the wake phase of reweighted wake-sleep; samples and weights are those of the parameters held."""
    z = codes(held)
    a, b, c = log_densities(held, z)
    w = np.exp(a + b - c)
    share = w[:, :, None] / (w[:, :, None] + w[:, None, :])
    a, b, c = log_densities(parameters, z)
    # The two codes of a pair are alike, so twice the first one's term.
    return -mean_over_pairs(2 * share * (a + b + c)[:, :, None])


def build(objective, parameters):
    """The real model with these weights."""
    normal = {"name": "normal", "scale": "global", "minimum_scale": SETTING.floor}
    model = {
        "latent_size": 1,
        "encoder": linear.LINEAR,
        "decoder": linear.LINEAR,
        "posterior": normal | {"initial_scale": SETTING.t},
        "likelihood": normal | {"initial_scale": SETTING.s},
        "objective": objective,
        "num_samples": 2,
    }
    training = {"jit_compile": "off", "steps_per_execution": 1}
    built = zoo.build(zoo.experiment(data={}, model=model, training=training), event_shape=(1,))
    linear.set_weights(built, parameters)
    return built


def batch_gradient(model, repeats, step):
    """One batch: the mean loss, and weight -> gradient."""
    weights = linear.weights(model)
    with tf.GradientTape() as tape:
        tape.watch([variable.value for variable in weights.values()])
        x, seed = tf.repeat(tf.constant(POINTS), repeats, axis=0), functools.partial(noise.seed_for, 1, step)
        loss = model.training_step.losses(model.training_step.pairs(x, seed))["wake"]
    found = dict(zip(weights, gradient(tape, loss, list(weights.values())), strict=True))
    return {"value": tf.reduce_mean(loss)} | found


def iwae(kl_weight, encoder_gradient):
    """The section of the config."""
    return {"name": "iwae", "kl_weight": kl_weight, "encoder_gradient": encoder_gradient}


def draws(objective):
    """name -> values of independent batches, [batches, ...]."""
    model = build(objective, random_parameters(0, SETTING, 1))
    function = tf.function(functools.partial(batch_gradient, model, REPEATS))
    drawn = [function(tf.constant(step)) for step in range(BATCHES)]
    return {name: np.array([values[name] for values in drawn]) for name in drawn[0]}


CASES = pytest.mark.parametrize("kl_weight", [1.0, 0.4])


@functools.cache
def bound_draws(kl_weight, encoder_gradient):
    """Those of the bound, drawn once for all tests."""
    return draws(iwae(kl_weight, encoder_gradient))


def assert_means(drawn, exact):
    for name, values in drawn.items():
        mean, error = values.mean(0), values.std(0, ddof=1) / np.sqrt(BATCHES)
        assert np.all(np.abs(mean - np.reshape(exact[name], mean.shape)) <= 5 * error), (name, mean, exact[name], error)
        assert np.all(error <= 0.01), f"{name}: too noisy to tell anything"


@CASES
@pytest.mark.parametrize("encoder_gradient", ESTIMATORS)
def test_value_and_gradient_are_those_of_the_bound(encoder_gradient, kl_weight):
    parameters = random_parameters(0, SETTING, 1)
    function = functools.partial(exact_loss, kl_weight=kl_weight)
    exact = complex_step.gradient(function, parameters) | {"value": function(parameters)}
    assert_means(bound_draws(kl_weight, encoder_gradient), exact)


def test_value_and_gradient_of_reweighted_wake_sleep():
    """Gradients at fixed samples and weights; the decoder's is that of the bound, on the same samples to rounding error."""
    parameters = random_parameters(0, SETTING, 1)
    function = functools.partial(exact_reweighted_loss, held=parameters)
    drawn = draws({"name": "reweighted_wake_sleep"})
    assert_means(drawn, complex_step.gradient(function, parameters) | {"value": function(parameters)})
    bound = bound_draws(1.0, "pathwise")
    for name in DECODER:
        np.testing.assert_allclose(drawn[name], bound[name], rtol=1e-11, atol=1e-11)


@CASES
def test_the_decoder_gets_the_same_gradient_and_the_loss_has_the_same_value(kl_weight):
    plain, doubly = (bound_draws(kl_weight, name) for name in ESTIMATORS)
    for name in (*DECODER, "value"):
        np.testing.assert_allclose(doubly[name], plain[name], rtol=1e-11, atol=1e-11)


@CASES
def test_the_encoder_gets_another_gradient_of_lower_variance(kl_weight):
    plain, doubly = (bound_draws(kl_weight, name) for name in ESTIMATORS)
    for name in ENCODER:
        # The variance of a variance over 40 batches is about 2/39 of its square: a factor of 2 is three standard errors.
        assert np.all(2 * doubly[name].var(0) < plain[name].var(0)), name


def exact_posterior():
    """Parameters whose Q(z|x) is P(z|x)."""
    parameters = random_parameters(0, SETTING, 1)
    W, b, s = parameters["W"], parameters["b"], SETTING.scale("s", parameters)
    variance = 1 / (1 + W.item() ** 2 / s**2)
    A = variance * W / s**2
    raw = np.log(np.expm1(np.sqrt(variance) - SETTING.floor)) - np.log(np.expm1(SETTING.t - SETTING.floor))
    return parameters | {"A": A, "c": -b @ A, "raw_t": np.asarray(raw)}


def test_at_the_exact_posterior_each_single_draw_of_the_doubly_reparameterized_gradient_is_zero():
    """Every weight is P(x), so nothing is left to learn; the plain gradient is noise of mean zero."""
    plain, doubly = (batch_gradient(build(iwae(1.0, name), exact_posterior()), 2, 0) for name in ESTIMATORS)
    for name in ENCODER:
        np.testing.assert_allclose(doubly[name], 0, atol=1e-12)
        assert np.max(np.abs(plain[name])) > 1e-3
