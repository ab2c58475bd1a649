"""Which parts go together; what does not is refused with the reason."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.config import ConfigError
from zoo.stand_ins import STAND_INS

# A part over codes or examples of each support, to name in an error.
_LIKE = {
    "posterior": {"real": "normal", "binary": "bernoulli", "unit": "continuous_bernoulli"},
    "prior": {"real": "standard_normal", "binary": "bernoulli", "unit": "vamp_prior"},
}
# What a config must hold for a model to have each log-density.
_REMEDIES = {
    "log_p_x_given_z": "a likelihood with a density (config.model.likelihood)",
    "log_p_z": "a prior with a density (config.model.prior)",
    "log_q_z_given_x": "a posterior with a density (config.model.encoder and config.model.posterior)",
    "log_p_features_given_z": "a critic with features (config.model.approximators.log_q_x feature_critic)",
} | {name: f"an approximator (config.model.approximators.{name})" for name in STAND_INS}
# Fields of a pair that are made of others.
_MADE_OF = {"true_log_p_z": ("log_p_z",), "rate": ("log_q_z_given_x", "log_p_z"), "at_fixed_sample": ()} | {
    "log_weight": ("log_p_x_given_z", "log_p_z", "log_q_z_given_x")
}


def check_combination(model, objective, config):
    """Refuses parts that do not go together.

    Args:
      model: a LatentVariableModel.
      objective: an Objective.
      config: of both.

    Raises:
      ConfigError: one line that names the two parts and the valid choices.
    """
    _check_needs(model, objective)
    _check_encoder(model, objective)
    _check_prior(model, objective, config)
    _check_supports(model, config)
    _check_closed_forms(model, objective, config)
    _check_kinds(model, objective, config)
    _check_samples(model, objective, config)
    if not objective.held_fixed:
        _check_pathwise(model, objective, config)
    _check_options(model, objective, config)
    _check_densities_of_pairs(model, config)


def _check_needs(model, objective):
    for named in objective.needs:
        if named not in {*_REMEDIES, *_MADE_OF}:
            valid = ", ".join(sorted({*_REMEDIES, *_MADE_OF}))
            raise ConfigError(f"objective {objective.name}: NEEDS names {named!r}, which no pair has; choose from {valid}")
        for field in _MADE_OF.get(named, (named,)):
            if not model.has(field):
                raise ConfigError(f"objective {objective.name} needs {field}: {_REMEDIES[field]}, which this config lacks")
    for name in objective.stand_ins:
        if name not in model.approximators:
            raise ConfigError(f"objective {objective.name} needs an approximator: set config.model.approximators.{name}")


def _check_encoder(model, objective):
    """Only a GAN can do without one; and what is a function of z has to tell the encoder's codes from others."""
    if model.has_posterior:
        return
    encoding = [phase for phase in objective.phases if "posterior" in model.KINDS[phase].samples]
    asking = [f"objective {objective.name} has a {phase} phase" for phase in encoding]
    compares = [name for name in model.approximators if "z" in STAND_INS[name].inputs]
    asking += [f"config.model.approximators.{name} compares codes" for name in compares]
    if asking:
        raise ConfigError(f"{asking[0]}, so a posterior is needed: set config.model.encoder and config.model.posterior")


def _check_prior(model, objective, config):
    """A prior's weights have a gradient through log P(z), or through samples of a pathwise sleep phase."""
    scored = "log_p_z" in objective.needs and "log_p_z" not in model.approximators
    sampled = "sleep" in objective.phases and not objective.held_fixed
    if model.prior_family.trainable_variables and not scored and not sampled:
        raise ConfigError(
            f"prior {config.model.prior.name} has weights, which objective {objective.name} does not train (log P(z) enters "
            "it only through an approximator); choose a prior without, like standard_normal"
        )


def _check_supports(model, config):
    """Codes are scored by Q(z|x) and by P(z), and x by P(x|z): each has to be able to produce what the other scores."""
    if model.posterior_family is not None:
        own, wanted = model.posterior_family.SUPPORT, model.prior_family.SUPPORT
        if own != wanted:
            raise ConfigError(
                f"posterior {config.model.posterior.name} is over {own} codes, prior {config.model.prior.name} over {wanted} "
                f"ones; choose a prior like {_LIKE['prior'][own]}, or a posterior like {_LIKE['posterior'][wanted]}"
            )
    if model.likelihood_family.SUPPORT != "real" and config.data.value_range != "unit":
        name = config.model.likelihood.name
        raise ConfigError(f"likelihood {name} scores values in [0, 1]: set config.data.value_range to unit")


