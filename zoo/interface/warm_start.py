"""Weights to start a run from, network by network: those of another run, of a .keras file, or of an exported model."""

from zoo import paths
from zoo.config import ConfigError
from zoo.export import load
from zoo.interface.keras_file import load_model
from zoo.models import parts
from zoo.training.workdir import restore


def start(model, training):
    """Puts the weights that `config.training.start_from` names into a model that takes its first step.

    Args:
      model: a TrainableModel.
      training: the section of the config: `start_from`, and `start_networks`, or all that both models have.

    Raises:
      ConfigError: one line, for a source that cannot be read, or a network that it does not have, or of another shape.
    """
    source, asked = training.start_from, training.start_networks
    own = weights(model)
    try:
        found = _found(source, own)
    except (ValueError, OSError) as error:
        raise ConfigError(f"config.training.start_from: {str(error).partition(chr(10))[0]}") from error
    for name in asked:
        if name not in found or name not in own:
            both = [each for each in own if each in found]
            raise ConfigError(
                f"config.training.start_networks: {name!r} is not in both models; choose from {', '.join(both) or 'none'}"
            )
    chosen = asked or [name for name in own if name in found]
    if not chosen:
        raise ConfigError(f"config.training.start_from: {source} has none of the networks {', '.join(own)}")
    for name in chosen:
        _check(source, name, own[name], found[name])
    for name in chosen:
        for variable, value in zip(own[name], found[name], strict=True):
            variable.assign(value)
    if model.training_step.averages:
        model.training_step.averages.restart()


def weights(model):
    """{network: its variables, statistics of normalizations among them}, without networks that have none."""
    found = {name: [variable for part in own for variable in part.variables] for name, own in parts.owners(model).items()}
    return {name: variables for name, variables in found.items() if variables}


def _found(source, own):
    """{network: arrays} of what a source holds, the averages where it has them."""
    path = paths.expanded(source)
    if (path / "config.json").is_file():
        return {name: list(map(_value, variables)) for name, variables in weights(restore(path)[0]).items()}
    if path.suffix == ".keras":
        model = load_model(path)
        with model.averaged():
            return {name: list(map(_value, variables)) for name, variables in weights(model).items()}
    return _exported(load(source), own)


def _value(variable):
    return variable.numpy()


def _exported(loaded, own):
    """An export has an encoder, a decoder, and one critic of all approximators; a prior's weights are not told apart."""
    found = {
        name: list(map(_value, getattr(loaded, name).variables)) for name in ("encoder", "decoder") if hasattr(loaded, name)
    }
    critics = [name for name in own if name not in ("encoder", "decoder", "prior")]
    if hasattr(loaded, "critic") and len(critics) == 1:
        found[critics[0]] = list(map(_value, loaded.critic.variables))
    return found


def _check(source, name, own, found):
    wanted, shapes = [tuple(variable.shape) for variable in own], [value.shape for value in found]
    if wanted != shapes:
        differ = next((pair for pair in zip(wanted, shapes, strict=False) if pair[0] != pair[1]), (len(wanted), len(shapes)))
        raise ConfigError(
            f"config.training.start_from: the network {name} of {source} has other weights ({differ[1]} where this model has "
            f"{differ[0]}); leave it out of config.training.start_networks"
        )
