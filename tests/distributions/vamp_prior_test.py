"""The VampPrior against a mixture made by hand, and where its pseudo-inputs come from and stay."""

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

import zoo
from tests.distributions import families
from tests.distributions.families import numbers, randomize, standard_errors, states
from tests.models import tiny
from zoo.distributions import bernoulli, implicit, normal, vamp_prior

SEED = (3, 4)
NETWORK = {"name": "mlp", "hidden_sizes": (5,), "activation": "tanh"}


def connected(posterior_family=None, components=6, **options):
    """A VampPrior in a model with random weights, and that model."""
    model = families.model(posterior_family)
    prior = vamp_prior.prior((families.SIZE,), components=components, **options)
    prior.connect(model)
    randomize(prior)
    return prior, model


@pytest.mark.parametrize("scale", normal.SCALES)
@pytest.mark.parametrize("shape", [(5,), (2, 5)], ids=str)
def test_log_density_is_that_of_the_mixture_made_by_hand(float64, scale, shape):
    """log of the mean of Q(z|u_k), with one call of the posterior for each u_k."""
    prior, model = connected(normal.conditional((3,), scale=scale, initial_scale=0.5))
    z = numbers(1, *shape, 3)
    logs = []
    for u in prior.pseudo_inputs.numpy():
        posterior = model.posterior(u[None])
        logs.append(scipy.stats.norm(posterior.mean()[0], posterior.stddev()[0]).logpdf(z).sum(-1))
    expected = scipy.special.logsumexp(logs, axis=0) - np.log(6)
    np.testing.assert_allclose(prior.distribution().log_prob(z), expected, rtol=1e-12)


def test_it_takes_any_posterior_with_a_density(float64):
    prior, model = connected(bernoulli.conditional((3,)))
    p = model.posterior(prior.pseudo_inputs.value).mean().numpy()
    z = states(3)
    expected = np.mean(np.prod(np.where(z[:, None] == 1, p, 1 - p), -1), 1)
    np.testing.assert_allclose(np.exp(prior.distribution().log_prob(z)), expected, rtol=1e-12)
    np.testing.assert_allclose(expected.sum(), 1, rtol=1e-12)
    assert (prior.SUPPORT, prior.PATHWISE) == ("binary", False)
    drawn = prior.distribution().sample(4000, seed=SEED).numpy()
    assert standard_errors(drawn.mean(0), p.mean(0), p.mean(0) * (1 - p.mean(0)), 4000) < 5


def test_samples_have_the_mixtures_moments(float64):
    prior, model = connected(normal.conditional((3,), initial_scale=0.5))
    components = model.posterior(prior.pseudo_inputs.value)
    loc, scale = components.mean().numpy(), components.stddev().numpy()
    z = prior.distribution().sample(10_000, seed=SEED).numpy()
    mean, second = loc.mean(0), (loc**2 + scale**2).mean(0)
    assert standard_errors(z.mean(0), mean, second - mean**2, len(z)) < 5
    fourth = (loc**4 + 6 * loc**2 * scale**2 + 3 * scale**4).mean(0)
    assert standard_errors((z**2).mean(0), second, fourth - second**2, len(z)) < 5
    assert (prior.SUPPORT, prior.PATHWISE) == ("real", True)


def test_all_pseudo_inputs_pass_the_encoder_at_once(float64):
    prior, _ = connected()
    passes = []
    posterior = prior.posterior
    prior.posterior = lambda u: passes.append(u.shape) or posterior(u)
    tfd = prior.distribution()
    tfd.log_prob(tfd.sample(5, seed=SEED))
    assert passes == [(6, *families.EVENT_SHAPE)]


# In a model, with data.


def digits(**options):
    """A small model of the digits with this prior."""
    config = zoo.experiment(
        data={"name": "digits", "batch_size": 20} | options.pop("data", {}),
        model=dict(
            latent_size=3,
            encoder=options.pop("encoder", NETWORK),
            posterior="normal",
            decoder=NETWORK,
            likelihood="normal",
            prior={"name": "vamp_prior", "components": 30} | options,
        ),
        training=dict(jit_compile="off", steps_per_execution=1),
        optimizers=dict(prior=dict(name="SGD", learning_rate=100.0)),
    )
    return zoo.build(config)


@pytest.mark.parametrize("value_range", ["unit", "symmetric"])
def test_they_start_as_training_examples_to_the_last_digit(value_range):
    model = digits(data={"value_range": value_range})
    train = model.data.preprocessing(model.data.splits["train"].array, (0, 0)).numpy()
    found = {u.tobytes() for u in model.prior_family.pseudo_inputs.numpy()}
    assert len(found) == 30
    assert found <= {x.tobytes() for x in train}
    low = {"unit": 0, "symmetric": -1}[value_range]
    np.testing.assert_array_equal(model.prior_family.limits, [low, 1])


def test_their_range_is_that_of_all_examples_seen():
    """Those they start from may lie outside of the range of the first 500."""
    prior, _ = connected(normal.conditional((3,)))
    start = tf.reshape(tf.linspace(-3.0, 0.5, 6 * 4), prior.pseudo_inputs.shape)
    for low, high in ((-2.0, 2.0), (-4.0, 0.0)):
        some = tf.constant([low, high])
        prior.initialize(lambda count, some=some: {6: start, 500: some}[count])
        np.testing.assert_array_equal(prior.limits, [min(low, -3), max(high, 0.5)])
        np.testing.assert_array_equal(prior.pseudo_inputs, start)


