"""Predictive coding: the exact posterior of a linear Gaussian model, descent that never climbs, and what is refused."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import zoo
from tests.evaluation import linear_models as linear
from tests.models import tiny
from zoo.distributions import descent, predictive_coding

# The exact posterior N(m(x), S): S^-1 = I + W W^T / s^2, m(x) = S W (x - b) / s^2.
COVARIANCE = np.linalg.inv(np.eye(linear.LATENT) + linear.W @ linear.W.T / linear.S**2)
X = linear.draw(5)
MEAN = (X - linear.B) @ linear.W.T @ COVARIANCE / linear.S**2
ENCODER = (np.zeros((linear.SIZE, 2 * linear.LATENT)), np.array([0.7, -0.4, 0.1, 0.2]))


def build(num_steps=0, **options):
    """A linear model whose encoder says the same of every x."""
    posterior = {"name": "predictive_coding", "num_steps": num_steps} | options
    return linear.build(ENCODER, posterior=posterior, objective="wake_sleep")


@pytest.mark.parametrize("start", predictive_coding.STARTS)
def test_on_a_linear_gaussian_model_it_is_the_exact_posterior_and_the_bound_exact(float64, start):
    """Each step shrinks the error by a factor, until E, in which it is squared, changes by no more than its rounding, 1e-15."""
    model, x = build(200, start=start), tf.constant(X, tf.float64)

    @tf.function(autograph=False)
    def run():
        found = model.posterior(x)
        z = found.sample(7, seed=(1, 2))
        return found.mode(), found.precision_factor, z, found.log_prob(z), model.log_densities(x, z).log_weight

    mode, factor, z, log_q, log_weight = (value.numpy() for value in run())
    np.testing.assert_allclose(mode, MEAN, atol=1e-6)
    np.testing.assert_allclose(np.linalg.inv(np.swapaxes(factor, 1, 2) @ factor), np.stack([COVARIANCE] * 5), atol=1e-9)
    np.testing.assert_allclose(
        log_q, stats.multivariate_normal(np.zeros(linear.LATENT), COVARIANCE).logpdf(z - MEAN), rtol=1e-5
    )
    # The bound with it as proposal is log P(x) at every code.
    exact = stats.multivariate_normal(linear.B, linear.MARGINAL).logpdf(X)
    np.testing.assert_allclose(log_weight, np.tile(exact, (7, 1)), rtol=1e-5)


def test_elsewhere_the_bound_is_below():
    """One step from a code that knows nothing of x: the mean of log P(x, z) - log Q(z|x) over draws, 5 standard errors."""
    model = build(1)
    z = model.posterior(X).sample(4000, seed=(1, 2))
    found = model.log_densities(tf.constant(X), z).log_weight.numpy()
    exact = stats.multivariate_normal(linear.B, linear.MARGINAL).logpdf(X)
    gap = exact - found.mean(0)
    assert np.all(gap > 5 * found.std(0) / 4000**0.5)


@pytest.mark.parametrize("step_size", [1e-3, 10.0])
def test_descent_never_raises_the_energy(step_size):
    """Far from where anything is linear, also from a first step that is far too long."""
    model = tiny.build("wake_sleep", posterior={"name": "predictive_coding", "step_size": step_size})
    family, x = model.posterior_family, tf.constant(np.random.default_rng(0).normal(size=(16, *tiny.VECTOR)), tf.float32)
    for variable in model.decoder.trainable_variables:
        variable.assign(3 * np.random.default_rng(1).normal(size=variable.shape))
    energies = []
    for number in (0, 1, 2, 3, 5, 8, 13, 20):
        z = family.inferred(model.encoder(x), model, x, num_steps=number).mode()
        energies.append(descent.energy(z, model, x).numpy())
    assert np.all(np.diff(energies, axis=0) <= 0)
    assert np.all(energies[-1] < energies[0])


def test_descent_from_the_prior_begins_at_its_mode():
    np.testing.assert_array_equal(build(0, start="prior").posterior(X).mode(), np.zeros_like(MEAN))


def test_no_direction_is_wider_or_narrower_than_it_may_be(float64):
    """Where E curves downwards, as beside a mode, an eigenvalue of its second derivatives is no precision."""
    limits = {"minimum_scale": 0.1, "maximum_scale": 0.5}
    model = tiny.build("wake_sleep", posterior={"name": "predictive_coding", "num_steps": 0} | limits)
    for variable in model.decoder.trainable_variables:
        variable.assign(4 * np.random.default_rng(1).normal(size=variable.shape))
    x = tf.constant(np.random.default_rng(0).normal(size=(64, *tiny.VECTOR)))
    z = tf.constant(model.encoder(x)[:, : tiny.LATENT].numpy())
    curvature = np.linalg.eigvalsh(predictive_coding._curvature(z, model, x))
    assert curvature.min() < 0 < 0.1**-2 < curvature.max()  # else the test would show nothing
    factor = model.posterior(x).precision_factor.numpy()
    found = np.linalg.eigvalsh(np.swapaxes(factor, 1, 2) @ factor)
    np.testing.assert_allclose(found, np.clip(curvature, 0.5**-2, 0.1**-2), rtol=1e-8)


def test_in_training_codes_are_inferred_and_the_encoder_is_scored():
    model = build(100)
    answer = model.posterior(X, training=True)
    z = np.full((5, linear.LATENT), 0.3, np.float32)
    loc, scale = ENCODER[1][:2], 1e-3 + np.log1p(np.exp(ENCODER[1][2:] + np.log(np.expm1(1 - 1e-3))))
    np.testing.assert_allclose(answer.log_prob(z), np.full(5, stats.norm(loc, scale).logpdf(0.3).sum()), rtol=1e-5)
    drawn = answer.sample(20_000, seed=(1, 2)).numpy()
    np.testing.assert_allclose(drawn.mean(0), MEAN, atol=5 * (COVARIANCE.max() / 20_000) ** 0.5)
    # Weights of importance need the density that codes were drawn from.
    np.testing.assert_allclose(answer.log_prob(z), model.posterior(X).log_prob(z), rtol=1e-4)


def test_the_encoder_is_scored_by_its_own_density_whatever_the_codes_were_drawn_from():
    model = build(3)
    z, variables = tf.fill([5, linear.LATENT], 0.3), model.encoder.trainable_variables
    found = []
    for draws in (0, 1):
        with tf.GradientTape() as tape:
            answer = model.posterior(X, training=True)
            for _ in range(draws):
                answer.sample(seed=(1, 2))
            loss = tf.reduce_sum(answer.log_prob(z))
        found.append(tape.gradient(loss, variables))
    for own, after in zip(*found, strict=True):
        np.testing.assert_allclose(after, own, rtol=1e-5, atol=1e-5)


def test_the_wake_phase_moves_p_as_the_exact_posterior_would(float64):
    """One step of plain descent on a batch: P by codes of the posterior, the encoder by the sleep phase."""
    model = build(100)
    step, x = model.training_step, tf.constant(X, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch([variable.value for variable in model.decoder.trainable_variables])
        pairs = step.pairs(tf.repeat(x, 4000, axis=0), lambda word: tf.constant([1, len(word)]))
        loss = tf.reduce_mean(step.losses(pairs)["wake"])
    found = tape.gradient(loss, model.decoder.trainable_variables[1].value)
    # The gradient of -log P(x|z) by b is (z W + b - x) / s^2, whose mean over the posterior is the same at m(x).
    exact = np.mean(MEAN @ linear.W + linear.B - X, axis=0) / linear.S**2
    spread = np.diag(linear.W.T @ COVARIANCE @ linear.W) ** 0.5 / linear.S**2
    np.testing.assert_array_less(np.abs(found - exact), 5 * spread / 20_000**0.5)


def test_an_example_that_is_not_a_number_takes_nothing_else_with_it():
    x = X.copy()
    x[2] = np.nan
    found = build(5).posterior(x)
    clean = build(5).posterior(X)
    rows = [0, 1, 3, 4]
    np.testing.assert_array_equal(found.mode().numpy()[rows], clean.mode().numpy()[rows])
    np.testing.assert_array_equal(found.scale.numpy()[rows], clean.scale.numpy()[rows])


@pytest.mark.slow
def test_an_export_encodes_with_as_many_steps_as_it_is_told(tmp_path):
    model = build(30)
    zoo.export(model, tmp_path / "model")
    loaded = zoo.load(tmp_path / "model")
    np.testing.assert_allclose(loaded.encode(X, num_steps=0)["loc"], np.tile(ENCODER[1][:2], (5, 1)), rtol=1e-6)
    np.testing.assert_allclose(loaded.encode(X, num_steps=100)["loc"], MEAN, atol=1e-3)
    own = loaded.encode(X)
    np.testing.assert_allclose(own["loc"], model.posterior(X).mode(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(own["sample"], loaded.encode(X, num_steps=30)["sample"], rtol=1e-6)
    np.testing.assert_allclose(loaded.elbo(X), model.log_densities(tf.constant(X), own["sample"]).log_weight, rtol=1e-4)


def test_it_trains_compiled_and_with_labels():
    """With classes it descends -log P(x, z | y), and importance weights are of the density that codes were drawn from."""
    for training, parts in (
        ({"jit_compile": "on"}, {}),
        ({}, {"objective": "reweighted_wake_sleep", "num_samples": 2, "condition": "label", "num_classes": 2}),
    ):
        objective = parts.pop("objective", "wake_sleep")
        model = tiny.build(objective, posterior={"name": "predictive_coding", "num_steps": 3}, training=training, **parts)
        x, y = np.random.default_rng(0).normal(size=(8, *tiny.VECTOR)).astype("float32"), np.arange(8) % 2
        shown = model.fit(x, y, batch_size=4, verbose=0).history
        assert all(np.isfinite(values[-1]) for values in shown.values())
        assert shown["skipped_updates"] == [0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "data"}, "start must be one of encoder, prior, found 'data'"),
        ({"num_steps": -1}, "num_steps must be at least 0"),
        ({"step_size": 0.0}, "step_size above 0"),
        ({"minimum_scale": 0.0}, "minimum_scale must be above 0 and below"),
        ({"maximum_scale": 1e-3}, "minimum_scale must be above 0 and below"),
    ],
)
def test_numbers_out_of_their_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        predictive_coding.conditional((2,), **options)


def test_events_that_are_no_vectors_are_refused():
    with pytest.raises(ValueError, match="is over vectors"):
        predictive_coding.conditional((2, 2))


@pytest.mark.parametrize(
    ("objective", "posterior", "parts", "message"),
    [
        ("vae", {}, {}, "no pathwise gradient; choose an objective that holds samples fixed, like wake_sleep"),
        ("wake_sleep", {"start": "prior"}, {"prior": "flow"}, "no mode of this prior is known; set start to encoder"),
        ("wake_sleep", {}, {"likelihood": "predictive_coding"}, "infers codes of x: it is a posterior; choose one like normal"),
        ("wake_sleep", {}, {"prior": "bernoulli"}, "is over real codes, prior bernoulli over binary"),
    ],
)
def test_what_does_not_go_with_it_is_one_line(objective, posterior, parts, message):
    with pytest.raises(zoo.ConfigError, match=message) as raised:
        tiny.build(objective, posterior={"name": "predictive_coding"} | posterior, **parts)
    assert "\n" not in str(raised.value)
