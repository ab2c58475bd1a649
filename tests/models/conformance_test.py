"""What every objective, approximator, network and distribution has to do in a model: found by listing the packages.

A step moves exactly the weights that the objective declares; a critic is moved by its own loss alone, and moves nothing else.
Every part is in the quick tests at least once; all combinations are slow ones.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo import registry
from zoo.config import ConfigError
from zoo.models.pair import Pair

REPRESENTATIVE = "extended_helmholtz"
# Of these f is known up to a constant only.
UP_TO_A_CONSTANT = ("Wasserstein", "Relativistic", "SelfNormalized")


def case(objective, approximators, quick):
    """A parameter of a test, which is a slow one or a quick one."""
    name = "-".join([objective, *approximators.values()])
    return pytest.param(objective, approximators, id=name, marks=[] if quick else pytest.mark.slow)


LEGAL = [case(*pair, quick=pair[0] == REPRESENTATIVE or pair[1] == tiny.usual(pair[0])) for pair in tiny.legal()]
WITH_CRITIC = [case(*pair, quick=pair[0] == REPRESENTATIVE) for pair in tiny.legal() if pair[1]]


def batch(shape=tiny.VECTOR, size=8):
    """Examples in (0, 1), which every likelihood takes."""
    return tf.constant(np.random.default_rng(0).uniform(size=(size, *shape)), "float32")


def snapshot(model):
    """Network -> list of its trainable weights' values."""
    return {name: [variable.numpy() for variable in variables] for name, variables in model.networks().items()}


def moved(model, before):
    """The weights that differ from a snapshot: a set of (network, position)."""
    now = snapshot(model)
    return {(n, i) for n in now for i, (a, b) in enumerate(zip(before[n], now[n], strict=True)) if not np.array_equal(a, b)}


def declared(model, before):
    """The weights that the objective says a step moves: those of the sides of its phases, and every approximator's."""
    module = model.training_step.objective.module
    sides = "".join(getattr(module, name) for name in vars(module) if name.endswith("_MOVES"))
    networks = [network for side in sides for network in model.SIDES[side]] + list(model.approximators)
    return {(network, i) for network in networks for i in range(len(before.get(network, [])))}


def constants(model, before):
    """The biases that only add a constant to an f which is known up to one: their gradient is 0, or rounds to it."""
    known = {name: type(approximator).__name__ for name, approximator in model.approximators.items()}
    return {(name, len(before[name]) - 1) for name, kind in known.items() if kind in UP_TO_A_CONSTANT}


def assert_moves_what_it_declares(model, x):
    before = snapshot(model)
    model.train_step(x)
    # A second step, because a layer that starts at zero hides the layers before it from the first one.
    shown = model.train_step(x)
    free = constants(model, before)
    assert moved(model, before) - free == declared(model, before) - free
    assert all(np.isfinite(value) for value in shown.values())
    assert set(shown) == set(model.training_step.train_terms)


@pytest.mark.parametrize(("objective", "approximators"), LEGAL)
def test_a_step_moves_exactly_what_the_objective_declares(objective, approximators):
    model = tiny.build(objective, approximators=approximators, optimizers=tiny.sgd())
    assert_moves_what_it_declares(model, batch())


@pytest.mark.parametrize("side", ["P", "Q"])
def test_a_phase_moves_only_its_side(side, monkeypatch):
    """Both phases of the EHM, told to move one side."""
    for name in ("WAKE_MOVES", "SLEEP_MOVES"):
        monkeypatch.setattr(registry.find("objective", "extended_helmholtz"), name, side)
    model = tiny.build("extended_helmholtz", optimizers=tiny.sgd())
    assert_moves_what_it_declares(model, batch())


