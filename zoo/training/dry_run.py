"""What a run would be: the resolved config, parameter counts, and the memory it needs."""

import math

import keras

from zoo import data as data_sets
from zoo.models import build
from zoo.training.loop import check_run

BYTES = 4  # float32


def _parameters(model):
    return {name: sum(math.prod(v.shape) for v in variables) for name, variables in model.networks().items()}


def _networks(model):
    parts = model.named_parts().values()
    networks = [part if isinstance(part, keras.Model) else getattr(part, "network", None) for part in parts]
    return [network for network in networks if network is not None]


def _tells(network):
    """Whether a network knows what its layers put out: a subclass of keras.Model does not."""
    return hasattr(network, "inputs")


def _activations(model, batch_size):
    """The outputs of all layers at one batch, for each pass of a step that is kept for a gradient."""
    layers = [layer for network in _networks(model) if _tells(network) for layer in network.layers]
    passes = 1 + sum(model.KINDS[phase].generated for phase in model.training_step.objective.phases)
    return passes * batch_size * sum(math.prod(layer.output.shape[1:]) for layer in layers)


def describe(config, data_dir=None, check=None):
    """The text of `--dry_run`. Raises what the run would raise, and writes nothing; `check` as for zoo.training.loop.train."""
    data = data_sets.load(config.data, data_dir)
    model = build(config, data=data)
    check_run(config, data, model)
    if check:
        check(model)
    parameters = _parameters(model)
    slots = sum(math.prod(v.shape) for chosen in model.training_step.optimizers.values() for v in chosen.variables)
    weights = 2 * sum(parameters.values()) + slots  # with one gradient each
    memory = BYTES * (weights + _activations(model, config.data.batch_size))
    lines = [str(config).rstrip(), "", f"examples: {', '.join(f'{split} {data.size(split):,}' for split in data.splits)}"]
    lines += [f"parameters of {name}: {count:,}" for name, count in parameters.items()]
    lines += [f"memory for weights, gradients, optimizers and activations: about {memory / 2**20:,.1f} MiB"]
    if not all(map(_tells, _networks(model))):
        lines += ["and what the layers inside of subclasses of keras.Model put out, which these do not tell"]
    return "\n".join(lines)
