"""The config: every default is filled in, and every bad value is one line that names the field and what is valid."""

import re

import ml_collections
import pytest

import zoo
from zoo import config as configs
from zoo import registry
from zoo.config import ConfigError

MLP = {"name": "mlp", "hidden_sizes": (8,)}
CRITIC = {"name": "wasserstein", "network": MLP}


def experiment(data=None, model=None, training=None, optimizers=None):
    """A small legal experiment, with some fields replaced."""
    parts = {"encoder": MLP, "posterior": "normal", "decoder": MLP, "likelihood": "normal", "latent_size": 3}
    return zoo.experiment(
        data={"name": "digits"} | (data or {}),
        model=parts | (model or {}),
        training=training or {},
        optimizers=optimizers or {},
    )


def test_every_default_is_filled_in():
    config = experiment(model={"approximators": {"log_q_x": CRITIC}}, optimizers={"decoder": {"name": "SGD"}})
    assert isinstance(config, ml_collections.ConfigDict)
    assert config.data.batch_size == 100
    assert config.training.steps == 1000
    assert config.model.prior.name == "standard_normal"
    assert config.model.objective == ml_collections.ConfigDict({"name": "vae", "kl_weight": 1.0, "closed_form_kl": False})
    assert config.model.encoder == ml_collections.ConfigDict(MLP | {"activation": "relu", "normalization": "none"})
    assert config.model.posterior.minimum_scale == 1e-3
    # A part inside of a part, and what all approximators have.
    assert config.model.approximators.log_q_x.network.activation == "relu"
    assert config.model.approximators.log_q_x.clip == 0.01
    assert config.model.approximators.log_q_x.steps == 1
    assert config.optimizers.encoder.name == "Adam"
    assert config.optimizers.encoder.beta_2 == 0.999
    assert config.optimizers.decoder.momentum == 0.0
    assert config.optimizers.log_q_x.learning_rate == 1e-3


def test_every_field_of_every_section_is_in_the_config():
    config = experiment()
    for name, section in configs.SECTIONS.items():
        assert {field.name for field in configs.dataclasses.fields(section)} <= set(config[name].keys())


@pytest.mark.parametrize("kind", ["network", "conditional", "prior", "objective", "approximator"])
def test_every_option_of_every_part_has_a_type(kind):
    """What a default and an annotation say is what the config checks and a flag parses."""
    for name in registry.names(kind):
        for option, parameter in registry.options(kind, name).items():
            assert parameter.annotation in (int, float, bool, str, tuple, dict), f"{name}.{option}"
            if parameter.default is not registry.REQUIRED:
                assert type(parameter.default) is parameter.annotation, f"{name}.{option}"


def test_numbers_and_lists_take_the_type_of_the_default():
    config = experiment(training={"clip_norm": 1}, model={"encoder": MLP | {"hidden_sizes": [4, 5]}})
    assert (config.training.clip_norm, type(config.training.clip_norm)) == (1.0, float)
    assert config.model.encoder.hidden_sizes == (4, 5)


def test_a_checked_config_checks_to_itself():
    config = experiment(model={"approximators": {"log_q_x": CRITIC}, "objective": "extended_helmholtz"})
    assert configs.check(config) == config


def test_fields_may_be_set_afterwards():
    config = experiment()
    config.training.steps = 7
    config.model.encoder.hidden_sizes = (3, 3)
    config.optimizers.encoder.learning_rate = 0.1
    checked = configs.check(config)
    assert (checked.training.steps, checked.model.encoder.hidden_sizes) == (7, (3, 3))
    assert checked.optimizers.encoder.learning_rate == 0.1


def test_fields_set_afterwards_are_checked():
    config = experiment()
    config.training.steps = 0
    with pytest.raises(ConfigError, match=r"config.training.steps: must be at least 1, found 0"):
        configs.check(config)


def test_a_plain_dictionary_is_checked_like_a_config():
    config = experiment(model={"approximators": {"log_q_x": CRITIC}})
    assert configs.check(config.to_dict()) == config
    # Parts of it may be configs still.
    assert configs.check(config.to_dict() | {"model": config.model}) == config


@pytest.mark.parametrize("given", [("ehm_digits",), 3, None])
def test_what_is_no_config_is_one_line(given):
    with pytest.raises(ConfigError, match=f"^config: expected what zoo.experiment returns, found {re.escape(repr(given))}$"):
        zoo.build(given)


