"""The real model in its linear-Gaussian case: networks without hidden layers, and weights that a test sets.

Built in float64; tests/exact/linear_gaussian.py has its closed forms.
"""

import zoo
from zoo import registry

LINEAR = {"name": "mlp", "hidden_sizes": ()}


def build(objective, setting, latent_size, optimizers=None, **training):
    """A model of an objective, given by name or section, with what the objective needs."""
    section = {"name": objective} if isinstance(objective, str) else objective
    needs = registry.find("objective", section["name"]).NEEDS
    normal = {"name": "normal", "scale": setting.scales, "minimum_scale": setting.floor}
    model = {"latent_size": latent_size, "objective": section, "decoder": LINEAR, "likelihood": "deterministic"}
    if "log_p_x_given_z" in needs:
        model["likelihood"] = normal | {"initial_scale": setting.s}
    if "log_q_z_given_x" in needs:
        model |= {"encoder": LINEAR, "posterior": normal | {"initial_scale": setting.t}}
    if "log_q_x" in needs:
        critic = {"name": "wasserstein", "network": LINEAR, "scale": setting.critic_scale, "constraint": "clip", "clip": 1e6}
        model["approximators"] = {"log_q_x": critic}
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
