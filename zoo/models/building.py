"""From a config to a compiled model; every combination that cannot work is refused here, with the reason."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from zoo import config as configs
from zoo import data as data_sets
from zoo import noise, registry
from zoo.config import ConfigError
from zoo.models.combinations import check_combination
from zoo.models.contrasts import INPUTS
from zoo.models.execution import replicas
from zoo.models.keras_settings import check_keras_settings
from zoo.models.micro_batches import check_parts
from zoo.models.objective import Objective
from zoo.models.precision import use_bfloat16
from zoo.models.two_phase_model import TwoPhaseModel


@dataclasses.dataclass(frozen=True)
class Options:
    """The numbers a step needs."""

    seed: int
    num_samples: int
    noise_x: float
    noise_z: float
    kld_scale_x: float
    kld_scale_z: float
    clip_norm: float
    ema: float
    micro_batches: int
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
    check_keras_settings()
    config = configs.check(config)
    if data is None and event_shape is None:
        data = data_sets.load(config.data, data_dir)
    if config.data.batch_size % replicas():
        raise ConfigError(
            f"config.data.batch_size: {config.data.batch_size} examples cannot be shared equally by {replicas()} replicas; "
            f"give a multiple of {replicas()}"
        )
    # Weights start from the run's seed: the same config gives the same model.
    keras.utils.set_random_seed(config.training.seed)
    try:
        model = _assemble(config, tuple(event_shape or data.event_shape))
    except (ValueError, TypeError) as error:
        raise ConfigError(str(error).partition("\n")[0]) from error
    if data is not None:
        _initialize(model, data)
        model.data, model.preprocessing = data, data.preprocessing
        # In one order: workers make their variables together.
        for split in sorted(data.splits):
            data.place(split)
    model.compile(
        config.optimizers.to_dict(),
        steps_per_execution=config.training.steps_per_execution,
        jit_compile=_jit_compile(config),
    )
    return model


def _initialize(model, data):
    """Lets parts that start from examples of the data (pseudo-inputs, output biases) take theirs."""

    def examples(count):
        split = data.splits["train"]
        chosen = np.random.RandomState(model.options.seed).choice(split.size, count, replace=count > split.size)
        return data.preprocessing(split.read_batch(np.sort(chosen)), noise.seed_for(model.options.seed, 0, "initialize"))

    for part in _parts(model):
        if hasattr(part, "initialize"):
            part.initialize(examples)


def _assemble(config, event_shape):
    sections = config.model
    for part in ("decoder", "likelihood", "prior", "objective"):
        if not sections[part].name:
            raise ConfigError(f"config.model.{part}.name: is required")
    if bool(sections.encoder.name) != bool(sections.posterior.name):
        raise ConfigError("config.model: encoder and posterior go together; give both, or neither for a GAN")
    code_shape = (sections.latent_size,)
    likelihood = registry.make("conditional", sections.likelihood, event_shape)
    prior = registry.make("prior", sections.prior, code_shape)
    encoder = posterior = None
    if sections.encoder.name:
        posterior = registry.make("conditional", sections.posterior, code_shape)
        encoder = registry.make("network", sections.encoder, event_shape, posterior.parameter_shape)
    # Of a prior over several layers only the lowest is decoded.
    decoded_shape = getattr(prior, "decoded_shape", code_shape)
    model = TwoPhaseModel(
        encoder=encoder,
        posterior=posterior,
        decoder=registry.make("network", sections.decoder, decoded_shape, likelihood.parameter_shape),
        likelihood=likelihood,
        prior=prior,
        approximators=_approximators(sections.approximators, {"x": event_shape, "z": code_shape}),
        objective=Objective(sections.objective),
        event_shape=event_shape,
        latent_size=sections.latent_size,
        options=_options(config),
    )
    for part in _parts(model):
        if hasattr(part, "connect"):
            part.connect(model)
        # Distributions and approximators are never called as layers; without this Keras would call the model to build them.
        part.built = True
    check_combination(model, config)
    check_parts(model, config, replicas())
    if config.training.precision == "bfloat16":
        use_bfloat16(model)
    return model


def _parts(model):
    parts = (model.encoder, model.posterior_family, model.decoder, model.likelihood_family, model.prior_family)
    return [part for part in (*parts, *model.approximators.values()) if part is not None]


def _options(config):
    sections = config.model
    return Options(
        seed=config.training.seed,
        clip_norm=config.training.clip_norm,
        ema=config.training.ema,
        micro_batches=config.training.micro_batches,
        critic_steps={name: section.steps for name, section in sections.approximators.items()},
        **{name: sections[name] for name in ("num_samples", "noise_x", "noise_z", "kld_scale_x", "kld_scale_z")},
    )


def _approximators(sections, shapes):
    made = {}
    for name, section in sections.items():
        suited = registry.find("approximator", section.name).STANDS_IN_FOR
        if name not in suited:
            raise ConfigError(f"approximator {section.name} cannot stand in for {name}, only for {', '.join(suited)}")
        options = {key: section[key] for key in section if key not in configs.COMMON_APPROXIMATOR_OPTIONS}
        made[name] = registry.make("approximator", options, {field: shapes[field] for field in INPUTS[name]})
    return made


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