@pytest.mark.parametrize("name", ["PolynomialDecay", "CosineDecay"])
def test_a_learning_rate_and_a_weight_may_be_schedules(name):
    schedule = {"name": name, "initial_learning_rate": 0.5, "decay_steps": 10}
    config = experiment(
        model={"objective": {"name": "vae", "kl_weight": schedule}}, optimizers={"encoder": {"learning_rate": schedule}}
    )
    assert config.model.objective.kl_weight.to_dict() == config.optimizers.encoder.learning_rate.to_dict() == schedule


def test_alpha_may_be_a_schedule():
    config = experiment(training={"variance_reduction": {"name": "alpha_svrg", "alpha": STEPS}})
    assert config.training.variance_reduction.alpha.to_dict() == STEPS


def test_a_schedule_may_have_lists():
    schedule = {"name": "PiecewiseConstantDecay", "boundaries": (5, 10), "values": (1.0, 0.5, 0.1)}
    assert experiment(optimizers={"encoder": {"learning_rate": schedule}}).optimizers.encoder.learning_rate["values"] == (
        1.0,
        0.5,
        0.1,
    )


STEPS = {"name": "PolynomialDecay", "initial_learning_rate": 0.5, "decay_steps": 10}
BAD = {
    # Unknown names, with the valid ones.
    "a field of a section": ({"training": {"stepz": 1}}, "training.stepz", "unknown field; choose from clip_norm, .*steps"),
    "a field of the data": ({"data": {"colour": 1}}, "data.colour", r"unknown field; choose from .*, batch_size"),
    "an option of a part": (
        {"model": {"encoder": MLP | {"hiden_sizes": (3,)}}},
        "model.encoder.hiden_sizes",
        "unknown field; choose from activation, hidden_sizes, name, normalization",
    ),
    "a network": ({"model": {"encoder": {"name": "mpl"}}}, "model.encoder.name", "unknown network 'mpl'; choose from .*mlp"),
    "an objective": (
        {"model": {"objective": "vea"}},
        "model.objective.name",
        "unknown objective 'vea'; choose from .*vae",
    ),
    "a posterior": ({"model": {"posterior": "gauss"}}, "model.posterior.name", "unknown conditional 'gauss'; .*normal"),
    "a prior": ({"model": {"prior": "flat"}}, "model.prior.name", "unknown prior 'flat'; choose from .*standard_normal"),
    "an approximator": (
        {"model": {"approximators": {"log_q_x": "wgan"}}},
        "model.approximators.log_q_x.name",
        "unknown approximator 'wgan'; choose from .*wasserstein",
    ),
    "no approximator": (
        {"model": {"approximators": {"log_q_x": {}}}},
        "model.approximators.log_q_x.name",
        "unknown approximator ''; choose from .*wasserstein",
    ),
    "what is approximated": (
        {"model": {"approximators": {"log_q": "wasserstein"}}},
        "model.approximators.log_q",
        "unknown field; choose from .*log_q_x",
    ),
    "a part of a part": (
        {"model": {"approximators": {"log_q_x": {"name": "wasserstein", "network": "mpl"}}}},
        "model.approximators.log_q_x.network.name",
        "unknown network 'mpl'; choose from .*mlp",
    ),
    "options without a name": ({"model": {"encoder": {"hidden_sizes": (3,)}}}, "model.encoder.hidden_sizes", "unknown field"),
    "a network to optimize": (
        {"optimizers": {"generator": {}}},
        "optimizers.generator",
        "unknown field; choose from decoder, encoder",
    ),
    "an optimizer": (
        {"optimizers": {"encoder": {"name": "Adamm"}}},
        "optimizers.encoder.name",
        "unknown optimizer 'Adamm'; choose from Adam",
    ),
    "no optimizer": (
        {"optimizers": {"encoder": {"name": "Optimizer"}}},
        "optimizers.encoder.name",
        "unknown optimizer 'Optimizer'",
    ),
    "an option of an optimizer": (
        {"optimizers": {"encoder": {"beta1": 0.5}}},
        "optimizers.encoder.beta1",
        "unknown field; choose from .*beta_1",
    ),
    "what the step does itself": (
        {"optimizers": {"encoder": {"clipnorm": 1.0}}},
        "optimizers.encoder.clipnorm",
        "unknown field",
    ),
    "a schedule": (
        {"optimizers": {"encoder": {"learning_rate": {"name": "Linear"}}}},
        "optimizers.encoder.learning_rate.name",
        "unknown schedule 'Linear'; choose from .*PolynomialDecay",
    ),
    "an option of a schedule": (
        {"optimizers": {"encoder": {"learning_rate": STEPS | {"steps": 1}}}},
        "optimizers.encoder.learning_rate.steps",
        "unknown field; choose from .*decay_steps",
    ),
    "a schedule without its name": (
        {"optimizers": {"encoder": {"learning_rate": {"decay_steps": 10}}}},
        "optimizers.encoder.learning_rate.name",
        "a schedule in place of a number needs a name; choose from .*PolynomialDecay",
    ),
    "a critic without its network": (
        {"model": {"approximators": {"log_q_x": "wasserstein"}}},
        "model.approximators.log_q_x.network.name",
        "is required; choose from .*mlp",
    ),
    "a seed that no generator takes": ({"training": {"seed": 2**32}}, "training.seed", "at most 4294967295, found 4294967296"),
    "a schedule without its steps": (
        {"optimizers": {"encoder": {"learning_rate": {"name": "CosineDecay", "initial_learning_rate": 0.5}}}},
        "optimizers.encoder.learning_rate",
        "missing .*decay_steps",
    ),
    # Wrong types.
    "a word for a number": ({"training": {"steps": "many"}}, "training.steps", "expected int like 1000, found 'many'"),
    "a fraction for a count": ({"data": {"batch_size": 1.5}}, "data.batch_size", "expected int like 100, found 1.5"),
    "a truth for a count": ({"training": {"steps": True}}, "training.steps", "expected int like 1000, found True"),
    "a number for a truth": (
        {"model": {"objective": {"name": "vae", "closed_form_kl": 1}}},
        "model.objective.closed_form_kl",
        "expected bool like False, found 1",
    ),
    "a number for a list": (
        {"model": {"encoder": MLP | {"hidden_sizes": 8}}},
        "model.encoder.hidden_sizes",
        "expected tuple like",
    ),
    "a schedule for another number of an optimizer": (
        {"optimizers": {"encoder": {"beta_1": STEPS}}},
        "optimizers.encoder.beta_1",
        "takes no schedule: expected float like 0.9, found {'name': 'PolynomialDecay', .*}; give a number",
    ),
    "a schedule for a number of a distribution": (
        {"model": {"posterior": {"name": "normal", "minimum_scale": STEPS}}},
        "model.posterior.minimum_scale",
        "takes no schedule: expected float like 0.001, found",
    ),
    "a schedule for a number of a critic": (
        {"model": {"approximators": {"log_q_x": CRITIC | {"scale": STEPS}}}},
        "model.approximators.log_q_x.scale",
        "takes no schedule: expected float like 1.0, found",
    ),
    "a schedule for another number of variance reduction": (
        {"training": {"variance_reduction": {"name": "cotangent_baseline", "beta": STEPS}}},
        "training.variance_reduction.beta",
        "takes no schedule: expected float like 0.9, found",
    ),
    "a schedule for what stays": ({"training": {"clip_norm": STEPS}}, "training.clip_norm", "expected float like 0.0, found"),
    "a word for a learning rate": (
        {"optimizers": {"encoder": {"learning_rate": "fast"}}},
        "optimizers.encoder.learning_rate",
        "expected float like 0.001, found 'fast'",
    ),
    # Out of range.
    "too few": ({"model": {"latent_size": 0}}, "model.latent_size", "must be at least 1, found 0"),
    "below zero": ({"model": {"noise_x": -0.1}}, "model.noise_x", "must be at least 0.0, found -0.1"),
    "not a number": ({"model": {"noise_x": float("nan")}}, "model.noise_x", "must be at least 0.0, found nan"),
    "not below one": ({"data": {"validation_fraction": 1.0}}, "data.validation_fraction", "must be below 1.0, found 1.0"),
    "no choice": ({"data": {"value_range": "bytes"}}, "data.value_range", "must be one of unit, symmetric, found 'bytes'"),
    "no learning rate": (
        {"optimizers": {"encoder": {"learning_rate": 0.0}}},
        "optimizers.encoder.learning_rate",
        "must be above 0",
    ),
    "no critic steps": (
        {"model": {"approximators": {"log_q_x": CRITIC | {"steps": 0}}}},
        "model.approximators.log_q_x.steps",
        "must be at least 1, found 0",
    ),
    # Fields that do not go together.
    "validations between two logs": (
        {"training": {"log_every": 100, "validate_every": 150}},
        "training.validate_every",
        "must be a multiple of training.log_every = 100, found 150",
    ),
    "the best without validations": (
        {"training": {"keep_best": True}},
        "training.keep_best",
        "needs validations: set training.validate_every",
    ),
    "patience without validations": (
        {"training": {"early_stopping_patience": 3}},
        "training.early_stopping_patience",
        "needs validations: set training.validate_every",
    ),
}


