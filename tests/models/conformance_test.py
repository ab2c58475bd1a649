"""What every objective, approximator, network and distribution has to do in a model: found by listing the packages.

A step moves exactly the weights that the objective declares; a critic is moved by its own loss alone, and moves nothing else.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo import registry
from zoo.config import ConfigError
from zoo.models.objective import SIDES

LEGAL = [pytest.param(*case, id="-".join([case[0], *case[1].values()])) for case in tiny.legal()]
SIZE = 8


def batch(shape=tiny.VECTOR, size=SIZE):
    """Examples in [0, 1], which every likelihood takes."""
    return tf.constant(np.random.default_rng(0).uniform(size=(size, *shape)), "float32")


def snapshot(model):
    """Network -> list of its trainable weights' values."""
    names = ("encoder", "decoder", "prior", *model.approximators)
    return {name: [variable.numpy() for variable in model.variables_of(name)] for name in names}


def moved(model, before):
    """The networks' weights that differ from a snapshot: a set of (network, position)."""
    now = snapshot(model)
    return {(n, i) for n in now for i, (a, b) in enumerate(zip(before[n], now[n], strict=True)) if not np.array_equal(a, b)}


def declared(model, before):
    """The weights that the objective says a step moves: those of the sides of its phases, and every approximator's."""
    module = model.objective.module
    sides = "".join(getattr(module, name) for name in ("WAKE_MOVES", "SLEEP_MOVES") if hasattr(module, name))
    networks = [network for side in sides for network in SIDES[side]] + list(model.approximators)
    found = {(network, i) for network in networks for i in range(len(before[network]))}
    # A potential is known up to a constant only, so the gradient of the bias of its last layer is zero.
    for name, approximator in model.approximators.items():
        if approximator.KIND == "potential":
            found.discard((name, len(before[name]) - 1))
    return found


def assert_moves_what_it_declares(model, x):
    before = snapshot(model)
    shown = model.train_step(x)
    assert moved(model, before) == declared(model, before)
    assert all(np.isfinite(value) for value in shown.values())
    assert set(shown) == set(model.train_terms)


@pytest.mark.parametrize(("objective", "approximators"), LEGAL)
def test_a_step_moves_exactly_what_the_objective_declares(objective, approximators):
    model = tiny.build(objective, approximators=approximators, optimizers=tiny.sgd())
    assert_moves_what_it_declares(model, batch())


@pytest.mark.parametrize("side", ["P", "Q"])
def test_a_phase_moves_only_its_side(side, monkeypatch):
    """Both phases of the EHM, told to move one side each time."""
    model = tiny.build("extended_helmholtz", optimizers=tiny.sgd())
    for name in ("WAKE_MOVES", "SLEEP_MOVES"):
        monkeypatch.setattr(model.objective.module, name, side)
    assert_moves_what_it_declares(model, batch())


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("name", registry.names("network"))
def test_every_network_trains_as_encoder_decoder_and_critic(name, normalization):
    chosen = tiny.network(name, normalization=normalization)
    # A gradient penalty is refused beside batch normalization.
    critic = tiny.network(name, normalization="layer" if normalization == "batch" else normalization)
    model = tiny.build(
        "extended_helmholtz",
        event_shape=tiny.IMAGE,
        encoder=chosen,
        decoder=chosen,
        approximators={"log_q_x": {"name": "wasserstein", "network": critic}},
        optimizers=tiny.sgd(),
    )
    assert_moves_what_it_declares(model, batch(tiny.IMAGE))


@pytest.mark.parametrize("place", ["likelihood", "posterior"])
@pytest.mark.parametrize("conditional", registry.names("conditional"))
@pytest.mark.parametrize("objective", registry.names("objective"))
def test_every_distribution_trains_or_is_refused_in_one_line(objective, conditional, place):
    if place == "posterior" and not tiny.experiment(objective).model.encoder.name:
        place = "likelihood"
    try:
        model = tiny.build(objective, optimizers=tiny.sgd(), **{place: conditional})
    except ConfigError as error:
        assert "\n" not in str(error)
        assert objective in str(error)
        assert place in str(error)
    else:
        assert_moves_what_it_declares(model, batch())