def test_or_as_noise_over_the_range_of_the_data():
    start = digits(data={"value_range": "symmetric"}, initialization="noise").prior_family.pseudo_inputs.numpy()
    # 30 * 64 uniform numbers on [-1, 1]: mean 0 with standard error 0.0132, and none outside.
    assert abs(start.mean()) < 5 * 0.0132
    assert -1 <= start.min() < -0.99
    assert 0.99 < start.max() <= 1


def test_updates_leave_them_in_the_range_of_the_data_and_free_to_return():
    model = digits()
    before = model.prior_family.pseudo_inputs.numpy()
    batches = model.data.batches("train", 20, seed=0)
    model.fit(batches, steps_per_epoch=5, verbose=0)
    after = model.prior_family.pseudo_inputs.numpy()
    assert after.min() >= 0
    assert after.max() <= 1
    black = before == 0
    assert 0 < np.mean(after[black] > 0) < 1  # some pixels on the border have moved off it, some were held there


def test_a_built_model_without_data_starts_from_noise():
    model = tiny.build("vae", prior={"name": "vamp_prior", "components": 50})
    start = model.prior_family.pseudo_inputs.numpy()
    assert start.shape == (50, *tiny.VECTOR)
    assert 0 <= start.min() < start.max() <= 1


def test_without_data_they_may_go_anywhere():
    prior, _ = connected(normal.conditional((3,)))
    far = tf.linspace(-1e30, 1e30, tf.size(prior.pseudo_inputs))
    far = tf.reshape(far, prior.pseudo_inputs.shape)
    prior.pseudo_inputs.assign(far)
    np.testing.assert_array_equal(prior.pseudo_inputs.constraint(prior.pseudo_inputs), far)


def test_batch_normalization_uses_the_datas_statistics_and_keeps_them():
    model = digits(encoder=NETWORK | {"normalization": "batch"})
    model.fit(model.data.batches("train", 20, seed=0), steps_per_epoch=3, verbose=0)
    statistics = [variable for variable in model.encoder.variables if "moving" in variable.path]
    before = [variable.numpy() for variable in statistics]
    assert np.abs(before[0]).max() > 0
    found = model.prior()
    for variable, value in zip(statistics, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    pseudo_inputs = model.prior_family.pseudo_inputs.value
    np.testing.assert_array_equal(found.loc, model.posterior(pseudo_inputs, training=False).mean())
    assert np.abs(found.loc - model.posterior(pseudo_inputs, training=True).mean()).max() > 1e-3


def test_its_weights_are_the_pseudo_inputs_and_its_density_has_the_encoders_too(float64):
    """What a phase that moves P only leaves to it, and what one that moves P and Q adds."""
    model = tiny.build("vae", prior={"name": "vamp_prior", "components": 5})
    assert model.networks().get("prior", []) == [model.prior_family.pseudo_inputs]
    groups = {name: [variable.value for variable in model.networks().get(name, [])] for name in ("prior", "encoder", "decoder")}
    with tf.GradientTape() as tape:
        log_prob = model.prior().log_prob(numbers(0, 4, tiny.LATENT))
    gradients = tape.gradient(log_prob, groups)
    assert all(np.abs(gradient).max() > 0 for name in ("prior", "encoder") for gradient in gradients[name])
    assert set(gradients["decoder"]) == {None}


def test_the_sample_moves_with_the_pseudo_inputs(float64):
    prior, model = connected(normal.conditional((3,), scale="fixed", initial_scale=0.5), components=2)
    with tf.GradientTape() as tape:
        z = prior.distribution().sample(5, seed=SEED)
    found = tape.gradient(z, prior.pseudo_inputs.value).numpy()
    # A linear encoder: each draw adds the sums of the kernel's rows to the pseudo-input it came from.
    kernel = np.linalg.lstsq(*(x - x[:1] for x in probe(model)), rcond=None)[0]
    counts = found / kernel.sum(1)
    np.testing.assert_allclose(counts, np.repeat(counts[:, :1], 4, 1), rtol=1e-9)
    np.testing.assert_allclose(counts[:, 0].sum(), 5, rtol=1e-9)


def probe(model):
    """Some x, and the posterior's means there."""
    x = numbers(5, 20, *families.EVENT_SHAPE)
    return x, model.posterior(tf.constant(x)).mean().numpy()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initialization": "some"}, "initialization must be one of data, noise, found 'some'"),
        ({"components": 0}, "components must be at least 1, found 0"),
    ],
    ids=str,
)
def test_it_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        vamp_prior.prior((3,), **options)


def test_it_refuses_a_posterior_without_density():
    with pytest.raises(ValueError, match="needs a posterior with a density"):
        connected(implicit.conditional((3,), feature_size=2, hidden_sizes=(2,)))


def test_it_refuses_a_model_without_posterior():
    with pytest.raises(zoo.ConfigError, match=r"needs config\.model\.encoder and config\.model\.posterior"):
        tiny.build("gan", prior="vamp_prior")


def test_its_weights_have_the_models_dtype(float64):
    assert keras.config.floatx() == connected()[0].pseudo_inputs.dtype == "float64"
