"""From a config to a compiled model; every combination that cannot work is refused here, with the reason."""

import dataclasses

import keras
import tensorflow as tf

from zoo import config as configs
from zoo import data as data_sets
from zoo import registry
from zoo.config import ConfigError
from zoo.models.execution import replicas
from zoo.models.objective import Objective
from zoo.models.two_phase_model import TwoPhaseModel


@dataclasses.dataclass(frozen=True)
class Options:
    """The numbers a step needs."""

    seed: int
    noise_x: float
    clip_norm: float
    critic_steps: dict


def build(config, *, data=None, event_shape=None, data_dir=None):
    """The compiled model of a config.

    Args:
      config: what `zoo.experiment` returns.
      data: a loaded data set (zoo.data.load), to share one between models.
      event_shape: of one x, to build without any data; such a model is trained on batches of x only.
      data_dir: where data sets lie, if the data is to be loaded here.

    Returns:
      TwoPhaseModel, ready for `model.fit`.

    Raises:
      ConfigError: one line, for a config that cannot work.
    """
    config = configs.check(config)
    if data is None and event_shape is None:
        data = data_sets.load(config.data, data_dir)
    # Weights start from the run's seed: the same config gives the same model.
    keras.utils.set_random_seed(config.training.seed)
    try:
        model = _assemble(config, tuple(event_shape or data.event_shape))
    except (ValueError, TypeError) as error:
        raise ConfigError(str(error).partition("\n")[0]) from error
    if data is not None:
        model.data, model.preprocessing = data, data.preprocessing
        for split in {"train", "validation"} & data.splits.keys():
            data.place(split)
    model.compile(
        config.optimizers.to_dict(),
        steps_per_execution=config.training.steps_per_execution,
        jit_compile=_jit_compile(config),
    )
    return model


def _assemble(config, event_shape):
    sections = config.model
    for part in ("decoder", "likelihood", "prior", "objective"):
        if not sections[part].name:
            raise ConfigError(f"config.model.{part}.name: is required")
    if bool(sections.encoder.name) != bool(sections.posterior.name):
        raise ConfigError("config.model: encoder and posterior go together; give both, or neither for a GAN")
    code_shape = (sections.latent_size,)
    likelihood = registry.make("conditional", sections.likelihood, event_shape)
    encoder = posterior = None
    if sections.encoder.name:
        posterior = registry.make("conditional", sections.posterior, code_shape)
        encoder = registry.make("network", sections.encoder, event_shape, posterior.parameter_shape)
    model = TwoPhaseModel(
        encoder=encoder,
        posterior=posterior,
        decoder=registry.make("network", sections.decoder, code_shape, likelihood.parameter_shape),
        likelihood=likelihood,
        prior=registry.make("prior", sections.prior, code_shape),
        approximators={name: _approximator(section, event_shape) for name, section in sections.approximators.items()},
        objective=Objective(sections.objective),
        latent_size=sections.latent_size,
        options=Options(
            seed=config.training.seed,
            noise_x=sections.noise_x,
            clip_norm=config.training.clip_norm,
            critic_steps={name: section.steps for name, section in sections.approximators.items()},
        ),
    )
    _check_objective(model, config)
    return model


def _approximator(section, event_shape):
    common = configs.COMMON_APPROXIMATOR_OPTIONS
    return registry.make("approximator", {k: v for k, v in section.items() if k not in common}, event_shape)


# What a config must hold for a model to have each log-density.
_REMEDIES = {
    "log_p_x_given_z": "a likelihood with a density (config.model.likelihood)",
    "log_p_z": "a prior with a density (config.model.prior)",
    "log_q_z_given_x": "a posterior with a density (config.model.encoder and config.model.posterior)",
    "log_q_x": "an approximator (config.model.approximators.log_q_x)",
}


def _check_objective(model, config):
    objective = model.objective
    for field in objective.needs:
        if not model.has(field):
            raise ConfigError(f"objective {objective.name} needs {field}: {_REMEDIES[field]}, which this config lacks")
    for name, approximator in model.approximators.items():
        if name in objective.needs and approximator.KIND not in objective.log_q_x_kinds:
            raise ConfigError(
                f"objective {objective.name} takes a {' or '.join(objective.log_q_x_kinds)} for {name}, but approximator "
                f"{config.model.approximators[name].name} is a {approximator.KIND}"
            )
    _check_pathwise(model, config)
    if config.model.likelihood.name == "bernoulli" and config.data.value_range != "unit":
        raise ConfigError("likelihood bernoulli scores values in [0, 1]: set config.data.value_range to unit")


def _check_pathwise(model, config):
    """A sample that a gradient must pass through has to come from a distribution through which one can."""
    if model.objective.held_fixed:
        return
    sampled = {"wake": ("posterior", model.posterior_family), "sleep": ("likelihood", model.likelihood_family)}
    for phase in model.objective.phases:
        part, family = sampled[phase]
        if family is not None and not family.PATHWISE:
            raise ConfigError(
                f"objective {model.objective.name} passes the gradient of its {phase} phase through samples of the {part}, "
                f"but {config.model[part].name} has no pathwise gradient; choose a {part} that has one, like normal"
            )


def _jit_compile(config):
    """Whether the steps are compiled by XLA."""
    choice = config.training.jit_compile
    if choice == "on" and replicas() > 1:
        raise ConfigError("config.training.jit_compile: on works on one device only; choose auto or off")
    if choice != "auto":
        return choice == "on"
    networks = [config.model.encoder, config.model.decoder]
    networks += [section.network for section in config.model.approximators.values() if "network" in section]
    modules = [registry.find("network", section.name) for section in networks if section.name]
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    return replicas() == 1 and (on_gpu or all(getattr(module, "XLA_PAYS_ON_CPU", False) for module in modules))
