"""The table of pairs: what each kind is made of, that each is drawn once, and that an objective may have a loss on any."""

import functools

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo import noise, registry
from zoo.config import ConfigError
from zoo.models.pairs import KINDS
from zoo.models.terms import on_held_out
from zoo.stand_ins import STAND_INS

BATCH = 4000


def drawn(objective="extended_helmholtz", **parts):
    model = tiny.build(objective, **parts)
    x = tf.constant(np.random.default_rng(0).normal(size=(BATCH, *tiny.VECTOR)), "float32")
    return model, model.training_step.pairs(x, functools.partial(noise.seed_for, 0, 0))


def test_stand_ins_tell_kinds_of_the_table_apart():
    assert {kind for one in STAND_INS.values() for kind in (one.high, one.low)} <= set(KINDS)
    high_low = {name: (one.high, one.low) for name, one in STAND_INS.items()}
    assert high_low["log_likelihood_ratio"] == ("sleep", "independent")  # log P(x|z)/Q(x): P(x,z) against Q(x) P(z)
    assert high_low["log_posterior_ratio"] == ("wake", "independent")  # log Q(z|x)/P(z): Q(x,z) against Q(x) P(z)
    assert high_low["log_p_z"] == ("prior", "wake")


def test_a_kind_is_drawn_once():
    _, pairs = drawn("extended_helmholtz")
    for kind in KINDS:
        assert pairs[kind] is pairs[kind]


def test_where_x_and_z_of_each_kind_come_from():
    _, pairs = drawn()
    wake, sleep, reconstruction, independent = (pairs[kind] for kind in ("wake", "sleep", "reconstruction", "independent"))
    assert wake.x is pairs.x
    assert reconstruction.z is wake.z
    assert (independent.x is wake.x, independent.z is sleep.z, pairs["prior"].z is sleep.z) == (True, True, True)
    # x of a reconstruction is the likelihood's at the wake pair's code: standard normal after its mean and scale are taken out.
    for pair in (reconstruction, sleep):
        e = ((pair.x - pair.likelihood.mean()) / pair.likelihood.stddev()).numpy()
        assert abs(e.mean()) < 5 / np.sqrt(e.size)
        assert abs(e.std() - 1) < 5 / np.sqrt(2 * e.size)
    mean = (reconstruction.x - wake.likelihood.mean()).numpy().mean()
    assert abs(mean) < 5 * float(tf.reduce_max(wake.likelihood.stddev())) / np.sqrt(reconstruction.x.shape.num_elements())


def test_pairs_anew_keep_the_data_and_draw_the_rest():
    _, pairs = drawn()
    anew = pairs.anew("/again")
    assert anew["wake"] is pairs["wake"]
    for kind in ("sleep", "reconstruction"):
        assert not np.array_equal(anew[kind].x, pairs[kind].x)


def test_a_latent_regressor_moves_p_as_its_gan_and_q_by_the_codes_of_samples_held_fixed():
    rate = 0.01
    model, gan = (tiny.build(name, optimizers=tiny.sgd(rate)) for name in ("latent_regressor", "gan"))
    gan.decoder.set_weights(model.decoder.get_weights())
    gan.approximators["log_q_x"].set_weights(model.approximators["log_q_x"].get_weights())
    x = tf.constant(np.random.default_rng(0).normal(size=(16, *tiny.VECTOR)), "float32")
    # The sleep pair and the encoder's gradient, by hand, before the step; the critic's step does not touch either.
    sleep = model.training_step.pairs(x, functools.partial(noise.seed_for, 0, 0))["sleep"]
    variables = model.encoder.trainable_variables
    before = [variable.numpy() for variable in variables]
    with tf.GradientTape() as tape:
        log_q = model.posterior(tf.stop_gradient(sleep.x), training=True).log_prob(tf.stop_gradient(sleep.z))
        loss = -tf.reduce_mean(log_q)
    slopes = tape.gradient(loss, [variable.value for variable in variables])
    for one in (model, gan):
        one.training_step.train(x)
    for variable, was, slope in zip(variables, before, slopes, strict=True):
        np.testing.assert_allclose(variable.numpy(), was - rate * slope, rtol=1e-5, atol=1e-7)
    for one, other in zip(model.decoder.get_weights(), gan.decoder.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


OBJECTIVE = '''"""Reconstructions know their codes."""

NEEDS = ("log_p_x_given_z", "log_q_z_given_x")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
RECONSTRUCTION_MOVES = "Q"


def wake_loss(at):
    return -at.log_p_x_given_z


def reconstruction_loss(at, *, weight: float = 2.0):
    return -weight * at.log_q_z_given_x
'''


@pytest.fixture
def on_reconstructions(tmp_path, monkeypatch):
    (tmp_path / "own_objectives").mkdir()
    (tmp_path / "own_objectives" / "__init__.py").write_text("")
    (tmp_path / "own_objectives" / "reconstructing.py").write_text(OBJECTIVE)
    monkeypatch.syspath_prepend(tmp_path)
    return "own_objectives.reconstructing"


def test_an_objective_with_a_loss_on_reconstructions(on_reconstructions):
    """Its value is that of the pair, and it moves what it says: with no weight the decoder's update is the same."""
    assert set(registry.options("objective", on_reconstructions)) == {"weight"}
    x = tf.constant(np.random.default_rng(0).uniform(size=(6, *tiny.VECTOR)), "float32")
    kernels = []
    for weight in (0.0, 2.0):
        section = {"name": on_reconstructions, "weight": weight}
        model = tiny.build(section, optimizers=tiny.sgd())
        step = model.training_step
        expected = np.mean(step.pairs(x, functools.partial(noise.seed_for, 0, 0))["reconstruction"].log_q_z_given_x)
        np.testing.assert_allclose(step.train(x)["reconstruction/loss"], -weight * expected, rtol=1e-5)
        kernels.append([v.numpy() for v in model.networks()["decoder"]])
    for one, other in zip(*kernels, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-7)


def test_reconstructions_of_several_codes_are_refused(tmp_path, monkeypatch):
    (tmp_path / "several_codes.py").write_text(OBJECTIVE + "\n\nSEVERAL_SAMPLES = True\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").write_text("")
    (tmp_path / "several_codes.py").rename(tmp_path / "own" / "several_codes.py")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="of which no reconstruction pair is made"):
        tiny.build("own.several_codes")


