"""From a config to a compiled model; every combination that cannot work is refused here, with the reason."""

import functools

import keras
import numpy as np
import tensorflow as tf

from zoo import config as configs
from zoo import data as data_sets
from zoo import noise, registry, replicas
from zoo.config import ConfigError
from zoo.models import conditional, fitting, joint
from zoo.models.combinations import check_combination
from zoo.models.conditional import ConditionalModel
from zoo.models.keras_settings import check_keras_settings
from zoo.models.latent_variable_model import LatentVariableModel
from zoo.models.micro_batches import check_parts
from zoo.models.objective import Objective
from zoo.models.optimizer import optimizer
from zoo.models.options import Drawing, Options
from zoo.models.precision import use_bfloat16
from zoo.models.step import Step
from zoo.models.trainable_model import TrainableModel
from zoo.networks import conditioned
from zoo.stand_ins import STAND_INS


def build(config, *, data=None, event_shape=None, preprocessing=None, data_dir=None, face=TrainableModel):
    """The compiled model of a config.

    Args:
      config: what `zoo.experiment` returns.
      data: a loaded data set (zoo.data.load), to share one between models.
      event_shape, preprocessing: of one x, and of the pixels that become x, to build without any data; one of the two is
        enough. Such a model is trained on batches of x only.
      data_dir: where data sets lie, if the data is to be loaded here.
      face: the class of what is returned, TrainableModel or one of its own.

    Returns:
      TrainableModel, ready for `model.fit`.

    Raises:
      ConfigError: one line, for a config that cannot work.
    """
    check_keras_settings()
    config = configs.check(config)
    if data is None and event_shape is None and preprocessing is None:
        data = data_sets.load(config.data, data_dir)
    if data is not None:
        data.check_section(config.data)
        preprocessing = data.preprocessing
    _check_shares(config.data.batch_size)
    # Weights start from the run's seed: the same config gives the same model.
    keras.utils.set_random_seed(config.training.seed)
    try:
        make = joint.build if config.model.joint.name else _model
        model = make(config, tuple(event_shape or preprocessing.event_shape), preprocessing)
        _augmentation(config).check(model.event_shape)
        objective = Objective(config.model.objective, model.KINDS)
        (joint.check if config.model.joint.name else check_combination)(model, objective, config)
        check_parts(model, objective, config)
    except (ValueError, TypeError) as error:
        raise ConfigError(str(error).partition("\n")[0]) from error
    if config.training.precision == "bfloat16":
        use_bfloat16(model)
    if data is not None:
        _take_in(model, data, config.training)
    options = _options(config)
    step = _step(config, model, objective, _optimizers(config, model, options), _drawing(config, objective), options, data)
    trainable = face(model, step)
    trainable.config = config
    trainable.compile(steps_per_execution=config.training.steps_per_execution, jit_compile=_jit_compile(config))
    return trainable


def _step(config, *arguments):
    """The plain step, or one whose gradients have less variance."""
    training = config.training
    if not training.variance_reduction.name:
        if training.reduced:
            raise ConfigError(
                "config.training.reduced: names networks of a variance_reduction, and there is none; leave it out"
            )
        return Step(*arguments)
    # A snapshot is taken between two executions, which end where a log interval does.
    every = training.variance_reduction.get("every", 0)
    for field, value in (("variance_reduction.every", every), ("log_every", training.log_every if every else 0)):
        if value % training.steps_per_execution:
            raise ConfigError(
                f"config.training.{field}: must be a multiple of training.steps_per_execution = "
                f"{training.steps_per_execution}, found {value}"
            )
    try:
        return registry.make("variance_reduction", training.variance_reduction, arguments, tuple(training.reduced))
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _check_shares(batch_size):
    if batch_size % replicas.count():
        raise ConfigError(
            f"config.data.batch_size: {batch_size} examples cannot be shared equally by {replicas.count()} replicas; "
            f"give a multiple of {replicas.count()}"
        )


def _take_in(model, data, training):
    """Lets parts that start from examples of the data (pseudo-inputs, output biases) take theirs, and places the data."""
    if classes := conditional.classes(model):
        conditional.check_data(data, classes)
    fitting.check(model, data, training)

    def examples(count):
        split = data.splits["train"]
        chosen = np.random.RandomState(training.seed).choice(split.size, count, replace=count > split.size)
        return data.preprocessing(split.read_batch(np.sort(chosen)), noise.seed_for(training.seed, 0, "initialize"))

    for part in model.named_parts().values():
        if hasattr(part, "initialize"):
            part.initialize(examples)
    # In one order: workers make their variables together.
    for split in sorted(data.splits):
        data.place(split)


