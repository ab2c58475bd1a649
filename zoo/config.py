"""What an experiment may hold, typed and checked in one place.

A config file has a function `get_config()` that returns `zoo.experiment(data=..., model=..., training=..., optimizers=...)`.
`experiment` fills in every default, so that the result, an ml_collections.ConfigDict, states the whole experiment and every
field of it can be set by a flag (`--config.model.encoder.hidden_sizes="(64,64)"`, zoo/changes.py).

A part (a network, a prior, an objective ...) is a dictionary with its `name` and its options; which options it has is read
off the function that builds it (zoo/registry.py). An option called like a kind of part (`network`) is a part itself.
Where a float may change during training (a learning rate, an objective's weight, alpha of alpha_svrg) it may be given as a
Keras learning-rate schedule over the steps of the run:
`dict(name="PolynomialDecay", initial_learning_rate=0.0, end_learning_rate=1.0, decay_steps=1000)`.
"""

import copy
import dataclasses
import inspect
import types

import keras
import ml_collections

from zoo import fields, registry
from zoo.fields import ConfigError
from zoo.stand_ins import STAND_INS

__all__ = ["ConfigError", "Data", "Model", "Training", "check", "experiment"]


def option(default, **limits):
    """A field with limits: `minimum`, `above`, `maximum`, `below` or `choices`."""
    return dataclasses.field(default=default, metadata=limits)


def part(kind, default=""):
    """A field that holds a part of a kind; an empty name means that the experiment has none."""
    return dataclasses.field(default=default, metadata={"kind": kind})


@dataclasses.dataclass
class Data:
    """Which examples, and what the model sees of them. The options of the data set itself stand beside these."""

    name: str = "digits"
    batch_size: int = option(100, minimum=1)
    # The range of pixel values the model sees: [0, 1], or [-1, 1].
    value_range: str = option("unit", choices=("unit", "symmetric"))
    # uniform: add U[0, 1) of one grey level before scaling, so that a density over pixels is well defined.
    dequantization: str = option("none", choices=("none", "uniform"))
    # static: pixels are {0, 1} on disk already; dynamic: drawn afresh each time with the grey level as probability.
    binarization: str = option("none", choices=("none", "static", "dynamic", "threshold"))
    threshold: float = option(0.5, above=0.0, below=1.0)
    # Training images are mirrored left to right, each with probability 1/2; and moved by up to so many pixels, edges repeated.
    augment_flip: bool = False
    augment_shift: int = option(0, minimum=0)
    # Share of the training split held out for validation where the data set has no validation split of its own.
    validation_fraction: float = option(0.1, minimum=0.0, below=1.0)
    # Share of a split's pictures that may be impossible to decode: another takes the place of each. Above it the run stops.
    max_unreadable: float = option(0.01, minimum=0.0, below=1.0)


@dataclasses.dataclass
class Model:
    """The distributions, the networks that parameterize them, and the objective that trains them."""

    latent_size: int = option(32, minimum=1)
    # label: P(x|z, y), Q(z|x, y) and the critics are told the label y of an example, one of num_classes.
    condition: str = option("none", choices=("none", "label"))
    num_classes: int = option(0, minimum=0)
    encoder: dict = part("network")
    posterior: dict = part("conditional")
    decoder: dict = part("network")
    likelihood: dict = part("conditional")
    prior: dict = part("prior", "standard_normal")
    # P(x, z) as one part, in place of the five above; "" for a model of these.
    joint: dict = part("joint")
    objective: dict = part("objective", "vae")
    # What stands in for a density that cannot be evaluated: {"log_q_x": a part of kind approximator}.
    approximators: dict = dataclasses.field(default_factory=dict)
    # Draws of z for each x in the wake phase, for objectives that use several.
    num_samples: int = option(1, minimum=1)
    # Standard deviation of the normal noise added to x in the wake phase and in the critic's real batch, in units of x.
    noise_x: float = option(0.0, minimum=0.0)
    # What the encoder reads in training: x as drawn (with noise_x, or from P(x|z)), or clean data and the mean of P(x|z).
    encoder_reads: str = option("drawn", choices=("drawn", "mean"))
    # Standard deviation of the normal noise added to what the encoder reads in training, beside any noise of x itself.
    noise_encoder: float = option(0.0, minimum=0.0)
    # The sleep phase reconstructs sqrt(1 - s^2) z + s e, e ~ N(0, 1), in place of the z that x was drawn from: it is P(z)
    # still, and a latent dimension that x says nothing about may cost less.
    noise_z: float = option(0.0, minimum=0.0, below=1.0)
    # Above 0, log P(x|z) in the wake phase (log Q(z|x) in the sleep phase) is its exact mean over N(x, s^2) (N(z, s^2)): up to
    # a constant, the closed-form KL divergence of that normal in place of a reconstruction loss. Normal families only.
    kld_scale_x: float = option(0.0, minimum=0.0)
    kld_scale_z: float = option(0.0, minimum=0.0)


