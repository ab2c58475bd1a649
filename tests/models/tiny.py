"""The smallest experiment of every objective, and the same for each network, distribution and approximator found."""

import itertools

import zoo
from zoo import registry
from zoo.config import ConfigError

MLP = {"name": "mlp", "hidden_sizes": (5,), "activation": "tanh"}  # tanh: no unit is dead, so that every weight moves
NETWORKS = ("encoder", "decoder", "prior", "log_q_x")
VECTOR, IMAGE = (4,), (8, 8, 1)


def part(kind, name, **chosen):
    """A part's section, with a small network wherever the part asks for one."""
    networks = {key: MLP for key in registry.options(kind, name) if key == "network"}
    return {"name": name} | networks | chosen


def sgd(rate=0.01):
    """Plain gradient descent for every network: an update is the gradient times the rate."""
    return {name: {"name": "SGD", "learning_rate": rate} for name in NETWORKS}


def experiment(objective, *, approximator="wasserstein", optimizers=None, training=None, **model):
    """A config with all that the objective needs; `model` replaces parts, None removes one."""
    needs = registry.find("objective", objective).NEEDS
    parts = {"latent_size": 3, "objective": objective, "decoder": MLP, "likelihood": "deterministic"}
    if "log_p_x_given_z" in needs:
        parts["likelihood"] = {"name": "normal", "scale": "global"}
    if "log_q_z_given_x" in needs:
        parts |= {"encoder": MLP, "posterior": "normal"}
    if "log_q_x" in needs:
        section = part("approximator", approximator) if isinstance(approximator, str) else approximator
        parts["approximators"] = {"log_q_x": section}
    return zoo.experiment(
        data={},
        model=parts | model,
        training={"jit_compile": "off", "steps_per_execution": 1} | (training or {}),
        optimizers=optimizers or {},
    )


def build(objective, event_shape=VECTOR, **options):
    """The tiny model of an objective."""
    return zoo.build(experiment(objective, **options), event_shape=event_shape)


def kinds():
    """Approximator -> what its f is: density, ratio or potential."""
    found = {}
    for name in registry.names("approximator"):
        section = part("approximator", name)
        found[name] = registry.make("approximator", section, VECTOR).KIND
    return found


def legal_pairs():
    """(objective, approximator or None) of every combination that an objective allows."""
    for objective in registry.names("objective"):
        allowed = getattr(registry.find("objective", objective), "LOG_Q_X", ())
        yield from itertools.product([objective], [n for n, kind in kinds().items() if kind in allowed] or [None])