def _check_closed_forms(model, objective, config):
    """What a distribution is asked for in closed form, tfp must know."""
    likelihood = _any(model.likelihood_family)
    if not _known(likelihood.mean):
        raise ConfigError(f"likelihood {config.model.likelihood.name} has no mean to show as a picture; choose one like normal")
    posterior = _any(model.posterior_family) if model.has_posterior else None
    if posterior is not None and not model.has("code") and not _known(posterior.mode):
        raise ConfigError(f"posterior {config.model.posterior.name} has no mode to reconstruct x from; choose one like normal")
    if hasattr(model.likelihood_family, "inferred"):
        raise ConfigError(
            f"likelihood {config.model.likelihood.name} infers codes of x: it is a posterior; choose one like normal"
        )
    if hasattr(model.posterior_family, "check"):
        model.posterior_family.check(model)
    if objective.options.get("closed_form_kl"):
        if "log_p_z" in config.model.approximators:
            raise ConfigError(
                f"objective {objective.name}: the closed form of the KL divergence is of P(z) itself, and "
                "config.model.approximators.log_p_z would train in vain; set closed_form_kl to False"
            )
        prior = model.prior()
        if not _known(lambda: tfp.distributions.kl_divergence(posterior, prior)):
            raise ConfigError(
                f"objective {objective.name}: no closed form is known for the KL divergence of posterior "
                f"{config.model.posterior.name} and prior {config.model.prior.name}; set closed_form_kl to False"
            )


def _any(family):
    """Some distribution of a family of conditionals."""
    return family.distribution(tf.zeros([1, *family.parameter_shape], keras.config.floatx()))


def _known(function):
    try:
        function()
    except NotImplementedError:
        return False
    return True


def _check_kinds(model, objective, config):
    kinds = {name: part.KIND for name, part in model.approximators.items()}
    for name in kinds.keys() & {*objective.needs, *objective.stand_ins}:
        # An objective with log P(z) in it does not say what may stand in for it: anything that is trained to.
        takes = objective.takes.get(name, kinds.values())
        if kinds[name] not in takes:
            part, wanted = config.model.approximators[name].name, " or ".join(takes)
            raise ConfigError(f"objective {objective.name} takes a {wanted} for {name}, but {part} is a {kinds[name]}")
    objective.check(kinds, config.training.steps)


def _check_samples(model, objective, config):
    if objective.several_samples and "reconstruction" in objective.phases:
        raise ConfigError(f"objective {objective.name} draws several z for each x, of which no reconstruction pair is made")
    if config.model.num_samples > 1 and not objective.several_samples:
        raise ConfigError(f"config.model.num_samples: objective {objective.name} draws one z for each x; set it to 1")
    if objective.several_samples and model.approximators:
        raise ConfigError(f"objective {objective.name} uses no approximator: remove config.model.approximators")


def _check_pathwise(model, objective, config):
    """A sample that a gradient must pass through has to come from a distribution through which one can."""
    families = {"posterior": model.posterior_family, "likelihood": model.likelihood_family}
    if model.prior_family.trainable_variables:
        families["prior"] = model.prior_family
    for phase in objective.phases:
        for part in model.KINDS[phase].samples:
            family = families.get(part)
            if family is not None and not family.PATHWISE:
                like = _LIKE["prior" if part == "prior" else "posterior"]["real"]
                remedy = getattr(family, "PATHWISE_IF", f"choose a {part} that has one, like {like}")
                raise ConfigError(
                    f"objective {objective.name} passes the gradient of its {phase} phase through samples of the {part}, "
                    f"but {config.model[part].name} has no pathwise gradient; {remedy}"
                )


def _check_options(model, objective, config):
    if config.model.noise_x and model.likelihood_family.SUPPORT != "real" and "log_p_x_given_z" in objective.needs:
        raise ConfigError(
            f"config.model.noise_x: leads out of [0, 1], all that likelihood {config.model.likelihood.name} scores; set it to 0"
        )
    for scale, part in (("kld_scale_x", "likelihood"), ("kld_scale_z", "posterior")):
        if config.model[scale] and config.model[part].name != "normal":
            raise ConfigError(f"config.model.{scale}: the closed form is known for a normal {part} only; set it to 0")
    if config.model.noise_z and config.model.prior.name != "standard_normal":
        raise ConfigError("config.model.noise_z: keeps P(z) only for prior standard_normal; set it to 0")


def _check_densities_of_pairs(model, config):
    """Some approximators need the densities that the pairs are drawn from, at the pairs."""
    for name, part in model.approximators.items():
        if not getattr(part, "DENSITIES_OF_PAIRS", False):
            continue
        own = config.model.approximators[name].name
        for field in ("log_p_x_given_z", "log_p_z", "log_q_z_given_x"):
            if not model.has(field):
                raise ConfigError(
                    f"approximator {own} works with the densities of pairs (x, z) and needs {_REMEDIES[field]}, which this "
                    "config lacks"
                )
        if config.model.approximators[name].reads == "mean" or config.model.encoder_reads == "mean":
            raise ConfigError(
                f"approximator {own} needs pairs as they are drawn, of which encoder and critic read x; set reads to drawn"
            )
        for option in ("noise_encoder", "noise_z", "kld_scale_x", "kld_scale_z"):
            if config.model[option]:
                raise ConfigError(
                    f"approximator {own} needs the densities that the pairs are drawn from, which config.model.{option} "
                    "changes; set it to 0"
                )