# The fields of `Model` that say how pairs are drawn in training.
DRAWING = (
    "noise_x",
    "encoder_reads",
    "noise_encoder",
    "noise_z",
    "kld_scale_x",
    "kld_scale_z",
)


@dataclasses.dataclass
class Training:
    """How long, how often, and how compiled."""

    steps: int = option(1000, minimum=1)
    # What the weights start from: a run's folder, a .keras file, or an exported model; "": from the seed. And of which networks
    # (encoder, decoder, log_q_x ...); (): of all that it has.
    start_from: str = ""
    start_networks: tuple = ()
    seed: int = option(0, minimum=0, maximum=2**32 - 1)  # what numpy's generators take
    log_every: int = option(100, minimum=1)
    steps_per_execution: int = option(10, minimum=1)
    # auto: XLA where it was measured to pay (dense networks, or a GPU) and one device holds the model.
    jit_compile: str = option("auto", choices=("auto", "on", "off"))
    # Equal parts that a replica takes its batch in, to need less memory; the update is that of the whole batch.
    micro_batches: int = option(1, minimum=1)
    # bfloat16: the networks' hidden layers compute in it, between float32 weights and float32 heads.
    precision: str = option("float32", choices=("float32", "bfloat16"))
    # Another estimate of the gradients, of less variance, and of which networks (decoder, log_q_x ...); (): of all that it can.
    variance_reduction: dict = part("variance_reduction")
    reduced: tuple = ()
    # 0: no clipping. Otherwise the largest global norm of the summed gradient of one network.
    clip_norm: float = option(0.0, minimum=0.0)
    # Decay of the averaged weights that are evaluated, drawn and exported, a step; 0: none, the weights themselves.
    ema: float = option(0.0, minimum=0.0, below=1.0)
    # Updates whose loss or gradient is not finite are skipped; a run that has skipped more stops. Ten may be an accident.
    max_skipped: int = option(10, minimum=0)
    # Saves come at the end of an execution: after so many seconds, and after so many steps (0: by the clock alone).
    save_every_seconds: float = option(5.0, minimum=0.0)
    save_every: int = option(0, minimum=0)
    keep_checkpoints: int = option(3, minimum=1)
    # Steps between two validations (a multiple of log_every); 0: none.
    validate_every: int = option(0, minimum=0)
    # The trained model is that of the validation with the best negative ELBO; without it, that of the last step.
    keep_best: bool = False
    # Stop after so many validations without a better negative ELBO, and keep the best; 0: never.
    early_stopping_patience: int = option(0, minimum=0)
    # Steps between two image grids (a multiple of log_every); 0: only at the end.
    pictures_every: int = option(0, minimum=0)


SECTIONS = {"data": Data, "model": Model, "training": Training}
# steps: of the critic an iteration. reads: x as drawn (with noise_x, or from P(x|z)), or clean data and the mean of P(x|z).
COMMON_APPROXIMATOR_OPTIONS = {"steps": 1, "reads": "drawn"}


