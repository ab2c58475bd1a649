"""The Wasserstein critic: its loss by hand, its constraint, and what it bounds."""

import numpy as np
import pytest
import tensorflow as tf

from tests.approximators.pairs import known
from tests.exact.tables import Closed, entropy, random_logits
from zoo import noise
from zoo.approximators import wasserstein
from zoo.approximators.gradient_penalty import gradient_norm, gradient_penalty

pytestmark = pytest.mark.usefixtures("float64")

LINEAR = {"name": "mlp", "hidden_sizes": ()}
SEED = noise.seed_for(0, 0, "test")


def linear_critic(weights, **options):
    """f(x) = w.x + 0.3."""
    critic = wasserstein.build({"x": np.shape(weights)}, network=LINEAR, **options)
    kernel, bias = critic.network.trainable_variables
    kernel.assign(np.reshape(weights, [-1, 1]))
    bias.assign([0.3])
    return critic


def pair(x):
    return known(x=tf.constant(x))


def batches(shape, size=6):
    """A real and a generated batch."""
    generator = np.random.default_rng(0)
    return generator.normal(1.0, 1.0, size=(size, *shape)), generator.normal(size=(size, *shape))


@pytest.mark.parametrize("size", [0.1, 2.0])  # slopes on both sides of 1
@pytest.mark.parametrize("shape", [(3,), (2, 2, 1)], ids=str)
def test_loss_of_a_linear_critic_by_hand(shape, size):
    """E over Q of -f + E over P of f = -w.(mean real - mean generated); |grad f| = |w| wherever it is taken."""
    weights = size * np.random.default_rng(1).normal(size=shape)
    real, fake = batches(shape)
    terms = linear_critic(weights, penalty_weight=7.0).losses(pair(real), pair(fake), SEED)
    gap = np.sum(weights * (real - fake), axis=tuple(range(1, real.ndim)))
    penalty = (np.linalg.norm(weights) - 1) ** 2
    np.testing.assert_allclose(terms["gap"], gap, rtol=1e-12)
    np.testing.assert_allclose(terms["penalty"], np.full(6, penalty), rtol=1e-12)
    np.testing.assert_allclose(terms["loss"], -gap + 7.0 * penalty, rtol=1e-12)


def test_gradient_of_a_linear_critic_by_hand():
    """d/dw of -w.(real - generated) + L (|w| - 1)^2 = -(mean real - mean generated) + 2 L (|w| - 1) w / |w|."""
    weights = np.array([0.5, -2.0, 1.0])
    real, fake = batches((3,))
    critic = linear_critic(weights, penalty_weight=7.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic.losses(pair(real), pair(fake), SEED)["loss"])
    kernel, bias = tape.gradient(loss, [variable.value for variable in critic.network.trainable_variables])
    norm = np.linalg.norm(weights)
    by_hand = -(real - fake).mean(0) + 2 * 7.0 * (norm - 1) * weights / norm
    np.testing.assert_allclose(kernel[:, 0], by_hand, rtol=1e-12)
    np.testing.assert_allclose(bias, 0, atol=1e-15)  # f is known up to a constant only


def test_with_clipping_the_loss_has_no_penalty():
    real, fake = batches((3,))
    critic = linear_critic([0.5, -2.0, 1.0], constraint="clip")
    terms = critic.losses(pair(real), pair(fake), SEED)
    assert set(terms) == set(critic.TERMS) == {"loss", "gap"}
    np.testing.assert_allclose(terms["loss"], -(real - fake) @ [0.5, -2.0, 1.0], rtol=1e-12)


def test_the_names_of_the_terms_are_those_it_declares():
    real, fake = batches((3,))
    critic = linear_critic([0.5, -2.0, 1.0])
    assert set(critic.losses(pair(real), pair(fake), SEED)) == set(critic.TERMS)


def test_scale_is_the_weight_of_f_in_the_objectives_and_not_in_its_own_loss():
    real, fake = batches((3,))
    plain, scaled = (linear_critic([0.5, -2.0, 1.0], scale=scale) for scale in (1.0, 4.0))
    np.testing.assert_allclose(plain.value(pair(real)), real @ [0.5, -2.0, 1.0] + 0.3, rtol=1e-12)
    np.testing.assert_allclose(scaled.value(pair(real)), 4 * plain.value(pair(real)), rtol=1e-12)
    losses = [critic.losses(pair(real), pair(fake), SEED)["loss"] for critic in (plain, scaled)]
    np.testing.assert_array_equal(*losses)


