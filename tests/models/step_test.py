"""What one training step does beside its phases: clipping, schedules, noise on x, several critic steps; and what it shows."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from zoo import noise
from zoo.models.pairs import KINDS

BATCH = 8


def batch(size=BATCH):
    return tf.constant(np.random.default_rng(0).normal(size=(size, *tiny.VECTOR)), "float32")


def weights(model, name):
    return np.concatenate([variable.numpy().ravel() for variable in model.networks().get(name, [])])


def test_clipping_bounds_the_norm_of_each_networks_gradient():
    """At rate 1 the update is the gradient: of norm 0.1 where the norm shown, before clipping, is larger."""
    model = tiny.build("extended_helmholtz", optimizers=tiny.sgd(1.0), training={"clip_norm": 0.1})
    before = {name: weights(model, name) for name in model.networks()}
    shown = model.train_step(batch())
    for name in model.networks():
        assert shown[f"gradient_norm/{name}"] > 0.1
        np.testing.assert_allclose(np.linalg.norm(weights(model, name) - before[name]), 0.1, rtol=1e-4)


def test_a_gradient_below_the_bound_is_not_clipped():
    steps = []
    for clip_norm in (0.0, 1e6):
        model = tiny.build("extended_helmholtz", optimizers=tiny.sgd(), training={"clip_norm": clip_norm})
        model.train_step(batch())
        steps.append([weights(model, name) for name in model.networks()])
    for one, other in zip(*steps, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_the_gradient_norm_shown_is_that_of_the_update():
    model = tiny.build("extended_helmholtz", optimizers=tiny.sgd(1.0))
    before = {name: weights(model, name) for name in model.networks()}
    shown = model.train_step(batch())
    for name in model.networks():
        np.testing.assert_allclose(
            shown[f"gradient_norm/{name}"], np.linalg.norm(weights(model, name) - before[name]), rtol=1e-4
        )


WARM_UP = {"name": "PolynomialDecay", "initial_learning_rate": 0.0, "end_learning_rate": 1.0, "decay_steps": 4}


def test_an_option_that_is_a_schedule_follows_the_steps():
    """KL warm-up: at step n the weight of the KL term is n / 4, and 1 from step 4 on."""
    model = tiny.build({"name": "vae", "kl_weight": WARM_UP})
    for step in range(6):
        shown = model.train_step(batch())
        weighed = shown["wake/reconstruction"] + min(step / 4, 1) * (shown["wake/prior"] + shown["wake/posterior"])
        np.testing.assert_allclose(shown["wake/loss"], weighed, rtol=1e-5)


def test_a_learning_rate_that_is_a_schedule_follows_the_steps():
    """From 1 down to 0 in two steps: the third changes nothing."""
    down = {"name": "PolynomialDecay", "initial_learning_rate": 1.0, "end_learning_rate": 0.0, "decay_steps": 2}
    optimizers = {name: {"name": "SGD", "learning_rate": down} for name in ("encoder", "decoder")}
    model = tiny.build("vae", optimizers=optimizers)
    for share in (1.0, 0.5, 0.0):
        before = weights(model, "encoder")
        shown = model.train_step(batch())
        moved = np.linalg.norm(weights(model, "encoder") - before)
        np.testing.assert_allclose(moved, share * shown["gradient_norm/encoder"], rtol=1e-3)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_critic_that_moves_several_times_a_step_has_the_learning_rate_of_the_step(compiled):
    """Keras counts the critic's updates, of which there are three in each step."""
    down = {"name": "PolynomialDecay", "initial_learning_rate": 1.0, "end_learning_rate": 0.0, "decay_steps": 4}
    critic = tiny.part("approximator", "wasserstein", steps=3)
    optimizers = {name: {"name": "SGD", "learning_rate": down} for name in ("decoder", "log_q_x")}
    model = tiny.build("gan", approximators={"log_q_x": critic}, optimizers=optimizers)
    if compiled:
        rate = keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0)
        model.compile(keras.optimizers.SGD(rate))
        model.compile()  # those that it has
    chosen = model.training_step.optimizers
    rates = []
    for _ in range(5):
        rates.append([float(chosen[name].learning_rate) for name in ("decoder", "log_q_x")])
        model.train_step(tf.zeros([4, *tiny.VECTOR]))
    np.testing.assert_allclose(rates, [[share] * 2 for share in (1, 0.75, 0.5, 0.25, 0)], atol=1e-6)