def _part(path, kind, given):
    """A part with every option filled in from the signature of what builds it."""
    given = fields.part(path, given)
    name = given.pop("name", "")
    if not name:
        fields.unknown(path, given, ())
        return {"name": ""}
    try:
        options = registry.options(kind, name)
    except registry.UnknownPartError as error:
        fields.fail(f"{path}.name", str(error))
    fields.unknown(path, given, {"name", *options})
    return {"name": name} | _options(path, options, given, _scheduled(kind, name, options))


def _scheduled(kind, name, options):
    """The options of a part that may be schedules: an objective's are looked up at each step, others as their module says."""
    return tuple(options) if kind == "objective" else getattr(registry.find(kind, name), "SCHEDULED", ())


def _options(path, options, given, scheduled=()):
    filled = {}
    for key, parameter in options.items():
        here = f"{path}.{key}"
        if key in registry.KINDS:
            filled[key] = _part(here, key, given.get(key, {}))
            if parameter.default is registry.REQUIRED and not filled[key]["name"]:
                fields.fail(f"{here}.name", f"is required; choose from {', '.join(registry.names(key))}")
        elif key in given:
            default = parameter.annotation() if parameter.default is registry.REQUIRED else parameter.default
            filled[key] = fields.value(here, given[key], default, key in scheduled)
        elif parameter.default is registry.REQUIRED:
            fields.fail(here, f"is required: give it a value of type {parameter.annotation.__name__}")
        else:
            filled[key] = parameter.default
    return filled


def _section(name, given, extra=types.MappingProxyType({})):
    schema = {field.name: field for field in dataclasses.fields(SECTIONS[name])}
    fields.unknown(name, given, {*schema, *extra})
    filled = {}
    for key, field in schema.items():
        here = f"{name}.{key}"
        if "kind" in field.metadata:
            filled[key] = _part(here, field.metadata["kind"], given.get(key, field.default))
        elif field.default is not dataclasses.MISSING:
            filled[key] = fields.within(here, fields.typed(here, given.get(key, field.default), field.default), field.metadata)
    return filled | _options(name, extra, given)


def _data_options(name):
    try:
        return registry.options("data", name if registry.has("data", name) else "tfds")  # any other name is TFDS's to know
    except registry.UnknownPartError as error:
        fields.fail("data.name", str(error))


def _data(given):
    return _section("data", given, _data_options(fields.part("data", {"name": Data.name} | given)["name"]))


def _approximators(given):
    fields.unknown("model.approximators", given, STAND_INS)
    filled = {}
    for key, value in given.items():
        path = f"model.approximators.{key}"
        value = fields.part(path, value)
        common = {k: value.pop(k, default) for k, default in COMMON_APPROXIMATOR_OPTIONS.items()}
        fields.within(f"{path}.steps", fields.typed(f"{path}.steps", common["steps"], 1), {"minimum": 1})
        fields.within(f"{path}.reads", common["reads"], {"choices": ("drawn", "mean")})
        filled[key] = _part(path, "approximator", value) | common
        if not filled[key]["name"]:
            fields.fail(f"{path}.name", f"unknown approximator ''; choose from {', '.join(registry.names('approximator'))}")
    return filled


def _optimizer_options(path, name):
    cls = getattr(keras.optimizers, name, None)
    # The base class is none, and what wraps another optimizer (loss scaling) has no learning rate of its own.
    concrete = inspect.isclass(cls) and issubclass(cls, keras.optimizers.Optimizer) and cls is not keras.optimizers.Optimizer
    if not concrete or "learning_rate" not in inspect.signature(cls).parameters:
        fields.fail(
            f"{path}.name", f"unknown optimizer {name!r}; choose from Adam, AdamW, RMSprop, SGD, ... (keras.optimizers)"
        )
    # What Keras does once per replica before the all-reduce, or not at all under a strategy, is done by the step itself.
    return {
        key: parameter.default
        for key, parameter in inspect.signature(cls).parameters.items()
        if isinstance(parameter.default, (bool, float)) and key not in ("use_ema", "ema_momentum")
    }