def test_clipping_bounds_every_weight_and_touches_no_small_one():
    critic = linear_critic([0.005, -2.0, 1.0], constraint="clip", clip=0.01)
    critic.constrain()
    kernel, bias = critic.network.trainable_variables
    np.testing.assert_array_equal(kernel[:, 0], [0.005, -0.01, 0.01])
    np.testing.assert_array_equal(bias, [0.01])


def test_under_a_gradient_penalty_nothing_is_clipped():
    critic = linear_critic([0.5, -2.0, 1.0])
    critic.constrain()
    np.testing.assert_array_equal(critic.network.trainable_variables[0][:, 0], [0.5, -2.0, 1.0])


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_under_squared_slope_two_points_at_a_distance_r_have_slope_r_and_value_r_squared_over_2(weight):
    """The loss of a linear critic w between Q at 0 and P at r is -w.(0 - r) + |w|^2 / 2: least at w = -r."""
    r = np.array([0.6, -2.0, 1.0])
    real, fake = np.zeros((4, 3)), np.tile(r, (4, 1))
    critic = linear_critic(-r, constraint="squared_slope", penalty_weight=weight)
    assert critic.TERMS == ("loss", "gap", "penalty")
    with tf.GradientTape() as tape:
        terms = critic.losses(pair(real), pair(fake), SEED)
        loss = tf.reduce_mean(terms["loss"])
    np.testing.assert_allclose(terms["gap"], np.full(4, r @ r), rtol=1e-12)
    np.testing.assert_allclose(loss, -r @ r / 2, rtol=1e-12)
    kernel, _ = tape.gradient(loss, [variable.value for variable in critic.network.trainable_variables])
    np.testing.assert_allclose(kernel, 0, atol=1e-12)


def test_with_scale_1_over_s_squared_it_is_the_divergence_of_two_normals_of_that_scale():
    """KL(N(r, s^2) || N(0, s^2)) = r^2 / (2 s^2), in value and in its gradient by r."""
    r, s = np.array([0.6, -2.0, 1.0]), 0.2
    critic = linear_critic(-r, constraint="squared_slope", scale=1 / s**2)
    x = tf.constant(r[None])
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = critic.value(pair(x))
    np.testing.assert_allclose(-tape.gradient(value, x), r[None] / s**2, rtol=1e-12)
    terms = critic.losses(pair(np.zeros((1, 3))), pair(r[None]), SEED)
    np.testing.assert_allclose(-critic.scale * terms["loss"], [r @ r / (2 * s**2)], rtol=1e-12)


def test_of_two_normals_of_one_width_the_quadratic_critics_find_half_the_squared_distance():
    """Q = N(m, I), P = N(0, I): among f(x) = w.x the best is w = m, with value |m|^2 / 2 = W2^2 / 2.

    10,000 pairs: the mean of x has a standard error of 0.01 in each dimension, twice.
    """
    m = np.array([1.0, -0.5])
    generator = np.random.default_rng(0)
    real, fake = m + generator.normal(size=(10_000, 2)), generator.normal(size=(10_000, 2))
    loss = np.mean(linear_critic(m, constraint="squared_slope").losses(pair(real), pair(fake), SEED)["loss"])
    np.testing.assert_allclose(loss, -m @ m / 2, atol=5 * 0.01 * np.sqrt(2 * m @ m))


def test_the_hinge_loss_by_hand():
    """relu(1 - f) on data + relu(1 + f) on samples: nothing is gained beyond 1 on the right side."""
    critic = linear_critic([1.0], constraint="clip", loss="hinge")
    real, fake = np.array([[-2.0], [0.5], [3.0]]) - 0.3, np.array([[-3.0], [0.0], [2.0]]) - 0.3
    terms = critic.losses(pair(real), pair(fake), SEED)
    np.testing.assert_allclose(terms["loss"], [3.0 + 0, 0.5 + 1.0, 0 + 3.0], rtol=1e-12)
    np.testing.assert_allclose(terms["gap"], [1.0, 0.5, 1.0], rtol=1e-12)


def test_the_penalty_goes_with_the_hinge_loss_too():
    real, fake = batches((3,))
    critic = linear_critic([0.5, -2.0, 1.0], loss="hinge", penalty_weight=2.0)
    terms = critic.losses(pair(real), pair(fake), SEED)
    plain = linear_critic([0.5, -2.0, 1.0], loss="hinge", constraint="clip").losses(pair(real), pair(fake), SEED)
    np.testing.assert_allclose(terms["loss"], plain["loss"] + 2 * terms["penalty"], rtol=1e-12)


