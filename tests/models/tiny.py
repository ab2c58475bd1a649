"""The smallest experiment of every objective, and the same for each network, distribution and approximator found."""

import functools

import zoo
from zoo import registry
from zoo.stand_ins import STAND_INS

VECTOR, IMAGE, LATENT = (4,), (16, 16, 1), 3
NETWORKS = ("encoder", "decoder", "prior", *STAND_INS)
# Options of this name and type, whatever part has them. tanh: no unit is dead, so that every weight moves.
SMALL = {"hidden_sizes": (5,), "activation": "tanh", "width": 4, "num_couplings": 2, "layers": 2, "components": 3}


def part(kind, name, **chosen):
    """A part's section, small, with a small network wherever the part asks for one."""
    options = registry.options(kind, name)
    small = {key: value for key, value in SMALL.items() if key in options and options[key].annotation is type(value)}
    networks = {key: MLP for key in options if key == "network"}
    return {"name": name} | small | networks | chosen


def network(name, **chosen):
    """A network's section, small."""
    return part("network", name, **chosen)


MLP = network("mlp")


def sgd(rate=0.01):
    """Plain gradient descent for every network: an update is the gradient times the rate."""
    return {name: {"name": "SGD", "learning_rate": rate} for name in (*NETWORKS, "joint")}


def stand_ins(objective):
    """The approximators that an objective cannot do without, and those that may be each: {log_q_x: [wasserstein, ...]}."""
    module = registry.find("objective", objective)
    named = getattr(module, "STAND_INS", ())
    # The prior is log P(z) itself; anything may stand in for it only where the objective asks for a stand-in.
    fields = [field for field in STAND_INS if field in named or (field in module.NEEDS and field != "log_p_z")]
    takes, told = getattr(module, "TAKES", {}), "log_p_features_given_z" in module.NEEDS
    return {
        field: [name for name in registry.names("approximator") if suits(name, field, takes.get(field), told)]
        for field in fields
    }


@functools.cache
def suits(approximator, field, kinds, tells_features=False):
    """Whether an approximator can stand in for a field, is of one of these kinds (None: of any), and has features if asked."""
    module = registry.find("approximator", approximator)
    if field not in module.STANDS_IN_FOR:
        return False
    shapes = {"x": VECTOR, "z": (LATENT,)}
    made = registry.make(
        "approximator", part("approximator", approximator), {key: shapes[key] for key in STAND_INS[field].inputs}
    )
    return (kinds is None or made.KIND in kinds) and (not tells_features or hasattr(made, "log_p_features_given_z"))


def usual(objective):
    """Stand-in -> an approximator that an objective takes for it, a Wasserstein critic where it may be one."""
    return {field: "wasserstein" if "wasserstein" in names else names[0] for field, names in stand_ins(objective).items()}


def legal():
    """(objective, approximators) of every objective, once with each approximator that it takes; the usual ones first."""
    for objective in registry.names("objective"):
        first = usual(objective)
        yield objective, first
        for field, names in stand_ins(objective).items():
            yield from ((objective, first | {field: name}) for name in names if name != first[field])


def options(objective, approximators):
    """What an objective has to be told about its approximators."""
    suited = {"logistic": "non_saturating", "feature_critic": "non_saturating", "wasserstein": "wasserstein"}
    return {"generator_loss": suited[approximators["log_q_x"]]} if objective == "gan" and approximators else {}


def experiment(objective, approximators=None, *, optimizers=None, training=None, **model):
    """A config with all that the objective needs; `model` replaces parts.

    Args:
      objective: its name, or its section.
      approximators: stand-in -> name or section, or None for none at all; those left out are the usual ones.
      optimizers, training, **model: go to `zoo.experiment`.
    """
    section = {"name": objective} if isinstance(objective, str) else objective
    objective = section["name"]
    module = registry.find("objective", objective)
    if "unnormalized_log_p" in module.NEEDS:
        return joint_experiment(section, optimizers=optimizers, training=training, **model)
    chosen = {field: given for field, given in (usual(objective) | (approximators or {})).items() if given is not None}
    names = {field: given if isinstance(given, str) else given["name"] for field, given in chosen.items()}
    parts = {"latent_size": LATENT, "objective": options(objective, names) | section}
    parts |= {"decoder": MLP, "likelihood": "deterministic"}
    if "log_p_x_given_z" in module.NEEDS:
        parts["likelihood"] = {"name": "normal", "scale": "global"}
    if hasattr(module, "wake_loss") or "log_q_z_given_x" in module.NEEDS or "feature_critic" in names.values():
        parts |= {"encoder": MLP, "posterior": "normal"}
    if getattr(module, "SEVERAL_SAMPLES", False):
        parts["num_samples"] = 2
    parts["approximators"] = {
        field: part("approximator", given) if isinstance(given, str) else given for field, given in chosen.items()
    }
    return zoo.experiment(
        data={},
        model=parts | model,
        training={"jit_compile": "off", "steps_per_execution": 1} | (training or {}),
        optimizers={name: section for name, section in (optimizers or {}).items() if name in {*NETWORKS[:3], *chosen}},
    )


def joint_experiment(objective="contrastive_divergence", *, optimizers=None, training=None, **model):
    """A config of a joint; `model` replaces parts, `joint` among them: a section, or options of a Boltzmann machine."""
    machine = {"name": "boltzmann_machine", "chains": 8} | model.pop("joint", {})
    visible = "real" if machine.get("visible") == "normal" else "binary"
    return zoo.experiment(
        data={"binarization": "none" if visible == "real" else "threshold"},
        model={"latent_size": LATENT, "objective": objective, "joint": machine} | model,
        training={"jit_compile": "off", "steps_per_execution": 1} | (training or {}),
        optimizers={name: section for name, section in (optimizers or {}).items() if name == "joint"},
    )


def build(objective, event_shape=VECTOR, **options):
    """The tiny model of an objective."""
    return zoo.build(experiment(objective, **options), event_shape=event_shape)
