"""Distributions that do not go together are refused, with the two parts and the choices named."""

import pytest

import zoo
from tests.models import tiny
from zoo import registry

EHM = "extended_helmholtz"
STRAIGHT_THROUGH = {"name": "bernoulli", "estimator": "straight_through"}
REFUSED = {
    "a flow prior cannot be Bernoulli": (
        ("vae", {"posterior": STRAIGHT_THROUGH, "prior": "flow"}),
        "posterior bernoulli is over binary codes, prior flow over real ones; "
        "choose a prior like bernoulli, or a posterior like normal",
    ),
    "nor a normal posterior binary": (
        ("vae", {"posterior": "normal", "prior": "layered_bernoulli"}),
        "posterior normal is over real codes, prior layered_bernoulli over binary ones; "
        "choose a prior like standard_normal, or a posterior like bernoulli",
    ),
    "codes between 0 and 1": (
        ("vae", {"posterior": "continuous_bernoulli"}),
        "posterior continuous_bernoulli is over unit codes, prior standard_normal over real ones; "
        "choose a prior like vamp_prior, or a posterior like normal",
    ),
    "a binary posterior without an estimator": (
        ("vae", {"posterior": "bernoulli", "prior": "bernoulli"}),
        "objective vae passes the gradient of its wake phase through samples of the posterior, "
        "but bernoulli has no pathwise gradient; set its estimator to straight_through or relaxed",
    ),
    "a mixture whose weights a sample leaves out": (
        (EHM, {"prior": "mixture"}),
        "samples of the prior, but mixture has no pathwise gradient; "
        r"set config\.model\.prior\.weights to equal, or config\.model\.prior\.gradient to implicit",
    ),
    "a learned binary prior": (
        (EHM, {"posterior": STRAIGHT_THROUGH, "prior": {"name": "bernoulli", "learned": True}}),
        r"samples of the prior, but bernoulli has no pathwise gradient; set config\.model\.prior\.learned to False",
    ),
    "a VampPrior of a binary posterior": (
        (EHM, {"posterior": STRAIGHT_THROUGH, "prior": "vamp_prior"}),
        "but vamp_prior has no pathwise gradient; choose a posterior whose samples are pathwise, like normal",
    ),
    "a likelihood of levels in a pathwise sleep phase": (
        (EHM, {"likelihood": "discretized_logistic"}),
        "samples of the likelihood, but discretized_logistic has no pathwise gradient; choose a likelihood that has one",
    ),
    "no mode": (
        ("vae", {"posterior": "discretized_logistic", "prior": "vamp_prior"}),
        "posterior discretized_logistic has no mode to reconstruct x from; choose one like normal",
    ),
    "no layers for latent_size": (
        ("wake_sleep", {"posterior": {"name": "layered_bernoulli", "sizes": (2, 2)}, "prior": "layered_bernoulli"}),
        r"sum to latent_size 3, found \(2, 2\) with sum 4",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    (objective, parts), message = REFUSED[case]
    with pytest.raises(zoo.ConfigError, match=message) as raised:
        tiny.build(objective, **parts)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("likelihood", ["bernoulli", "continuous_bernoulli", "discretized_logistic"])
def test_x_in_another_range_is_refused(likelihood):
    config = tiny.experiment("vae", likelihood=likelihood)
    config.data.value_range = "symmetric"
    with pytest.raises(
        zoo.ConfigError, match=rf"likelihood {likelihood} scores values in \[0, 1\]: set config.data.value_range"
    ):
        zoo.build(config, event_shape=tiny.VECTOR)


def test_a_closed_form_that_nobody_knows_is_refused():
    config = tiny.experiment("vae", prior="mixture")
    config.model.objective.closed_form_kl = True
    message = "no closed form is known for the KL divergence of posterior normal and prior mixture; set closed_form_kl to False"
    with pytest.raises(zoo.ConfigError, match=message):
        zoo.build(config, event_shape=tiny.VECTOR)
    config.model.prior = {"name": "standard_normal"}
    zoo.build(config, event_shape=tiny.VECTOR)


BINARY = {"bernoulli", "layered_bernoulli"}


@pytest.mark.parametrize("prior", registry.names("prior"))
@pytest.mark.parametrize("objective", ["vae", "wake_sleep"])
def test_every_prior_goes_with_a_posterior_of_its_support(prior, objective):
    """VAE and wake-sleep need log P(z), and no gradient through its samples."""
    posterior = STRAIGHT_THROUGH if prior in BINARY else "normal"
    options = {"components": 4} if "components" in registry.options("prior", prior) else {}
    tiny.build(objective, posterior=posterior, prior={"name": prior} | options)
