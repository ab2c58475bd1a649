"""Configs with some fields changed: what a change says, and what goes with it."""

import re

import pytest
from hypothesis import HealthCheck, given, settings, strategies

import zoo
from zoo.changes import changed
from zoo.config import ConfigError

MLP = {"name": "mlp", "hidden_sizes": (8,)}
SCHEDULE = {"name": "PolynomialDecay", "initial_learning_rate": 0.0, "end_learning_rate": 1.0, "decay_steps": 10}


@pytest.fixture
def ehm():
    """An experiment with something of everything."""
    return zoo.experiment(
        data={"name": "digits"},
        model={
            "encoder": MLP | {"normalization": "layer"},
            "posterior": "normal",
            "decoder": MLP,
            "likelihood": {"name": "normal", "scale": "global"},
            "objective": "extended_helmholtz",
            "approximators": {"log_q_x": {"name": "wasserstein", "network": MLP}},
        },
        training={"steps": 7},
        optimizers={"log_q_x": {"learning_rate": 0.1}},
    )


def test_what_is_not_named_stays(ehm):
    before = ehm.to_dict()
    after = changed(ehm, {"training.steps": 8, "model.encoder.hidden_sizes": (3, 4)}).to_dict()
    assert ehm.to_dict() == before
    assert (after["training"].pop("steps"), before["training"].pop("steps")) == (8, 7)
    assert (after["model"]["encoder"].pop("hidden_sizes"), before["model"]["encoder"].pop("hidden_sizes")) == ((3, 4), (8,))
    assert after == before


def test_nothing_changed_is_the_same_experiment(ehm):
    assert changed(ehm, {}) == ehm


@pytest.mark.parametrize("path", ["model.likelihood", "model.likelihood.name"])
def test_naming_a_part_drops_the_options_that_only_the_part_before_it_had(ehm, path):
    assert "scale" not in changed(ehm, {path: "bernoulli"}).model.likelihood
    with pytest.raises(ConfigError, match=r"^config.model.likelihood.scale: unknown field"):
        changed(ehm, {path: "bernoulli", "model.likelihood.scale": "global"})


def test_naming_a_part_keeps_the_options_that_both_have(ehm):
    assert changed(ehm, {"model.encoder": "resnet"}).model.encoder.normalization == "layer"
    assert changed(ehm, {"optimizers.log_q_x": "SGD"}).optimizers.log_q_x.learning_rate == 0.1


def test_a_dictionary_takes_the_place_of_a_whole_section(ehm):
    assert changed(ehm, {"model.encoder": {"name": "mlp"}}).model.encoder.hidden_sizes != (8,)
    assert changed(ehm, {"model.objective": {"name": "bridge", "k": SCHEDULE}}).model.objective.k.to_dict() == SCHEDULE
    # A config's own section too.
    assert changed(ehm, {"model.encoder": ehm.model.decoder}).model.encoder == ehm.model.decoder


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_changes_does_not_matter(ehm, order):
    changes = [("model.objective", "vae"), ("model.objective.kl_weight", 0.5), ("model.approximators", {})][::order]
    after = changed(ehm, dict(changes))
    assert after.model.objective.to_dict() == {"name": "vae", "kl_weight": 0.5, "closed_form_kl": False}


def test_an_approximator_takes_its_optimizer_along(ehm):
    assert "log_q_x" not in changed(ehm, {"model.approximators": {}}).optimizers
    with pytest.raises(ConfigError, match=r"^config.optimizers.log_q_x: unknown field"):
        changed(ehm, {"model.approximators": {}, "optimizers.log_q_x.learning_rate": 0.2})


def test_a_section_may_be_added(ehm):
    after = changed(ehm, {"model.approximators.log_p_z.network.name": "mlp", "model.approximators.log_p_z.name": "logistic"})
    assert after.model.approximators.log_p_z.network.name == "mlp"
    assert after.optimizers.log_p_z.name == "Adam"
    assert after.model.approximators.log_q_x == ehm.model.approximators.log_q_x


def test_an_added_part_that_is_given_by_its_name_may_have_options(ehm):
    changes = {"model.approximators.log_p_z": "logistic", "model.approximators.log_p_z.network": "mlp"}
    assert changed(ehm, changes).model.approximators.log_p_z.name == "logistic"


