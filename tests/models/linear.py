"""The real model in its linear-Gaussian case: networks without hidden layers, and weights that a test sets.

Built in float64; tests/exact/linear_gaussian.py has its closed forms.
"""

import numpy as np

import zoo
from zoo import registry

LINEAR = {"name": "mlp", "hidden_sizes": ()}


RATIOS = ("log_ratio", "log_posterior_ratio", "log_likelihood_ratio")
# Weight clipping, or none: a penalty is no part of what the phases are given.
CRITICS = {
    "log_q_x": {"name": "wasserstein", "network": LINEAR, "constraint": "clip", "clip": 1e6},
    "log_p_z": {"name": "wasserstein", "network": LINEAR, "constraint": "clip", "clip": 1e6},
} | {name: {"name": "joint_log_ratio", "network": LINEAR, "feature_size": 1, "hidden_sizes": ()} for name in RATIOS}


def build(objective, setting, latent_size, optimizers=None, **training):
    """A model of an objective, given by name or section, with what the objective needs."""
    section = {"name": objective} if isinstance(objective, str) else objective
    module = registry.find("objective", section["name"])
    normal = {"name": "normal", "scale": setting.scales, "minimum_scale": setting.floor}
    model = {"latent_size": latent_size, "objective": section, "decoder": LINEAR, "likelihood": "deterministic"}
    if "log_p_x_given_z" in module.NEEDS or hasattr(module, "wake_loss"):
        model["likelihood"] = normal | {"initial_scale": setting.s}
        model |= {"encoder": LINEAR, "posterior": normal | {"initial_scale": setting.t}}
    wanted = {*module.NEEDS} - {"log_p_z"} | {*getattr(module, "STAND_INS", ())}
    model["approximators"] = {name: critic for name, critic in CRITICS.items() if name in wanted}
    if "log_q_x" in wanted:
        model["approximators"]["log_q_x"] = CRITICS["log_q_x"] | {"scale": setting.critic_scale}
    config = zoo.experiment(
        data={}, model=model, training={"jit_compile": "off", "steps_per_execution": 1} | training, optimizers=optimizers or {}
    )
    return zoo.build(config, event_shape=(setting.x.shape[1],))


def weights(model):
    """The letter of tests/exact/linear_gaussian.py -> the model's variable."""
    found = dict(zip("Wb", model.decoder.trainable_variables, strict=True))
    if model.encoder is not None:
        found |= dict(zip("Ac", model.encoder.trainable_variables, strict=True))
    for letter, family in {"raw_s": model.likelihood_family, "raw_t": model.posterior_family}.items():
        if family is not None and family.trainable_variables:
            (found[letter],) = family.trainable_variables
    if "log_q_x" in model.approximators:
        found |= dict(zip("wv", model.approximators["log_q_x"].trainable_variables, strict=True))
    return found


def set_weights(model, parameters):
    """Gives the model the parameters of a closed form."""
    for letter, variable in weights(model).items():
        variable.assign(parameters[letter].reshape(variable.shape))
    for name in {"log_p_z", *RATIOS} & model.approximators.keys():
        values = [parameters["q"], parameters["r"]]
        if name in RATIOS:
            # One feature of x, which is x p, and a head in which its weight is 1.
            values = [parameters["p"], np.zeros(1), np.concatenate([np.ones((1, 1)), values[0]]), values[1]]
        for variable, value in zip(model.approximators[name].trainable_variables, values, strict=True):
            variable.assign(value)
