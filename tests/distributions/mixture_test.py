"""The mixture of diagonal normals against SciPy; which gradients its samples have, by value."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from tests.distributions.families import numbers, randomize, standard_errors
from zoo.distributions import mixture, normal_mixture
from zoo.distributions.normal_mixture import NormalMixture

SEED = (3, 4)


def log_density(log_weights, loc, scale, z):
    """log sum over k of w_k N(z; loc_k, scale_k^2), with the squares taken one by one."""
    logs = scipy.stats.norm(loc, scale).logpdf(z[..., None, :]).sum(-1)
    return scipy.special.logsumexp(log_weights + logs, axis=-1)


@pytest.fixture
def family(float64):
    """Two components over two dimensions, with random weights."""
    made = mixture.prior((2,), components=2, minimum_scale=0.1)
    randomize(made)
    return made


def arrays(family):
    """Weights, locations and scales."""
    scale = 0.1 + np.log1p(np.exp(family.raw_scale.numpy() + np.log(np.expm1(0.9))))
    return scipy.special.softmax(family.logits.numpy()), family.loc.numpy(), scale


@pytest.mark.parametrize("gradient", mixture.GRADIENTS)
@pytest.mark.parametrize("shape", [(5,), (3, 5)], ids=str)
def test_log_density(float64, gradient, shape):
    made = mixture.prior((3,), components=4, gradient=gradient, minimum_scale=0.1)
    randomize(made)
    weights, loc, scale = arrays(made)
    z = numbers(1, *shape, 3)
    tfd = made.distribution()
    np.testing.assert_allclose(tfd.log_prob(z), log_density(np.log(weights), loc, scale, z), rtol=1e-12)
    assert (tfd.batch_shape, tfd.event_shape) == ((), (3,))


def test_components_start_apart_with_the_initial_scale(float64):
    made = mixture.prior((3,), components=4, initial_scale=0.7, minimum_scale=0.1)
    np.testing.assert_allclose(made.distribution().scale, np.full([4, 3], 0.7), rtol=1e-12)
    np.testing.assert_allclose(np.exp(made.distribution().log_weights), np.full(4, 0.25), rtol=1e-12)
    assert len(np.unique(made.loc)) == 12


@pytest.mark.parametrize("raw", [-30.0, -1e6])
def test_no_weight_takes_a_scale_below_the_floor(raw):
    made = mixture.prior((3,), components=2, minimum_scale=0.1)
    made.raw_scale.assign(tf.fill([2, 3], raw))
    assert np.all(made.distribution().scale.numpy() >= np.float32(0.1))


def test_the_expanded_square_keeps_its_digits():
    """float32 codes next to components 5,000 scales from the origin: the expansion's terms are 25 million each."""
    loc, scale = np.float32(5 + numbers(0, 6, 40)), np.full([6, 40], 1e-3, np.float32)
    z = (loc[:3] + 1e-3 * numbers(1, 3, 40)).astype(np.float32)
    found = NormalMixture(tf.fill([6], np.float32(-np.log(6))), tf.constant(loc), tf.constant(scale)).log_prob(z)
    expected = log_density(-np.log(6), *(np.asarray(x, np.float64) for x in (loc, scale, z)))
    # What is left is the rounding of the result to float32, and of log 6 and 1e-3, which both sides are given.
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_log_prob_never_holds_a_number_for_each_code_component_and_dimension():
    made = NormalMixture(tf.zeros([500]), tf.zeros([500, 40]), tf.ones([500, 40]))
    graph = tf.function(made.log_prob).get_concrete_function(tf.TensorSpec([7, 40])).graph
    assert max(tensor.shape.num_elements() for op in graph.get_operations() for tensor in op.outputs) == 500 * 40


@pytest.mark.parametrize("gradient", mixture.GRADIENTS)
def test_samples_have_the_mixtures_moments(float64, gradient):
    made = mixture.prior((2,), components=2, gradient=gradient, minimum_scale=0.1)
    randomize(made)
    weights, loc, scale = arrays(made)
    z = made.distribution().sample(10_000, seed=SEED).numpy()
    first, second = weights @ loc, weights @ (loc**2 + scale**2)
    fourth = weights @ (loc**4 + 6 * loc**2 * scale**2 + 3 * scale**4)
    assert standard_errors(z.mean(0), first, second - first**2, len(z)) < 5
    assert standard_errors((z**2).mean(0), second, fourth - second**2, len(z)) < 5