def test_a_schedule_may_take_the_place_of_a_number_and_the_other_way_round(ehm):
    changes = {f"model.objective.k.{key}": value for key, value in SCHEDULE.items()} | {"model.objective": "bridge"}
    scheduled = changed(ehm, changes)
    assert scheduled.model.objective.k.to_dict() == SCHEDULE
    assert changed(scheduled, {"model.objective.k": 0.5}).model.objective.k == 0.5


@pytest.mark.parametrize("path", ["model.objective.k", "optimizers.encoder.learning_rate"])
def test_naming_another_schedule_drops_the_options_that_it_lacks(ehm, path):
    scheduled = changed(ehm, {"model.objective": "bridge", path: SCHEDULE})
    first, _, rest = path.partition(".")
    section = changed(scheduled, {path: "CosineDecay"}).to_dict()[first]
    for key in rest.split("."):
        section = section[key]
    assert section == {"name": "CosineDecay", "initial_learning_rate": 0.0, "decay_steps": 10}


BAD = {
    "an unknown section": ({"modle.latent_size": 3}, "modle: unknown field; choose from data, model, optimizers, training"),
    "an unknown field": ({"model.latent": 3}, "model.latent: unknown field; choose from .*latent_size"),
    "a word for a section": ({"model": "vae"}, "model: expected a dictionary, found 'vae'"),
    "a field of a number": ({"training.steps.many": 3}, "training.steps: expected int like 1000, found {'many': 3}"),
    "a schedule without a name": (
        {"model.objective": "vae", "model.objective.kl_weight.decay_steps": 3},
        "model.objective.kl_weight.name: a schedule in place of a number needs a name; choose from .*PolynomialDecay",
    ),
    "a number for a section": ({"optimizers": 3}, "optimizers: expected a dictionary, found 3"),
    "a number for all approximators": ({"model.approximators": 3}, "model.approximators: expected a dictionary, found 3"),
    "a section for a name": ({"model.prior.name.x": 3, "model.prior": "mixture"}, "model.prior.name: expected str"),
    "a key that is no name": ({"model.prior": {1: 2}}, "model.prior.1: unknown field"),
    "a key with a dot": ({"model.prior": {"name": "mixture", "a.b": 2}}, "model.prior.a.b: unknown field"),
    "an unknown part": ({"model.encoder": "mpl"}, "model.encoder.name: unknown network 'mpl'; choose from .*mlp"),
    "an unknown optimizer": ({"optimizers.encoder": "Adamm"}, "optimizers.encoder.name: unknown optimizer 'Adamm'"),
    "an unknown data module": ({"data": "no.such"}, "data.name: unknown data 'no.such': no such module"),
    "a critic without its network": (
        {"model.approximators.log_p_z": "logistic"},
        "model.approximators.log_p_z.network.name: is required; choose from .*mlp",
    ),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_a_bad_change_is_one_line(ehm, changes, message):
    with pytest.raises(ConfigError, match=f"^config.{message}[^\n]*$"):
        changed(ehm, changes)


PATHS = strategies.sampled_from(
    ["data", "data.name", "model", "model.encoder", "model.encoder.name", "model.objective", "model.objective.k", "model.prior"]
    + ["model.approximators", "model.approximators.log_q_x", "model.approximators.log_p_z.name", "training.steps", "optimizers"]
    + ["optimizers.encoder", "optimizers.encoder.learning_rate", "optimizers.log_q_x.name", "", ".", "model..x", "x.y"]
)
NAMES = strategies.sampled_from(["", "vae", "bridge", "mlp", "wasserstein", "mixture", "SGD", "PolynomialDecay", "a.b"])
LEAVES = NAMES | strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.just((3,))
KEYS = strategies.sampled_from(["name", "network", "steps", "decay_steps", "a.b", 1])
VALUES = strategies.recursive(LEAVES, lambda inner: strategies.dictionaries(KEYS, inner, max_size=3), max_leaves=4)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=strategies.dictionaries(PATHS, VALUES, min_size=1, max_size=3))
def test_whatever_is_changed_the_result_is_an_experiment_or_one_line(ehm, changes):
    try:
        after, refusal = changed(ehm, changes), None
    except ConfigError as error:
        after, refusal = None, str(error)
    assert after is None or changed(after, {}) == after
    assert refusal is None or re.fullmatch(r"config.*: .+", refusal)
