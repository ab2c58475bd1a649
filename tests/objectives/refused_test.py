"""Objectives in models that they do not go with: one line that names the parts, and what to choose."""

import pytest

import zoo
from tests.models import tiny
from zoo.config import ConfigError

GAN = {"encoder": {"name": ""}, "posterior": {"name": ""}}
LEAVING = {"name": "PolynomialDecay", "initial_learning_rate": 0.0, "end_learning_rate": 3.0, "decay_steps": 10}

CASES = {
    "k_above_1": ("bridge", {"objective": {"name": "bridge", "k": 1.5}}, ["objective bridge: k must stay in [0, 1]", "1.5"]),
    "k_leaves": (
        "bridge",
        {"objective": {"name": "bridge", "k": LEAVING}},
        ["objective bridge: k must stay in [0, 1]", "at step"],
    ),
    # Just outside of each end: a share of the bridge, and a weight that would reward a divergence.
    "k_below_0": ("bridge", {"objective": {"name": "bridge", "k": -0.001}}, ["k must stay in [0, 1]", "-0.001"]),
    "k_just_above_1": ("bridge", {"objective": {"name": "bridge", "k": 1.001}}, ["k must stay in [0, 1]", "1.001"]),
    **{
        f"{name}_rewards_the_divergence": (
            name,
            {"objective": {"name": name, "kl_weight": -0.001}},
            ["kl_weight must stay in [0, inf]", "-0.001"],
        )
        for name in ("vae", "iwae", "symmetric_vae")
    },
    "loss_of_a_ratio": (
        "gan",
        {"objective": {"name": "gan", "generator_loss": "minimax"}},
        ["generator_loss minimax", "a potential", "choose wasserstein or hinge"],
    ),
    "critic_of_no_kind_it_takes": (
        "gan",
        {"approximators": {"log_q_x": tiny.part("approximator", "score_matching")}},
        ["objective gan takes a potential or ratio for log_q_x", "score_matching"],
    ),
    "a_critic_without_features": (
        "vae_gan",
        {"approximators": {"log_q_x": tiny.part("approximator", "logistic")}},
        ["vae_gan needs log_p_features_given_z", "log_q_x feature_critic"],
    ),
    "no_reconstructions": (
        "gan",
        GAN | {"approximators": {"log_q_x": tiny.part("approximator", "feature_critic")}},
        ["feature_critic learns from reconstructions too", "choose logistic"],
    ),
    "a_critic_of_hidden_layers": (
        "vae_gan",
        {"approximators": {"log_q_x": {"name": "feature_critic", "network": {"name": "tests.models.subclassed"}}}},
        ["feature_critic: its network must be a keras.Sequential", "found"],
    ),
    "features_of_a_labelled_critic": (
        "vae_gan",
        {"condition": "label", "num_classes": 3},
        ["feature_critic is not told labels", "condition to none"],
    ),
    "weight_that_rewards_the_critic": (
        "vae_gan",
        {"objective": {"name": "vae_gan", "adversarial_weight": -0.001}},
        ["adversarial_weight must stay in [0, inf]", "-0.001"],
    ),
    "no_critic_of_z": ("adversarial_autoencoder", {"approximators": {}}, ["adversarial_autoencoder", "approximators.log_p_z"]),
    "no_joint_ratio": ("joint_ratio", {"approximators": {}}, ["joint_ratio needs log_ratio", "approximators.log_ratio"]),
    "no_encoder": ("joint_ratio", GAN, ["objective joint_ratio has a wake phase", "config.model.encoder"]),
    "no_density_of_x": (
        "adversarial_variational_bayes",
        {"likelihood": "deterministic"},
        ["adversarial_variational_bayes needs log_p_x_given_z", "a likelihood with a density"],
    ),
    "no_density_of_z": ("iwae", {"posterior": "implicit"}, ["iwae needs log_q_z_given_x", "a posterior with a density"]),
    "prior_that_nothing_trains": (
        "adversarial_variational_bayes",
        {"prior": {"name": "mixture"}},
        ["prior mixture", "adversarial_variational_bayes does not train", "standard_normal"],
    ),
    "an_approximator_too_many": (
        "iwae",
        {"approximators": {"log_q_x": tiny.part("approximator", "wasserstein")}},
        ["iwae uses no approximator"],
    ),
    "binary_codes": (
        "iwae",
        {"posterior": "bernoulli", "prior": {"name": "bernoulli"}},
        ["iwae", "no pathwise gradient", "estimator"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_with_the_reason(case):
    objective, model, words = CASES[case]
    config = tiny.experiment(objective).model.to_dict() | model
    with pytest.raises(ConfigError) as caught:
        zoo.build(zoo.experiment(data={}, model=config, training={"jit_compile": "off"}), event_shape=tiny.VECTOR)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "section",
    [{"name": "bridge", "k": 0.0}, {"name": "bridge", "k": 1.0}, {"name": "vae", "kl_weight": 0.0}]
    + [{"name": name, "kl_weight": 1e6} for name in ("iwae", "symmetric_vae")],
    ids=lambda section: "-".join(map(str, section.values())),
)
def test_the_ends_of_a_range_lie_inside(section):
    name = next(key for key in section if key != "name")
    assert tiny.build(section).training_step.objective.options[name] == section[name]


def test_no_sample_at_all_is_refused():
    with pytest.raises(ConfigError, match=r"config\.model\.num_samples: must be at least 1, found 0"):
        tiny.experiment("iwae", num_samples=0)