def test_a_field_that_no_pair_has_is_refused(tmp_path, monkeypatch):
    (tmp_path / "misspelt").mkdir()
    (tmp_path / "misspelt" / "__init__.py").write_text("")
    (tmp_path / "misspelt" / "part.py").write_text(OBJECTIVE.replace('"log_q_z_given_x")', '"log_q_z")'))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"NEEDS names 'log_q_z', which no pair has; choose from at_fixed_sample, log_"):
        tiny.build("misspelt.part")


def test_the_rate_may_be_needed(tmp_path, monkeypatch):
    """It is made of log P(z) and log Q(z|x)."""
    text = OBJECTIVE.replace('"log_q_z_given_x")', '"rate")').replace("-at.log_p_x_given_z", "at.rate - at.log_p_x_given_z")
    (tmp_path / "rated").mkdir()
    (tmp_path / "rated" / "__init__.py").write_text("")
    (tmp_path / "rated" / "part.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    model = tiny.build("rated.part", optimizers=tiny.sgd())
    assert np.isfinite(float(model.train_step(tf.zeros([4, *tiny.VECTOR]))["wake/loss"]))


def test_a_model_without_encoder_says_so():
    model = tiny.build("gan")
    for ask in (model.posterior, model, model.reconstruct):
        with pytest.raises(ValueError, match="this model has no encoder"):
            ask(tf.zeros([2, *tiny.VECTOR]))


@pytest.mark.parametrize("place", ["encoder", "decoder"])
def test_a_network_may_be_a_subclass_of_model(place):
    """The contract asks for a callable that maps tensors; `subclassed` has no `input_shape`."""
    model = tiny.build("vae", **{place: {"name": "tests.models.subclassed"}}, optimizers=tiny.sgd())
    x = tf.zeros([3, *tiny.VECTOR])
    model.train_step(x)
    assert model.reconstruct(x).shape == (3, *tiny.VECTOR)
    assert zoo.models.LatentVariableModel is type(model.model)


def test_of_more_samples_the_first_are_the_same_and_none_is_a_training_steps(monkeypatch):
    """A word of its own for every use outside of training: no seed that a user gives meets a step of a run of seed 0."""
    model = tiny.build("vae")
    np.testing.assert_allclose(model.sample(5, seed=0)[:3], model.sample(3, seed=0), rtol=1e-6)
    asked, plain = [], noise.seed_for
    monkeypatch.setattr(noise, "seed_for", lambda run, step, word: asked.append(word) or plain(run, step, word))
    model.training_step.train(tf.zeros([4, *tiny.VECTOR]))
    on_held_out(model.training_step, tf.zeros([4, *tiny.VECTOR]), tf.ones([4]), 0)
    trained, asked[:] = set(asked), []
    model.sample(3, seed=0)
    model.sample(3, seed=0, observation_noise=True)
    assert trained >= {"posterior"}
    assert asked
    assert not trained & set(asked)


def test_a_batch_may_have_any_size():
    """A smaller last batch is of no size that is known before: the same codes as of a known one."""
    model, pairs = drawn()

    @tf.function(input_signature=[tf.TensorSpec([None, *tiny.VECTOR])], autograph=False)
    def codes(x):
        return model.training_step.pairs(x, functools.partial(noise.seed_for, 0, 0))["sleep"].z

    np.testing.assert_allclose(codes(pairs.x), pairs["sleep"].z, rtol=1e-5, atol=1e-6)
    assert codes(pairs.x[:5]).shape == (5, tiny.LATENT)


NOISY = {"noise_x": 0.5}
READS_MEANS = {"log_q_x": tiny.part("approximator", "wasserstein") | {"reads": "mean"}}


def test_a_critic_that_reads_means_sees_clean_data_and_the_mean_of_the_likelihood():
    """Its value is scale f(m(z)), and none of the likelihood's noise is in it."""
    model, pairs = drawn(approximators=READS_MEANS, **NOISY)
    critic = model.approximators["log_q_x"]
    for pair, mean in ((pairs["wake"], pairs.x), (pairs["sleep"], pairs["sleep"].likelihood.mean())):
        np.testing.assert_array_equal(pair.mean_x, mean)
        assert np.abs(pair.x - mean).max() > 0.1
        np.testing.assert_array_equal(pair.log_q_x, critic.scale * critic.critic(mean))
    high, low = critic.inputs(pairs["wake"].held_fixed(), pairs["sleep"].held_fixed())
    np.testing.assert_array_equal(high, pairs.x)
    np.testing.assert_array_equal(low, pairs["sleep"].likelihood.mean())
    # Outside of training x is x.
    np.testing.assert_array_equal(model.log_densities(pairs.x, None).log_q_x, critic.scale * critic.critic(pairs.x, False))


def test_the_likelihoods_scale_gets_no_gradient_from_a_critic_that_reads_means():
    for approximators, moved in ((READS_MEANS, False), (None, True)):
        model = tiny.build("gan", likelihood={"name": "normal", "scale": "global"}, approximators=approximators)
        scale = model.likelihood_family.trainable_variables[0].value
        with tf.GradientTape() as tape:
            tape.watch(scale)
            pairs = model.training_step.pairs(tf.zeros([8, *tiny.VECTOR]), functools.partial(noise.seed_for, 0, 0))
            value = tf.reduce_sum(pairs["sleep"].log_q_x)
        assert (tape.gradient(value, scale) is not None) == moved


@pytest.mark.parametrize("reads", ["drawn", "mean"])
def test_what_the_encoder_reads(reads):
    """x as drawn or its mean, plus normal noise of its own standard deviation; the likelihood scores x itself."""
    scale = 0.25
    _, plain = drawn(encoder_reads=reads, **NOISY)
    model, pairs = drawn(encoder_reads=reads, noise_encoder=scale, **NOISY)
    sleep = pairs["sleep"]
    e = (sleep.read_x - (sleep.x if reads == "drawn" else sleep.likelihood.mean())).numpy() / scale
    assert abs(e.mean()) < 5 / np.sqrt(e.size)
    assert abs(e.std() - 1) < 5 / np.sqrt(2 * e.size)
    np.testing.assert_array_equal(pairs["sleep"].x, plain["sleep"].x)
    expected = model.posterior(sleep.read_x, training=True).log_prob(sleep.z)
    np.testing.assert_allclose(sleep.log_q_z_given_x, expected, rtol=1e-6)
    wake = plain["wake"]
    read = wake.x if reads == "drawn" else plain.x
    np.testing.assert_allclose(wake.posterior.mean(), model.posterior(read, training=True).mean(), rtol=1e-6)
    np.testing.assert_allclose(wake.log_p_x_given_z, model.likelihood(wake.z).log_prob(wake.x), rtol=1e-5)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (
            {"approximators": {"log_q_x": {"name": "normalizing_flow", "reads": "mean"}}},
            "is no critic of x alone; set it to drawn",
        ),
        ({"approximators": {"log_q_x": {"name": "wasserstein", "network": tiny.MLP, "reads": "all"}}}, "reads: must be one of"),
        ({"approximators": {"log_q_x": "self_normalized"}, "encoder_reads": "mean"}, "needs pairs as they are drawn"),
        ({"approximators": {"log_q_x": "self_normalized"}, "noise_encoder": 0.1}, "config.model.noise_encoder changes"),
        (
            {"posterior": "noisy_code", "prior": tiny.part("prior", "flow")},
            "noisy_code: a noise that keeps P.z. is known only for priors standard_normal and fitted_mixture",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(parts, reason):
    with pytest.raises(ConfigError, match=reason):
        tiny.build(parts.pop("objective", "extended_helmholtz"), **parts)