def test_each_network_has_its_own_optimizer():
    optimizers = {"encoder": {"name": "SGD", "learning_rate": 0.1}, "decoder": {"name": "Adam", "beta_1": 0.5}}
    model = tiny.build("extended_helmholtz", optimizers=optimizers)
    kinds = {name: type(optimizer).__name__ for name, optimizer in model.training_step.optimizers.items()}
    assert kinds == {"encoder": "SGD", "decoder": "Adam", "log_q_x": "Adam"}
    assert model.training_step.optimizers["decoder"].beta_1 == 0.5
    assert len({id(optimizer) for optimizer in model.training_step.optimizers.values()}) == 3


def test_noise_on_x_is_in_the_wake_phase_and_in_the_critics_real_batch(monkeypatch):
    """Normal of the given standard deviation, the same for both, and another at the next step."""
    model = tiny.build("extended_helmholtz", noise_x=0.5)
    x, seen = batch(2000), []
    losses, wake = model.approximators["log_q_x"].losses, KINDS["wake"]

    def draw(pairs):
        pair = wake.draw(pairs)
        seen.append(pair.x)
        return pair

    monkeypatch.setitem(KINDS, "wake", wake._replace(draw=draw))
    monkeypatch.setattr(
        model.approximators["log_q_x"], "losses", lambda high, low, seed: seen.append(high.x) or losses(high, low, seed)
    )
    model.train_step(x)
    model.train_step(x)
    noises = [values.numpy() - x.numpy() for values in seen]
    np.testing.assert_array_equal(noises[0], noises[1])
    n = noises[0].size
    assert abs(noises[0].mean()) < 5 * 0.5 / np.sqrt(n)
    assert abs(noises[0].std() - 0.5) < 5 * 0.5 / np.sqrt(2 * n)
    assert abs(np.mean(noises[0] * noises[2])) < 5 * 0.5**2 / np.sqrt(n)


def test_several_critic_steps_see_several_generated_batches_the_last_of_which_is_the_sleep_phases(monkeypatch):
    critic = {"name": "wasserstein", "network": tiny.MLP, "steps": 3}
    model = tiny.build("extended_helmholtz", approximators={"log_q_x": critic})
    approximator, generated, scored = model.approximators["log_q_x"], [], []
    losses, value = approximator.losses, approximator.value
    monkeypatch.setattr(
        approximator, "losses", lambda high, low, seed: generated.append(low.x.numpy()) or losses(high, low, seed)
    )
    monkeypatch.setattr(approximator, "value", lambda at: scored.append(at.x.numpy()) or value(at))
    model.train_step(batch())
    assert len(generated) == 3
    assert not np.array_equal(generated[0], generated[1])
    assert not np.array_equal(generated[1], generated[2])
    np.testing.assert_array_equal(generated[2], scored[0])
    assert int(model.training_step.optimizers["log_q_x"].iterations) == 3
    assert int(model.training_step.optimizers["decoder"].iterations) == int(model.step) == 1


def test_the_terms_shown_add_up_to_the_losses():
    """EHM: wake = reconstruction + prior, sleep = reconstruction - log Q(x), each the mean of its pair's field."""
    model = tiny.build("extended_helmholtz")
    shown = model.train_step(batch())
    np.testing.assert_allclose(shown["wake/loss"], shown["wake/reconstruction"] + shown["wake/prior"], rtol=1e-5)
    np.testing.assert_allclose(shown["sleep/loss"], shown["sleep/reconstruction"] - shown["sleep/critic"], rtol=1e-5)