def test_a_samples_gradient_passes_to_the_component_it_came_from(family):
    """z = loc_k + scale_k e: d/dloc_k counts the draws of k, d/dscale_k sums their e; the weights get nothing."""
    family.loc.assign([[-50.0, 1.0], [50.0, 2.0]])  # so far apart that z tells its component
    with tf.GradientTape() as tape:
        z = family.distribution().sample(100, seed=SEED)
    to_loc, to_raw, to_logits = tape.gradient(z, [family.loc.value, family.raw_scale.value, family.logits.value])
    _, loc, scale = arrays(family)
    came_from = (z[:, :1] > 0).numpy() == np.array([False, True])
    assert came_from.sum(0).min() > 10
    np.testing.assert_allclose(to_loc, np.repeat(came_from.sum(0)[:, None], 2, 1), rtol=1e-12)
    e = (z.numpy()[:, None] - loc) / scale
    sums = (e * came_from[..., None]).sum(0)
    np.testing.assert_allclose(to_raw, sums * (1 - np.exp(-(scale - 0.1))), rtol=1e-9, atol=1e-12)
    assert to_logits is None


def test_implicit_gradients_are_those_of_the_expectation(float64):
    """E z^2 = sum of w_k (loc_k^2 + scale_k^2): its gradient, the weights' included, within 5 standard errors."""
    made = mixture.prior((2,), components=2, gradient="implicit", minimum_scale=0.1)
    made.loc.assign([[-0.5, 0.3], [0.8, -0.2]])
    made.logits.assign([0.4, -0.4])
    variables = [made.logits.value, made.loc.value]

    @tf.function
    def gradient(seed):
        with tf.GradientTape() as tape:
            square = tf.reduce_mean(tf.reduce_sum(made.distribution().sample(200, seed=seed) ** 2, -1))
        return tf.concat([tf.reshape(part, [-1]) for part in tape.gradient(square, variables)], 0)

    runs = np.array([gradient(tf.constant([seed, 0])) for seed in range(60)])
    weights, loc, scale = arrays(made)
    squares = (loc**2 + scale**2).sum(1)
    expected = np.concatenate([weights * (squares - weights @ squares), (2 * weights[:, None] * loc).ravel()])
    assert standard_errors(runs.mean(0), expected, runs.var(0, ddof=1), len(runs)) < 5
    # 0.15 is a sixth of the weights' gradient: the test would see it missing.
    assert np.sqrt(runs.var(0) / len(runs)).max() < 0.15 < np.abs(expected[:2]).min() * 6


@pytest.mark.parametrize(
    ("options", "pathwise", "trained"),
    [
        ({}, False, {"loc", "raw_scale", "logits"}),
        ({"weights": "equal"}, True, {"loc", "raw_scale"}),
        ({"gradient": "implicit"}, True, {"loc", "raw_scale", "logits"}),
    ],
    ids=["ancestral", "equal weights", "implicit"],  # a set prints in another order in each process of pytest-xdist
)
def test_it_is_pathwise_where_samples_give_every_weight_its_gradient(options, pathwise, trained):
    made = mixture.prior((2,), components=2, **options)
    assert made.PATHWISE is pathwise
    assert {variable.name for variable in made.trainable_variables} == trained
    with tf.GradientTape() as tape:
        z = made.distribution().sample(50, seed=SEED)
    gradients = tape.gradient(z, [variable.value for variable in made.trainable_variables])
    assert all(gradient is not None and np.all(gradient.numpy() != 0) for gradient in gradients) == pathwise


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "some"}, "weights must be one of learned, equal"),
        ({"gradient": "some"}, "gradient one of component, implicit"),
        ({"components": 0}, "components must be at least 1, found 0"),
        ({"minimum_scale": 0.0}, "initial_scale > minimum_scale > 0"),
        ({"initial_scale": 0.01, "minimum_scale": 0.1}, "initial_scale > minimum_scale > 0"),
    ],
    ids=str,
)
def test_it_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        mixture.prior((3,), **options)


def test_the_last_component_is_drawn_where_rounding_reaches_beyond_it(monkeypatch):
    monkeypatch.setattr(normal_mixture.noise, "standard_uniform", lambda shape, seed, dtype: tf.ones(shape, dtype))
    found = normal_mixture.Categorical(logits=tf.zeros([3])).sample(4, seed=(0, 1))
    np.testing.assert_array_equal(found, [2, 2, 2, 2])