def _model(config, event_shape, preprocessing):
    sections = config.model
    _check_given(sections)
    code_shape = (sections.latent_size,)
    classes = conditional.num_classes(sections)
    likelihood = registry.make("conditional", sections.likelihood, event_shape)
    prior = registry.make("prior", sections.prior, code_shape)
    encoder = posterior = None
    if sections.encoder.name:
        posterior = registry.make("conditional", sections.posterior, code_shape)
        encoder = conditioned.make(sections.encoder, event_shape, posterior.parameter_shape, classes)
    # Of a prior over several layers only the lowest is decoded.
    decoded_shape = getattr(prior, "decoded_shape", code_shape)
    kind = functools.partial(ConditionalModel, num_classes=classes) if classes else LatentVariableModel
    model = kind(
        encoder=encoder,
        posterior=posterior,
        decoder=conditioned.make(sections.decoder, decoded_shape, likelihood.parameter_shape, classes),
        likelihood=likelihood,
        prior=prior,
        approximators=_approximators(sections.approximators, {"x": event_shape, "z": code_shape}, classes),
        event_shape=event_shape,
        latent_size=sections.latent_size,
        preprocessing=preprocessing,
    )
    return _connected(model)


def _connected(model):
    """The model, whose parts know of each other."""
    if conditional.classes(model):
        conditional.check_parts(model)
    for part in model.named_parts().values():
        if hasattr(part, "connect"):
            part.connect(model)
        # Distributions and approximators are never called as layers; without this Keras would call the model to build them.
        part.built = True
    return model


def _check_given(sections):
    for part in ("decoder", "likelihood", "prior", "objective"):
        if not sections[part].name:
            raise ConfigError(f"config.model.{part}.name: is required")
    if bool(sections.encoder.name) != bool(sections.posterior.name):
        raise ConfigError("config.model: encoder and posterior go together; give both, or neither for a GAN")


def _optimizers(config, model, options):
    updates = {name: options.critic_steps.get(name, 1) for name in model.networks()}
    return {name: optimizer(config.optimizers[name].to_dict(), number) for name, number in updates.items()}


def _drawing(config, objective):
    return Drawing(
        held_fixed=objective.held_fixed,
        num_samples=config.model.num_samples if objective.several_samples else None,
        **{name: config.model[name] for name in configs.DRAWING},
    )


def _augmentation(config):
    return data_sets.Augmentation(config.data.augment_flip, config.data.augment_shift)


def _options(config):
    return Options(
        critic_steps={name: section.steps for name, section in config.model.approximators.items()},
        augmented=_augmentation(config),
        batch_size=config.data.batch_size,
        **{name: config.training[name] for name in ("seed", "clip_norm", "ema", "micro_batches", "steps")},
    )


def _approximators(sections, shapes, classes):
    made = {}
    for name, section in sections.items():
        suited = registry.find("approximator", section.name).STANDS_IN_FOR
        if name not in suited:
            raise ConfigError(f"approximator {section.name} cannot stand in for {name}, only for {', '.join(suited)}")
        options = {key: section[key] for key in section if key not in configs.COMMON_APPROXIMATOR_OPTIONS}
        inputs = {field: shapes[field] for field in STAND_INS[name].inputs} | ({"label": (classes,)} if classes else {})
        made[name] = registry.make("approximator", options, inputs)
        if classes and not getattr(made[name], "TAKES_LABELS", False):
            raise ConfigError(f"approximator {section.name} is not told labels; set config.model.condition to none")
        if section.reads == "mean":
            _let_read_means(made[name], name, section.name)
    return made


def _let_read_means(critic, name, part):
    if getattr(critic, "field", None) != "x":
        raise ConfigError(
            f"config.model.approximators.{name}.reads: {part} for {name} is no critic of x alone; set it to drawn"
        )
    critic.field = "mean_x"


def _jit_compile(config):
    """Whether the steps are compiled by XLA."""
    choice = config.training.jit_compile
    if choice == "on" and replicas.count() > 1:
        raise ConfigError("config.training.jit_compile: on works on one device only; choose auto or off")
    if choice != "auto":
        return choice == "on"
    networks = [config.model.encoder, config.model.decoder]
    networks += [section.network for section in config.model.approximators.values() if "network" in section]
    modules = [registry.find("network", section.name) for section in networks if section.name]
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    return replicas.count() == 1 and (on_gpu or all(getattr(module, "XLA_PAYS_ON_CPU", False) for module in modules))