def test_weight_clipping_holds_after_every_step():
    critic = {"name": "wasserstein", "network": tiny.MLP, "constraint": "clip", "clip": 0.01}
    model = tiny.build("gan", approximators={"log_q_x": critic}, optimizers=tiny.sgd(1.0))
    assert np.abs(weights(model, "log_q_x")).max() > 0.01
    for _ in range(2):
        model.train_step(batch())
        assert np.abs(weights(model, "log_q_x")).max() <= np.float32(0.01)


def test_a_network_that_gets_no_gradient_is_an_error(monkeypatch):
    model = tiny.build("vae")
    monkeypatch.setattr(model.training_step.objective.module, "wake_loss", lambda at: -at.log_p_z)
    with pytest.raises(ValueError, match=r"the objective gives no gradient to .*kernel"):
        model.train_step(batch())


def test_the_closed_form_in_place_of_a_reconstruction_is_for_training_only():
    """The mean of log P over N(x, s^2) is lower than log P(x); a likelihood that is reported must be that of x."""
    model = {scale: tiny.build("vae", kld_scale_x=scale) for scale in (0.0, 0.5)}
    seed = functools.partial(noise.seed_for, 0, 0)
    drawn = {scale: built.training_step.pairs(batch(), seed)["wake"] for scale, built in model.items()}
    plain, smooth = (pair.log_p_x_given_z for pair in drawn.values())
    # scale^2 / (2 sigma^2) for each of the 4 dimensions, sigma = 1.
    np.testing.assert_allclose(plain - smooth, np.full(BATCH, 4 * 0.5**2 / 2), rtol=1e-4)
    plain, smooth = (built.log_densities(batch(), drawn[0.0].z).log_p_x_given_z for built in model.values())
    np.testing.assert_array_equal(plain, smooth)


def test_samples_and_reconstructions():
    """A seed fixes what is drawn; without observation noise x is the mean of P(x|z)."""
    model = tiny.build("extended_helmholtz")
    one, again, other = (model.sample(5, seed=seed).numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert one.shape == (5, *tiny.VECTOR)
    assert not np.array_equal(one, other)
    noisy = model.sample(5, seed=1, observation_noise=True).numpy()
    assert not np.array_equal(one, noisy)
    x = batch()
    np.testing.assert_array_equal(model.reconstruct(x), model.generate(model.posterior(x).mean()))
    np.testing.assert_array_equal(model(x), model.reconstruct(x))
    np.testing.assert_array_equal(model.generate(tf.ones([2, tiny.LATENT])), model.likelihood(tf.ones([2, tiny.LATENT])).mean())


def test_a_likelihood_takes_codes_of_any_number_of_axes():
    model = tiny.build("vae")
    z = tf.constant(np.random.default_rng(0).normal(size=(2, 3, tiny.LATENT)), "float32")
    many = model.likelihood(z)
    assert (many.batch_shape, many.event_shape) == ((2, 3), tiny.VECTOR)
    for i in range(2):
        np.testing.assert_allclose(many.mean()[i], model.generate(z[i]), rtol=1e-5, atol=1e-6)


def test_log_densities_of_given_pairs():
    model = tiny.build("extended_helmholtz")
    x, z = batch(), tf.ones([BATCH, tiny.LATENT])
    at = model.log_densities(x, z)
    np.testing.assert_allclose(at.log_p_x_given_z, model.likelihood(z).log_prob(x), rtol=1e-5)
    np.testing.assert_allclose(at.log_p_z, model.prior().log_prob(z), rtol=1e-5)
    np.testing.assert_allclose(at.log_q_z_given_x, model.posterior(x).log_prob(z), rtol=1e-5)
    np.testing.assert_allclose(at.log_q_x, model.approximators["log_q_x"].critic(x), rtol=1e-5)
    assert at.log_p_z is at.log_p_z  # computed once
