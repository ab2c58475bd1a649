"""A model that is one joint P(x, z) (config.model.joint), in place of conditionals and a prior: built, and checked."""

import dataclasses

from zoo import config as configs
from zoo import registry
from zoo.config import ConfigError

REPLACED = ("encoder", "posterior", "decoder", "likelihood", "prior")


def build(config, event_shape, preprocessing):
    """The model of the section `joint`.

    Raises:
      ConfigError: one line, for parts and options that it has no use for.
    """
    sections = config.model
    for part in REPLACED:
        if sections[part].name:
            raise ConfigError(f"config.model.joint takes the place of config.model.{part}; leave {part} out")
    if sections.approximators:
        raise ConfigError("config.model.joint: nothing stands in for a log-density of it; remove config.model.approximators")
    plain = {field.name: field.default for field in dataclasses.fields(configs.Model)}
    for option in (*configs.DRAWING, "num_samples"):
        if sections[option] != plain[option]:
            raise ConfigError(f"config.model.{option}: is of pairs that config.model.joint does not draw; leave it out")
    _check_training(config.training)
    return registry.make("joint", sections.joint, event_shape, sections.latent_size, preprocessing)


def _check_training(training):
    for option, wanted in (("micro_batches", 1), ("precision", "float32")):
        if training[option] != wanted:
            raise ConfigError(f"config.training.{option}: does not go with config.model.joint; set it to {wanted}")


def check(model, objective, config):
    """Refuses an objective, or data, that do not go with a joint.

    Raises:
      ConfigError: one line.
    """
    if lacking := [field for field in objective.needs if not model.has(field)] + list(objective.stand_ins):
        raise ConfigError(
            f"objective {objective.name} needs {lacking[0]}, which config.model.joint lacks; choose contrastive_divergence"
        )
    data, support = config.data, model.likelihood_support
    levels = getattr(model.preprocessing, "levels", None)
    is_binary = data.binarization != "none" or levels == 2
    if support == "binary" and not (is_binary and data.value_range == "unit"):
        raise ConfigError(
            "config.model.joint.visible: binary units take x of 0 and 1; set config.data.binarization (value_range unit), or "
            "visible to normal"
        )
    if support == "real" and is_binary:
        raise ConfigError("config.model.joint.visible: normal units are of real numbers, and these data are binary; set binary")