@pytest.mark.parametrize("normalization", ["none", "batch", pytest.param("layer", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", registry.names("network"))
def test_every_network_trains_as_encoder_decoder_and_critic(name, normalization):
    chosen = tiny.network(name, normalization=normalization)
    # A gradient penalty is refused beside batch normalization.
    critic = tiny.network(name, normalization="none" if normalization == "batch" else normalization)
    model = tiny.build(
        REPRESENTATIVE,
        event_shape=tiny.IMAGE,
        encoder=chosen,
        decoder=tiny.network("dcgan") if name == "patch" else chosen,  # patch goes down only
        approximators={"log_q_x": {"name": "wasserstein", "network": critic}},
        optimizers=tiny.sgd(),
    )
    assert_moves_what_it_declares(model, batch(tiny.IMAGE))


# Distributions: a pathwise objective and one that holds samples fixed are the quick ones.
QUICK = (REPRESENTATIVE, "wake_sleep")
PLACED = [
    pytest.param(objective, place, name, id=f"{objective}-{place}-{name}", marks=[] if objective in QUICK else pytest.mark.slow)
    for objective in registry.names("objective")
    for place in ("posterior", "likelihood")
    for name in registry.names("conditional")
    if (objective, place) != ("gan", "posterior")
]


def assert_trains_or_is_refused(place, objective, **parts):
    """A refusal is one line, which names the place of the part."""
    try:
        model = tiny.build(objective, optimizers=tiny.sgd(), **parts)
    except ConfigError as error:
        reason = str(error)
    else:
        return assert_moves_what_it_declares(model, batch())
    assert place in reason
    assert "\n" not in reason


@pytest.mark.parametrize(("objective", "place", "conditional"), PLACED)
def test_every_distribution_trains_or_is_refused_in_one_line(objective, place, conditional):
    assert_trains_or_is_refused(place, objective, **{place: tiny.part("conditional", conditional)})


@pytest.mark.parametrize("prior", registry.names("prior"))
def test_every_prior_trains_or_is_refused_in_one_line(prior):
    assert_trains_or_is_refused("prior", REPRESENTATIVE, prior=tiny.part("prior", prior))


PATHWISE = ("vae", "symmetric_vae", "extended_helmholtz")


@pytest.mark.parametrize(
    ("objectives", "parts", "reason"),
    [
        (PATHWISE, {"likelihood": "deterministic"}, "needs log_p_x_given_z"),
        (PATHWISE, {"posterior": "bernoulli", "prior": "bernoulli"}, "no pathwise gradient"),
        (("symmetric_vae", "extended_helmholtz", "gan"), {"likelihood": "bernoulli"}, "no pathwise gradient"),
    ],
)
def test_what_has_no_density_or_no_gradient_is_refused(objectives, parts, reason):
    for objective in objectives:
        with pytest.raises(ConfigError, match=reason):
            tiny.build(objective, **parts)


# Critics on one side, encoder and decoder on the other.


def updates(model, x):
    """Network -> how far one step moves each of its weights."""
    before = snapshot(model)
    model.train_step(x)
    now = snapshot(model)
    return {name: [b - a for a, b in zip(before[name], now[name], strict=True)] for name in now}


@pytest.mark.parametrize(("objective", "approximators"), WITH_CRITIC)
def test_no_critic_is_moved_by_a_phase(objective, approximators):
    """Phase losses of twice the weight move the critics no further, and encoder and decoder twice as far."""
    found = []
    for weight in (1, 2):
        model = tiny.build(objective, approximators=approximators, optimizers=tiny.sgd(1e-3))
        loss = model.training_step.objective.loss
        model.training_step.objective.loss = lambda *arguments, loss=loss, weight=weight: weight * loss(*arguments)
        found.append(updates(model, batch()))
    for name in found[0]:
        factor = 1 if name in approximators else 2
        for one, two in zip(found[0][name], found[1][name], strict=True):
            # Updates are differences of weights of order 1, which round at 1e-7.
            np.testing.assert_allclose(two, factor * one, atol=1e-6)
    assert max(np.abs(one).max() for one in found[0]["decoder"]) > 1e-4


@pytest.mark.parametrize(("objective", "approximators"), WITH_CRITIC)
def test_encoder_and_decoder_are_not_moved_by_a_critics_loss(objective, approximators, monkeypatch):
    """With what the critics say held still, critic losses of twice the weight change nothing in the other networks."""
    monkeypatch.setattr(
        Pair, "_stand_in", lambda pair, name: tf.reduce_sum(pair.x**2, axis=1) + tf.reduce_sum(pair.z**2, axis=1)
    )
    features = property(lambda pair: -tf.reduce_sum(pair.likelihood.mean() ** 2, 1))
    monkeypatch.setattr(Pair, "log_p_features_given_z", features, raising=False)
    found = []
    for weight in (1, 2):
        model = tiny.build(objective, approximators=approximators, optimizers=tiny.sgd(1e-3))
        for approximator in model.approximators.values():
            losses = approximator.losses
            heavy = lambda *pairs, losses=losses, weight=weight: {k: weight * v for k, v in losses(*pairs).items()}  # noqa: E731
            monkeypatch.setattr(approximator, "losses", heavy)
        found.append(updates(model, batch()))
    for name in found[0]:
        same = [np.array_equal(one, two) for one, two in zip(found[0][name], found[1][name], strict=True)]
        if name not in approximators:
            assert all(same), name
        elif same:
            assert not all(same), name