def assert_refused(sections, field, reason):
    with pytest.raises(ConfigError) as refused:
        experiment(**sections)
    message = str(refused.value)
    assert message.startswith(f"config.{field}: ")
    assert re.search(reason, message)
    assert "\n" not in message


@pytest.mark.parametrize(("sections", "field", "reason"), BAD.values(), ids=BAD)
def test_a_bad_value_is_one_line_that_names_the_field_and_what_is_valid(sections, field, reason):
    assert_refused(sections, field, reason)


WRONG_SHAPE = {
    "a number for a part": ({"model": {"encoder": 3}}, "model.encoder"),
    "a list for a part": ({"model": {"encoder": ("mlp", 3)}}, "model.encoder"),
    "a number for a part's name": ({"model": {"encoder": {"name": 3}}}, "model.encoder.name"),
    "a name that is no path": ({"model": {"encoder": ".mlp"}}, "model.encoder.name"),
    "a number for a part inside": (
        {"model": {"approximators": {"log_q_x": CRITIC | {"network": 3}}}},
        "model.approximators.log_q_x.network",
    ),
    "a number for all approximators": ({"model": {"approximators": 3}}, "model.approximators"),
    "a number for an approximator": ({"model": {"approximators": {"log_q_x": 3}}}, "model.approximators.log_q_x"),
    "a number for an optimizer": ({"optimizers": {"encoder": 3}}, "optimizers.encoder"),
    "a number for an optimizer's name": ({"optimizers": {"encoder": {"name": 3}}}, "optimizers.encoder.name"),
    "an optimizer around another": ({"optimizers": {"encoder": {"name": "LossScaleOptimizer"}}}, "optimizers.encoder.name"),
    "a schedule that is none": (
        {"optimizers": {"encoder": {"learning_rate": {"name": "LearningRateSchedule"}}}},
        "optimizers.encoder.learning_rate.name",
    ),
    "a data set that is no module": ({"data": {"name": "my.own.data"}}, "data.name"),
    "a number for a data set": ({"data": {"name": 3}}, "data.name"),
}


@pytest.mark.parametrize(("sections", "field"), WRONG_SHAPE.values(), ids=WRONG_SHAPE)
def test_a_value_of_the_wrong_shape_is_one_line_too(sections, field):
    assert_refused(sections, field, "")


@pytest.mark.parametrize("section", ["data", "model", "training", "optimizers"])
def test_a_section_that_is_no_dictionary_is_one_line_too(section):
    sections = {"data": {}, "model": {}, "training": {}, "optimizers": {}} | {section: 3}
    with pytest.raises(ConfigError, match=f"^config.{section}: [^\n]*$"):
        zoo.experiment(**sections)


def test_an_optimizer_may_be_given_by_its_name_alone():
    """As a part may."""
    assert experiment(optimizers={"encoder": "SGD"}).optimizers.encoder.name == "SGD"


def test_an_unknown_section_names_the_valid_ones():
    config = experiment()
    with config.unlocked():
        config.modle = 3
    with pytest.raises(ConfigError, match=r"config.modle: unknown field; choose from data, model, optimizers, training"):
        configs.check(config)


def test_a_missing_section_is_named():
    config = experiment()
    with config.unlocked():
        del config.data
    with pytest.raises(ConfigError, match=r"config.data: is required"):
        configs.check(config)