def test_what_is_refused_has_no_gradient_or_no_density():
    """The rule behind the test above, by name: who is refused, and why."""
    refused = {}
    for objective in ("vae", "symmetric_vae", "extended_helmholtz", "gan"):
        for place, conditional in [("likelihood", "bernoulli"), ("likelihood", "deterministic"), ("posterior", "bernoulli")]:
            try:
                tiny.build(
                    objective, **{place: conditional} if place == "likelihood" else {place: conditional, "encoder": tiny.MLP}
                )
            except ConfigError as error:
                refused[objective, place, conditional] = str(error)
    no_density = {("likelihood", "deterministic"): ["vae", "symmetric_vae", "extended_helmholtz"]}
    no_gradient = {
        ("likelihood", "bernoulli"): ["symmetric_vae", "extended_helmholtz", "gan"],
        ("posterior", "bernoulli"): ["vae", "symmetric_vae", "extended_helmholtz"],
    }
    for reason, rule in {"needs log_p_x_given_z": no_density, "has no pathwise gradient": no_gradient}.items():
        for (place, conditional), objectives in rule.items():
            assert all(reason in refused.pop((objective, place, conditional)) for objective in objectives)
    assert not refused


# Critics on one side, encoder and decoder on the other.

WITH_CRITIC = [case for case in LEGAL if case.values[1]]


def step(model, x):
    """How far one step moves each network."""
    before = snapshot(model)
    model.train_step(x)
    now = snapshot(model)
    return {name: [b - a for a, b in zip(before[name], now[name], strict=True)] for name in now}


@pytest.mark.parametrize(("objective", "approximators"), WITH_CRITIC)
def test_no_critic_is_moved_by_a_phase(objective, approximators):
    """Phase losses of ten times the weight move the critics no further, and encoder and decoder ten times as far."""
    plain = tiny.build(objective, approximators=approximators, optimizers=tiny.sgd(1e-3))
    heavy = tiny.build(objective, approximators=approximators, optimizers=tiny.sgd(1e-3))
    loss = heavy.objective.loss
    heavy.objective.loss = lambda *arguments: 10 * loss(*arguments)
    one, ten = step(plain, batch()), step(heavy, batch())
    for name in one:
        factor = 1 if name in plain.approximators else 10
        for a, b in zip(one[name], ten[name], strict=True):
            # Weights of order 1 round at 1e-7, in both models.
            np.testing.assert_allclose(b, factor * a, rtol=1e-2, atol=3e-6)
    assert max(np.abs(a).max() for a in one["decoder"]) > 1e-4


@pytest.mark.parametrize(("objective", "approximators"), WITH_CRITIC)
def test_encoder_and_decoder_are_not_moved_by_a_critics_loss(objective, approximators, monkeypatch):
    """With what the critics say held still, critic losses of ten times the weight change nothing in the other networks."""
    updates = []
    for weight in (1, 10):
        model = tiny.build(objective, approximators=approximators, optimizers=tiny.sgd(1e-3))
        for approximator in model.approximators.values():
            losses = approximator.losses
            still = lambda at, field=getattr(approximator, "field", "x"): tf.reduce_sum(getattr(at, field) ** 2, axis=1)  # noqa: E731
            scaled = lambda *a, losses=losses, weight=weight: {k: weight * v for k, v in losses(*a).items()}  # noqa: E731
            monkeypatch.setattr(approximator, "value", still)
            monkeypatch.setattr(approximator, "losses", scaled)
        updates.append((step(model, batch()), model))
    (one, model), (ten, _) = updates
    for name in one:
        if name not in model.approximators:
            for a, b in zip(one[name], ten[name], strict=True):
                np.testing.assert_array_equal(a, b)
        elif one[name]:
            assert max(np.abs(b).max() for b in ten[name]) > 5 * max(np.abs(a).max() for a in one[name])
