"""From a config to a model: what cannot work is refused in one line that names the parts; the same config is the same model."""

import re

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo.config import ConfigError

MLP = tiny.MLP
BINARY = {"posterior": "bernoulli", "prior": "bernoulli"}
REFUSED = {
    # What is missing.
    "no decoder": ("vae", {"decoder": ""}, "config.model.decoder.name: is required"),
    "no likelihood": ("vae", {"likelihood": ""}, "config.model.likelihood.name: is required"),
    "no posterior": ("vae", {"posterior": ""}, "encoder and posterior go together"),
    "no encoder": ("vae", {"encoder": ""}, "encoder and posterior go together"),
    "neither": ("vae", {"encoder": "", "posterior": ""}, "objective vae needs log_q_z_given_x: a posterior"),
    "no critic": (
        "extended_helmholtz",
        {"approximators": {"log_q_x": None}},
        "extended_helmholtz needs log_q_x: an approximator",
    ),
    "no generator's critic": ("gan", {"approximators": {"log_q_x": None}}, "gan needs log_q_x: an approximator"),
    # Parts that do not go together.
    "no density of x": ("vae", {"likelihood": "deterministic"}, "vae needs log_p_x_given_z: a likelihood with a density"),
    "no gradient through z": ("vae", BINARY, "vae .*wake phase.*posterior.* bernoulli has no pathwise gradient"),
    "no gradient through x": ("gan", {"likelihood": "bernoulli"}, "gan .*sleep phase.*likelihood.* bernoulli has no pathwise"),
    "noise that leaves the support": (
        "vae",
        {"noise_x": 0.2, "likelihood": "continuous_bernoulli"},
        "noise_x: leads out of .0, 1., all that likelihood continuous_bernoulli scores; set it to 0",
    ),
    "a closed form beside a critic of codes": (
        {"name": "vae", "closed_form_kl": True},
        {"approximators": {"log_p_z": "wasserstein"}},
        "approximators.log_p_z would train in vain; set closed_form_kl to False",
    ),
    "a prior of descended codes": (
        "wake_sleep",
        {"posterior": "predictive_coding", "prior": {"name": "vamp_prior", "components": 3}},
        "this posterior is found by descent on log P",
    ),
    "one sample only": ("vae", {"num_samples": 3}, "config.model.num_samples: objective vae draws one z"),
    "a critic of single examples": (
        "gan",
        {"approximators": {"log_q_x": {"name": "wasserstein", "network": MLP | {"normalization": "batch"}}}},
        "gradient penalty does not go with batch normalization",
    ),
    # Options that a part refuses.
    "an image size": ("vae", {"encoder": "dcgan"}, r"dcgan takes images \[height, width, channels\]"),
    "an activation": ("vae", {"encoder": MLP | {"activation": "hope"}}, "activation.*hope"),
    "a normalization": (
        "vae",
        {"encoder": MLP | {"normalization": "hope"}},
        "unknown normalization 'hope'; choose from none, batch",
    ),
    "units": ("vae", {"encoder": MLP | {"hidden_sizes": (0,)}}, "hidden_sizes must be positive"),
    "no number of units": ("vae", {"encoder": MLP | {"hidden_sizes": ("many",)}}, "hidden_sizes must be positive integers"),
    "a scale": ("vae", {"posterior": {"name": "normal", "scale": "some"}}, "scale must be one of per_dimension, global, fixed"),
    "a floor": ("vae", {"posterior": {"name": "normal", "minimum_scale": 0.0}}, "scales must be above 0"),
    "a constraint": (
        "gan",
        {"approximators": {"log_q_x": {"name": "wasserstein", "network": MLP, "constraint": "hope"}}},
        "constraint must be one of clip, gradient_penalty",
    ),
}


@pytest.mark.parametrize(("objective", "parts", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused_in_one_line(objective, parts, reason):
    with pytest.raises(ConfigError) as refused:
        tiny.build(objective, **parts)
    assert re.search(reason, str(refused.value)), str(refused.value)
    assert "\n" not in str(refused.value)


def test_binary_x_needs_values_between_0_and_1():
    config = tiny.experiment("vae", likelihood="bernoulli").to_dict()
    config["data"]["value_range"] = "symmetric"
    with pytest.raises(
        ConfigError, match=r"likelihood bernoulli scores values in \[0, 1\]: set config.data.value_range to unit"
    ):
        zoo.build(zoo.experiment(**config), event_shape=tiny.VECTOR)


def test_the_same_config_is_the_same_model_whatever_was_built_before():
    config = tiny.experiment("extended_helmholtz", training={"seed": 11})
    one = zoo.build(config, event_shape=tiny.VECTOR)
    tiny.build("vae")
    tf.random.normal([3])
    other = zoo.build(config, event_shape=tiny.VECTOR)
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def test_sizes_of_what_is_built():
    model = tiny.build("extended_helmholtz", event_shape=(4, 4, 2), latent_size=7)
    assert model.posterior(tf.zeros([3, 4, 4, 2])).event_shape == (7,)
    assert model.likelihood(tf.zeros([3, 7])).event_shape == (4, 4, 2)
    assert model.prior().event_shape == (7,)
    assert model.approximators["log_q_x"].critic(tf.zeros([3, 4, 4, 2])).shape == (3,)


@pytest.mark.parametrize(("objective", "bound"), [("vae", True), ("extended_helmholtz", True), ("gan", False)])
def test_which_models_have_a_likelihood_bound(objective, bound):
    assert tiny.build(objective).has_likelihood_bound == bound


@pytest.mark.parametrize(
    ("choice", "networks", "compiled"),
    [("on", "dcgan", True), ("off", "mlp", False), ("auto", "mlp", True), ("auto", "dcgan", False)],
)
def test_what_is_compiled_by_xla(choice, networks, compiled):
    """Without a GPU XLA was measured to pay for dense layers and not for convolutions."""
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("on a GPU everything is compiled")
    part = tiny.network(networks)
    model = tiny.build("vae", event_shape=tiny.IMAGE, encoder=part, decoder=part, training={"jit_compile": choice})
    assert model.jit_compile == compiled


def test_layers_with_the_same_names_are_not_confused():
    """Networks of a user's own may name all their layers alike; each weight still gets its own gradient."""
    named = {"name": "tests.models.alike"}
    steps = []
    for network in (tiny.network("mlp"), named):
        model = tiny.build("vae", encoder=network, decoder=network, optimizers=tiny.sgd(0.1))
        generator = np.random.default_rng(0)
        model.set_weights([generator.normal(size=weight.shape) for weight in model.get_weights()])
        model.train_step(tf.ones([8, *tiny.VECTOR]))
        steps.append(model.get_weights())
    for one, other in zip(*steps, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_the_distributions_take_numpy_arrays():
    model = tiny.build("vae")
    x, z = np.zeros((2, *tiny.VECTOR), "float32"), np.zeros((2, tiny.LATENT), "float32")
    assert model.likelihood(z).batch_shape == model.posterior(x).batch_shape == (2,)