@pytest.mark.parametrize("normalization", ["none", "spectral"])
def test_under_spectral_normalization_the_slope_is_at_most_1(normalization):
    """Every kernel of a network of dense layers and relu has norm 1, however large its weights are made."""
    network = {"name": "mlp", "hidden_sizes": (16, 16), "normalization": normalization}
    critic = wasserstein.build({"x": (3,)}, network=network, constraint="spectral")
    generator = np.random.default_rng(0)
    for variable in critic.network.trainable_variables:
        variable.assign(100 * generator.normal(size=variable.shape))
    real, fake = batches((3,), 50)
    for _ in range(30):  # each pass improves the estimate of the norms
        terms = critic.losses(pair(real), pair(fake), SEED)
    assert set(terms) == set(critic.TERMS) == {"loss", "gap"}
    distance = np.linalg.norm(real - fake, axis=1)
    assert (np.abs(terms["gap"]) <= distance * (1 + 1e-3)).all()
    assert np.max(gradient_norm(critic.critic, tf.constant(real))) > 0.01


def test_a_network_without_a_choice_of_normalization_is_not_told_to_be_spectral():
    network = {"name": "tests.approximators.quadratic"}
    with pytest.raises(ValueError, match="has no option normalization"):
        wasserstein.build({"x": (3,)}, network=network, constraint="spectral")


def test_it_stands_in_for_log_p_z_high_on_the_prior():
    critic = wasserstein.build({"z": (2,)}, network=LINEAR, constraint="clip")
    kernel, bias = critic.network.trainable_variables
    kernel.assign([[1.0], [-1.0]])
    bias.assign([0.0])
    prior, codes = (known(z=tf.constant(z)) for z in batches((2,)))
    z = prior.z - codes.z
    np.testing.assert_allclose(critic.losses(prior, codes, SEED)["loss"], -(z[:, 0] - z[:, 1]), rtol=1e-12)
    np.testing.assert_allclose(critic.value(prior), prior.z[:, 0] - prior.z[:, 1], rtol=1e-12)


def test_the_gradient_that_a_generator_gets():
    """Appendix B: d/dphi of -f(x_phi) = -(grad f) dx/dphi; with f = w.x that is -scale w."""
    weights = np.array([0.5, -2.0, 1.0])
    critic, phi = linear_critic(weights, scale=4.0), tf.constant(np.zeros(3))
    with tf.GradientTape() as tape:
        tape.watch(phi)
        loss = -critic.value(known(x=(2 * phi)[None]))
    np.testing.assert_allclose(tape.gradient(loss, phi), -4 * 2 * weights, rtol=1e-12)


def test_the_gradient_is_taken_on_the_line_between_real_and_generated_one_point_for_each_pair():
    """With f = |x|^2 / 2 and 0 as the other end the norm is u, the share of the real example: uniform, one for each pair."""
    real = np.zeros([20_000, 2, 1])
    real[:, 0] = 1
    shares = 1 - np.sqrt(gradient_penalty(lambda x: tf.reduce_sum(x**2, [1, 2]) / 2, tf.constant(real), 0 * real, SEED))
    assert shares.min() >= 0
    assert shares.max() < 1
    assert abs(shares.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / len(real))
    # The variance of (u - 1/2)^2 is 1/80 - 1/144 = 1/180.
    assert abs(np.mean((shares - 1 / 2) ** 2) - 1 / 12) < 5 * np.sqrt(1 / 180 / len(real))
    # The same u for all pixels of an example: a point of the diagonal stays on it.
    along = []
    gradient_penalty(lambda x: along.append(x) or tf.reduce_sum(x, [1, 2]), tf.ones_like(real), 0 * real, SEED)
    np.testing.assert_array_equal(along[0][:, 0], along[0][:, 1])


def test_the_gradient_norm_has_a_gradient_of_zero_at_zero():
    slope = tf.Variable(np.zeros(3))
    with tf.GradientTape() as tape:
        norms = gradient_norm(lambda x: tf.linalg.matvec(x, slope), tf.ones([4, 3], tf.float64))
    np.testing.assert_array_equal(norms, np.zeros(4))
    np.testing.assert_array_equal(tape.gradient(norms, slope), np.zeros(3))


def test_a_flat_critic_starts_to_train():
    """All weights 0: the penalty's gradient is 0 there, so that the gap's alone is left, and finite."""
    real, fake = batches((3,))
    critic = linear_critic(np.zeros(3))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic.losses(pair(real), pair(fake), SEED)["loss"])
    kernel = tape.gradient(loss, critic.network.trainable_variables[0].value)
    np.testing.assert_allclose(kernel[:, 0], -(real - fake).mean(0), rtol=1e-12)