def _optimizer(path, given):
    given = {"name": "Adam", "learning_rate": 1e-3} | fields.part(path, given)
    numeric = _optimizer_options(path, given["name"])
    fields.unknown(path, given, {"name", *numeric})
    for key in numeric.keys() & given.keys():
        numeric[key] = fields.value(f"{path}.{key}", given[key], numeric[key], key == "learning_rate")
    rate = numeric["learning_rate"]
    if isinstance(rate, float):
        fields.within(f"{path}.learning_rate", rate, {"above": 0})
    return {"name": given["name"]} | numeric


def experiment(*, data, model, training, optimizers=types.MappingProxyType({})):
    """The whole experiment with every default filled in and everything checked.

    Args:
      data, model, training, optimizers: dictionaries with the fields of `Data`, `Model` and `Training`; `optimizers` has one
        entry a network (encoder, decoder, prior, approximators; joint): `dict(name="Adam", learning_rate=1e-3, beta_1=0.5)`,
        a class of keras.optimizers and its numbers.

    Returns:
      An ml_collections.ConfigDict.

    Raises:
      ConfigError: one line, naming the field.
    """
    given = {"data": data, "model": model, "training": training, "optimizers": optimizers}
    data, model, training, optimizers = (fields.section(name, section) for name, section in given.items())
    approximators = _approximators(fields.section("model.approximators", model.pop("approximators", {})))
    if model.get("joint"):
        model = {"prior": "", "objective": "contrastive_divergence"} | model
    model = _section("model", model) | {"approximators": approximators}
    if model["joint"]["name"] and model["condition"] != "none":
        fields.fail("model.condition", "a joint density is not told labels; set it to none")
    fields.unknown("optimizers", optimizers, networks(model))
    config = {
        "data": _data(data),
        "model": model,
        "training": _section("training", training),
        "optimizers": {key: _optimizer(f"optimizers.{key}", optimizers.get(key, {})) for key in networks(model)},
    }
    _check_steps(config["training"])
    return ml_collections.ConfigDict(config)


def _check_steps(training):
    every = training["log_every"]
    for key in ("validate_every", "pictures_every"):
        if training[key] % every:
            fields.fail(f"training.{key}", f"must be a multiple of training.log_every = {every}, found {training[key]}")
    for key in ("early_stopping_patience", "keep_best"):
        if training[key] and not training["validate_every"]:
            fields.fail(f"training.{key}", "needs validations: set training.validate_every")


def plain(config):
    """A config as nested dictionaries of its own."""
    if not hasattr(config, "items"):
        raise ConfigError(f"config: expected what zoo.experiment returns, found {config!r}")
    return {key: plain(value) if hasattr(value, "items") else copy.copy(value) for key, value in config.items()}


def check(config):
    """The same experiment, checked again after fields were set.

    Args:
      config: what `experiment` returns, or a dictionary of its sections.

    Raises:
      ConfigError: one line, naming the field.
    """
    sections = plain(config)
    fields.unknown("", sections, (*SECTIONS, "optimizers"))
    for name in SECTIONS:
        if name not in sections:
            fields.fail(name, "is required")
    return experiment(**sections)


def networks(model):
    """What has an optimizer, of the section `model`."""
    joint = fields.part("model.joint", model.get("joint", ""))
    return ("joint",) if joint.get("name") else ("encoder", "decoder", "prior", *model.get("approximators", {}))


def options_at(path, name):
    """The fields that the section at a path has if it holds what this name says; None if nothing has this name."""
    keys = path.split(".")
    of_model = {field.name: field.metadata.get("kind") for field in dataclasses.fields(Model)}
    kind = "approximator" if keys[-1] in STAND_INS else of_model.get(keys[-1], keys[-1])
    try:
        if keys == ["data"]:
            return {*_data_options(name), *(field.name for field in dataclasses.fields(Data))}
        if keys[0] == "optimizers" and len(keys) == 2:
            return {"name", *_optimizer_options(path, name)}
        if kind in registry.KINDS:
            return {"name", *COMMON_APPROXIMATOR_OPTIONS, *(registry.options(kind, name) if name else ())}
        return {"name", *fields.schedule_options(path, name)}
    except (ConfigError, registry.UnknownPartError):
        return None
