"""The model's Monte-Carlo phases on the linear-Gaussian model: value and pathwise gradient against closed forms.

A mean over R independent batches is compared with the closed form within 5 of its standard errors, each estimated from the
same R batches. A further bound on the standard errors makes sure that the comparison could have failed.
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.exact import complex_step
from tests.exact.formulas import FORMULAS, evaluate
from tests.exact.linear_gaussian import MEANS, Setting, random_parameters
from tests.models import linear
from zoo import noise, registry
from zoo.models.gradients import gradient

pytestmark = pytest.mark.usefixtures("float64")

LATENT = 2
POINTS = np.array([[0.5, -1.0, 0.3], [-0.7, 0.2, 1.1], [0.1, 0.9, -0.4], [1.2, 0.4, 0.2]])
BATCHES, REPEATS = 40, 300  # each batch holds every point of the data so many times
SETTINGS = {
    scales: Setting(POINTS, critic_scale=1.5, scales=scales, s=0.7, t=0.4, floor=0.05) for scales in ("fixed", "global")
}


def phase_gradient(model, phase, seed, weights):
    """One batch of a phase: the mean of its loss, and the gradient with respect to every weight."""
    with tf.GradientTape() as tape:
        tape.watch([variable.value for variable in weights.values()])
        pairs = model.training_step.pairs(tf.repeat(tf.constant(POINTS), REPEATS, axis=0), seed)
        loss = model.training_step.objective.loss(phase, pairs[phase], 0)
    found = gradient(tape, loss, list(weights.values()))
    zeros = [np.zeros(variable.shape) for variable in weights.values()]
    return tf.reduce_mean(loss), [zero if g is None else g for zero, g in zip(zeros, found, strict=True)]


def estimates(model, phase):
    """name -> (mean, standard error) over independent batches, of the value and of every gradient."""
    weights = linear.weights(model)
    function = tf.function(lambda step: phase_gradient(model, phase, functools.partial(noise.seed_for, 1, step), weights))
    drawn = [function(tf.constant(step)) for step in range(BATCHES)]
    columns = {"value": [value for value, _ in drawn]}
    columns |= {name: [gradients[i] for _, gradients in drawn] for i, name in enumerate(weights)}
    return {
        name: (np.mean(column, axis=0), np.std(column, axis=0, ddof=1) / np.sqrt(BATCHES)) for name, column in columns.items()
    }


def closed_form(objective, phase, setting, parameters):
    """A phase's value, by the theory's formula at the means of the log-densities (in which every one of these is linear)."""
    means = MEANS[phase](setting, parameters)
    if "log_p_z" in getattr(registry.find("objective", objective), "STAND_INS", ()):
        means.log_p_z = means.critic_of_z
    return evaluate(FORMULAS[objective][phase], means)


# Where samples are held fixed, a phase has no gradient for the side that drew them.
DRAWN_BY = {"wake": ("A", "c", "raw_t"), "sleep": ("W", "b", "raw_s")}


CASES = [
    pytest.param(objective, options, phase, scales, id="-".join([objective, phase, scales, *options]))
    for objective, options in [
        ("vae", {}),
        ("vae", {"closed_form_kl": True}),
        ("symmetric_vae", {}),
        ("extended_helmholtz", {}),
        ("bridge", {}),
        ("mim", {}),
        ("wake_sleep", {}),
        ("gan", {}),
        ("adversarial_autoencoder", {}),
        ("joint_ratio", {}),
        ("as_vae", {}),
        ("adversarial_variational_bayes", {}),
    ]
    for phase in FORMULAS[objective]
    for scales in SETTINGS
    if (objective, scales) != ("gan", "global")  # a point mass has no scale
]


@pytest.mark.parametrize(("objective", "options", "phase", "scales"), CASES)
def test_value_and_pathwise_gradient(objective, options, phase, scales):
    setting = SETTINGS[scales]
    model = linear.build({"name": objective, **options}, setting, LATENT)
    parameters = random_parameters(0, setting, LATENT)
    linear.set_weights(model, parameters)
    function = functools.partial(closed_form, objective, phase, setting)
    exact = complex_step.gradient(function, parameters) | {"value": function(parameters)}
    if model.training_step.objective.held_fixed:
        exact |= {name: np.zeros_like(exact[name]) for name in DRAWN_BY[phase] if name in exact}
    for name, (mean, error) in estimates(model, phase).items():
        wanted = np.reshape(exact[name], mean.shape)
        # 1e-10: where a gradient does not depend on the noise its standard error is 0.
        assert np.all(np.abs(mean - wanted) <= 5 * error + 1e-10), (name, mean, wanted, error)
        assert np.max(error) <= 0.03 * max(1, np.max(np.abs(wanted))), f"{name}: too noisy to tell anything"


def test_the_monte_carlo_kl_is_the_closed_form_in_the_mean_and_noisier():
    model = linear.build("vae", SETTINGS["fixed"], LATENT)
    x = tf.repeat(tf.constant(POINTS), 5000, axis=0)
    pair = model.training_step.pairs(x, functools.partial(noise.seed_for, 2, 0))["wake"]
    sampled, exact = pair.log_q_z_given_x - pair.log_p_z, pair.rate
    error = np.std(sampled - exact, ddof=1) / np.sqrt(len(x))
    assert abs(np.mean(sampled - exact)) < 5 * error
    assert 0 < error < 0.01 * np.mean(exact)


def test_a_step_descends_the_sum_of_its_phases():
    """With plain gradient descent at rate r a step subtracts r times the gradient of wake + sleep, at the moved critic."""
    rate = 0.01
    setting = SETTINGS["global"]
    names = ("encoder", "decoder", "prior", "log_q_x")
    optimizers = {name: {"name": "SGD", "learning_rate": rate} for name in names}
    model = linear.build("extended_helmholtz", setting, LATENT, optimizers, seed=3)
    before = random_parameters(1, setting, LATENT)
    linear.set_weights(model, before)
    model.train_step(tf.repeat(tf.constant(POINTS), REPEATS, axis=0))
    after = {name: variable.numpy() for name, variable in linear.weights(model).items()}
    linear.set_weights(model, before | {name: after[name] for name in "wv"})
    seed, weights = functools.partial(noise.seed_for, 3, 0), linear.weights(model)
    phases = [phase_gradient(model, phase, seed, weights)[1] for phase in ("wake", "sleep")]
    for name, wake, sleep in zip(weights, *phases, strict=True):
        if name not in "wv":
            np.testing.assert_allclose(after[name], before[name] - rate * (wake + sleep), rtol=1e-12, atol=1e-14)


def test_at_fixed_scales_all_of_the_bridge_has_the_gradient_of_its_ends():
    """They differ by the means of log Q(z|x) and log P(x|z) at their own samples, which only scales move."""
    setting = SETTINGS["fixed"]
    found = []
    for objective in ("extended_helmholtz", {"name": "bridge", "k": 0.3}, "symmetric_vae"):
        model = linear.build(objective, setting, LATENT)
        linear.set_weights(model, random_parameters(2, setting, LATENT))
        seed, weights = functools.partial(noise.seed_for, 4, 0), linear.weights(model)
        found.append([phase_gradient(model, phase, seed, weights)[1] for phase in ("wake", "sleep")])
    helmholtz, *others = found
    for other in others:
        for phase, wanted in zip(other, helmholtz, strict=True):
            for one, same in zip(phase, wanted, strict=True):
                np.testing.assert_allclose(one, same, rtol=1e-9, atol=1e-12)


def test_at_learned_scales_the_term_that_the_helmholtz_machine_drops_is_the_precision():
    """Appendix B's second term, from +log P(x|z): minus x's dimensions times d log s, and nothing else."""
    setting = SETTINGS["global"]
    parameters = random_parameters(2, setting, LATENT)
    found = []
    for objective in ("symmetric_vae", "extended_helmholtz"):
        model = linear.build(objective, setting, LATENT)
        linear.set_weights(model, parameters)
        weights = linear.weights(model)
        gradients = phase_gradient(model, "sleep", functools.partial(noise.seed_for, 5, 0), weights)[1]
        found.append(dict(zip(weights, gradients, strict=True)))
    exact = complex_step.gradient(lambda p: -3 * np.log(setting.scale("s", p)), parameters)
    for name in found[0]:
        np.testing.assert_allclose(found[0][name] - found[1][name], np.reshape(exact[name], found[0][name].shape), atol=1e-9)
    assert abs(exact["raw_s"]) > 0.1