# The lower bound, on a table of x: the critic is linear in one-hot x, so that its weights are f.


def bound_and_cross_entropy(f, q_x, p_x):
    """(E over Q of -f + E over P of f + H[P(x)], E over Q of -f + log Z), from the critic's own loss at every pair of x."""
    rows = np.eye(len(f))
    real, fake = np.repeat(rows, len(f), axis=0), np.tile(rows, [len(f), 1])
    losses = linear_critic(f, constraint="clip").losses(pair(real), pair(fake), SEED)["loss"]
    return (losses * np.outer(q_x, p_x).ravel()).numpy().sum() + entropy(p_x), -q_x @ f + np.log(np.exp(f).sum())


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_plus_the_entropy_of_the_samples_is_a_lower_bound_of_the_cross_entropy(seed):
    """It falls short by KL(P(x) || Q'(x)), Q' = exp(f) / Z."""
    t = Closed(random_logits(seed))
    f = np.random.default_rng(seed).normal(size=5)
    bound, cross_entropy = bound_and_cross_entropy(f, t.q_x, t.p_x)
    q_prime = np.exp(f) / np.exp(f).sum()
    shortfall = (t.p_x * np.log(t.p_x / q_prime)).sum()
    np.testing.assert_allclose(cross_entropy - bound, shortfall, rtol=1e-12)
    assert bound < cross_entropy - 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_tight_where_the_samples_come_from_the_critics_density(seed):
    t = Closed(random_logits(seed))
    bound, cross_entropy = bound_and_cross_entropy(np.log(t.p_x) + 1.7, t.q_x, t.p_x)
    np.testing.assert_allclose(bound, cross_entropy, rtol=1e-12)


def test_descending_the_lower_bound_alone_raises_the_cross_entropy():
    """Along f = k (Q - P) the bound falls without end and the cross entropy rises: why a constraint is needed."""
    t = Closed(random_logits(1))
    bounds, cross_entropies = zip(
        *(bound_and_cross_entropy(k * (t.q_x - t.p_x), t.q_x, t.p_x) for k in (10.0, 100.0, 1000.0)), strict=True
    )
    np.testing.assert_allclose(np.diff(bounds), -np.sum((t.q_x - t.p_x) ** 2) * np.array([90, 900]), rtol=1e-9)
    assert (np.diff(cross_entropies) > 1).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"constraint": "hope"}, "wasserstein: constraint must be one of clip, gradient_penalty, .*found 'hope'"),
        ({"clip": 0.0}, "must be above 0"),
        ({"penalty_weight": -1.0}, "must be above 0"),
        ({"scale": 0.0}, "must be above 0"),
        ({"network": LINEAR | {"normalization": "batch"}}, "does not go with batch normalization"),
        ({"constraint": "spectral", "network": LINEAR | {"normalization": "layer"}}, "whose normalization is layer"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        wasserstein.build({"x": (3,)}, **{"network": LINEAR} | options)


def test_batch_normalization_goes_with_clipping():
    network = {"name": "mlp", "hidden_sizes": (4,), "normalization": "batch"}
    critic = wasserstein.build({"x": (3,)}, network=network, constraint="clip")
    real, fake = batches((3,))
    terms = critic.losses(pair(real), pair(fake), SEED)
    # The two batches are normalized apart, so the generated one does not change the real one's values.
    np.testing.assert_array_equal(terms["gap"], critic.critic(real) - critic.critic(fake))


def test_hinge_by_hand():
    """relu(1 - f) on data and relu(1 + f) on samples: nothing is asked of what is on the right side by more than 1."""
    real, fake = batches((3,))
    critic = linear_critic([0.5, -2.0, 1.0], loss="hinge", constraint="clip")
    f = lambda x: x @ [0.5, -2.0, 1.0] + 0.3  # noqa: E731
    by_hand = np.maximum(1 - f(real), 0) + np.maximum(1 + f(fake), 0)
    np.testing.assert_allclose(critic.losses(pair(real), pair(fake), SEED)["loss"], by_hand, rtol=1e-12)


def test_of_codes_it_is_high_on_the_prior():
    """In place of log P(z): the same, of the field z."""
    real, fake = (known(z=tf.constant(z)) for z in batches((3,)))
    critic = wasserstein.build({"z": (3,)}, network=LINEAR, constraint="clip")
    np.testing.assert_allclose(critic.losses(real, fake, SEED)["gap"], critic.value(real) - critic.value(fake), rtol=1e-12)
