"""The distributions against SciPy and closed forms, and what every one of them declares."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tests.distributions.families import in_support, numbers, parameters_of, randomize, small
from tests.exact.linear_gaussian import LOG_2_PI
from zoo import noise, registry
from zoo.distributions import bernoulli, deterministic, normal, standard_normal

pytestmark = pytest.mark.usefixtures("float64")

CLOSE = {"rtol": 1e-12}
SHAPES = [(3,), (2, 2, 3)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_normal_with_a_scale_for_each_dimension(shape):
    """log N(x; loc, scale^2), scale = floor + softplus(raw + offset), which is the initial scale at raw = 0."""
    family = normal.conditional(shape, initial_scale=0.8, minimum_scale=0.1)
    assert family.parameter_shape == (*shape[:-1], 2 * shape[-1])
    loc, raw, x = numbers(0, 4, *shape), numbers(1, 4, *shape), numbers(2, 4, *shape)
    tfd = family.distribution(tf.constant(np.concatenate([loc, raw], axis=-1)))
    scale = 0.1 + np.log1p(np.exp(raw + np.log(np.expm1(0.7))))
    expected = scipy.stats.norm(loc, scale).logpdf(x).reshape(4, -1).sum(1)
    np.testing.assert_allclose(tfd.log_prob(x), expected, **CLOSE)
    np.testing.assert_array_equal(tfd.mean(), loc)
    assert (tfd.batch_shape, tfd.event_shape) == ((4,), shape)
    at_zero = family.distribution(tf.zeros([1, *family.parameter_shape], tf.float64))
    np.testing.assert_allclose(at_zero.stddev(), np.full((1, *shape), 0.8), **CLOSE)


def test_normal_samples_are_those_of_tfp():
    loc, scale = numbers(0, 4, 3), np.exp(numbers(1, 4, 3))
    ours, theirs = normal.FastNormal(tf.constant(loc), tf.constant(scale)), tfp.distributions.Normal(loc, scale)
    for samples in ((), 5, (2, 3)):
        np.testing.assert_allclose(ours.sample(samples, seed=(1, 2)), theirs.sample(samples, seed=(1, 2)), rtol=1e-12)


@pytest.mark.parametrize("scale", [0.0, 0.7])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_mean_of_a_normals_log_density_around_a_value(shape, scale):
    """E log p(x + scale e): each dimension's is a parabola in e, so that the quadrature of two nodes, -1 and 1, is exact."""
    loc, sigma, x = numbers(0, 4, *shape), np.exp(numbers(1, 4, *shape)), numbers(2, 4, *shape)
    p = tfp.distributions.Independent(normal.FastNormal(tf.constant(loc), tf.constant(sigma)), len(shape))
    expected = np.mean([scipy.stats.norm(loc, sigma).logpdf(x + scale * e).reshape(4, -1).sum(1) for e in (-1, 1)], axis=0)
    np.testing.assert_allclose(normal.mean_log_prob(p, tf.constant(x), scale), expected, **CLOSE)


@pytest.mark.parametrize("scale", ["global", "fixed"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_normal_with_one_scale(shape, scale):
    family = normal.conditional(shape, scale=scale, initial_scale=0.8, minimum_scale=0.1)
    assert family.parameter_shape == shape
    assert len(family.trainable_variables) == {"global": 1, "fixed": 0}[scale]
    loc, x = numbers(0, 4, *shape), numbers(1, 4, *shape)
    expected = scipy.stats.norm(loc, 0.8).logpdf(x).reshape(4, -1).sum(1)
    np.testing.assert_allclose(family.distribution(tf.constant(loc)).log_prob(x), expected, **CLOSE)


def test_a_global_scale_has_a_gradient():
    family = normal.conditional((3,), scale="global")
    with tf.GradientTape() as tape:
        loss = family.distribution(tf.zeros([1, 3], tf.float64)).log_prob(np.full([1, 3], 2.0))
    # d/ds of -x^2 / (2 s^2) - log s at s = 1 is x^2 - 1 = 3 a dimension; ds/draw = 1 - exp(-(s - floor)).
    np.testing.assert_allclose(tape.gradient(loss, family.raw_scale.value), 9 * (1 - np.exp(-(1 - 1e-3))), **CLOSE)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("raw", [-30.0, -1e3, -1e6])
def test_no_parameter_takes_a_scale_below_the_floor(raw, dtype):
    per_dimension = normal.conditional((1,), minimum_scale=0.1)
    tfd = per_dimension.distribution(tf.constant([[0.0, raw]], dtype))
    np.testing.assert_allclose(tfd.stddev(), [[0.1]], rtol=1e-6)
    assert tfd.stddev().numpy() >= np.asarray(0.1, dtype.as_numpy_dtype)
    one = normal.conditional((1,), scale="global", minimum_scale=0.1)
    one.raw_scale.assign(raw)
    assert one.distribution(tf.zeros([1, 1], dtype)).stddev().numpy() >= np.asarray(0.1, dtype.as_numpy_dtype)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("module", [normal, deterministic])
def test_the_loc_may_pass_an_activation_and_the_scale_does_not(module, activation):
    family = module.conditional((2,), loc_activation=activation)
    parameters = numbers(0, 3, *family.parameter_shape)
    function = {"sigmoid": scipy.special.expit, "tanh": np.tanh}[activation]
    tfd = family.distribution(tf.constant(parameters))
    np.testing.assert_allclose(tfd.mean(), function(parameters[:, :2]), **CLOSE)
    if module is normal:
        linear = module.conditional((2,)).distribution(tf.constant(parameters))
        np.testing.assert_array_equal(tfd.stddev(), linear.stddev())


@pytest.mark.parametrize("scale", ["per_dimension", "global", "fixed"])
def test_kl_of_a_normal_to_the_standard_normal(scale):
    """KL(N(m, s^2) || N(0, I)) = sum of (m^2 + s^2 - 1) / 2 - log s, one number for each example."""
    posterior = normal.conditional((3,), scale=scale, initial_scale=0.6).distribution(
        tf.constant(numbers(0, 4, *normal.conditional((3,), scale=scale).parameter_shape))
    )
    m, s = posterior.mean().numpy(), posterior.stddev().numpy()
    found = tfp.distributions.kl_divergence(posterior, standard_normal.prior((3,)).distribution())
    np.testing.assert_allclose(found, np.sum((m**2 + s**2 - 1) / 2 - np.log(s), axis=1), **CLOSE)


def test_standard_normal():
    prior = standard_normal.prior((3,)).distribution()
    z = numbers(0, 4, 3)
    np.testing.assert_allclose(prior.log_prob(z), scipy.stats.norm.logpdf(z).sum(1), **CLOSE)
    np.testing.assert_allclose(prior.entropy(), 3 * (1 + LOG_2_PI) / 2, **CLOSE)
    assert (prior.batch_shape, prior.event_shape) == ((), (3,))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bernoulli(shape):
    family = bernoulli.conditional(shape)
    assert family.parameter_shape == shape
    logits = numbers(0, 4, *shape)
    tfd = family.distribution(tf.constant(logits))
    x = tfd.sample(seed=1)
    assert set(np.unique(x)) == {0.0, 1.0}
    expected = scipy.stats.bernoulli(scipy.special.expit(logits)).logpmf(x.numpy().astype(int)).reshape(4, -1).sum(1)
    np.testing.assert_allclose(tfd.log_prob(x), expected, **CLOSE)
    assert x.dtype == tf.float64


def test_bernoulli_scores_grey_by_its_cross_entropy():
    logits, grey = numbers(0, 4, 3), np.random.default_rng(1).uniform(size=[4, 3])
    p = scipy.special.expit(logits)
    expected = np.sum(grey * np.log(p) + (1 - grey) * np.log1p(-p), axis=1)
    np.testing.assert_allclose(bernoulli.conditional((3,)).distribution(tf.constant(logits)).log_prob(grey), expected, **CLOSE)


def test_deterministic_samples_are_its_parameters():
    parameters = tf.constant(numbers(0, 4, 2, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        x = deterministic.conditional((2, 2, 1)).distribution(parameters).sample(seed=0)
    np.testing.assert_array_equal(x, parameters)
    np.testing.assert_array_equal(tape.gradient(x, parameters), np.ones_like(x))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": "some"}, "normal: scale must be one of per_dimension, global, fixed, found 'some'"),
        ({"minimum_scale": 0.0}, "scales must be above 0"),
        ({"initial_scale": -1.0, "scale": "fixed"}, "scales must be above 0"),
        ({"initial_scale": 0.1, "minimum_scale": 0.2}, "initial_scale 0.1 must be above minimum_scale 0.2"),
    ],
)
def test_normal_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        normal.conditional((3,), **options)


def test_a_fixed_scale_may_lie_below_the_floor_of_learned_ones():
    tfd = normal.conditional((1,), scale="fixed", initial_scale=1e-4).distribution(tf.zeros([1, 1], tf.float64))
    np.testing.assert_array_equal(tfd.stddev(), [[1e-4]])


# Every conditional and prior there is, by discovery.

CODES_ONLY = {"layered_bernoulli", "multivariate_normal", "noisy_code", "predictive_coding"}
WITHOUT_MODE = {"discretized_logistic", "noisy_code"}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", registry.names("conditional"))
def test_every_conditional_has_a_value_and_a_sample_for_each_example(name, shape):
    if name in CODES_ONLY and len(shape) > 1:
        pytest.skip("its events are vectors")
    family = registry.find("conditional", name).conditional(shape)
    tfd = family.distribution(parameters_of(family))
    sample = tfd.sample(seed=(1, 2))
    assert sample.shape == (4, *shape)
    assert name in WITHOUT_MODE or tfd.mode().shape == (4, *shape)
    assert np.all(in_support(family, sample.numpy()))
    assert all(value.shape[: 1 + len(shape)] == (4, *shape) for value in family.described(tfd).values())
    if family.DENSITY:
        assert tfd.log_prob(sample).shape == (4,)
        assert tfd.log_prob(tfd.sample(2, seed=(1, 2))).shape == (2, 4)
    np.testing.assert_array_equal(sample, tfd.sample(seed=(1, 2)))
    assert sample.dtype == tf.float64


@pytest.mark.parametrize("name", registry.names("conditional"))
def test_every_conditional_knows_its_shapes_where_the_batch_is_not_known_in_advance(name):
    shape = (3,) if name in CODES_ONLY else (2, 2, 3)
    family = registry.find("conditional", name).conditional(shape)
    parameters = parameters_of(family)

    @tf.function(input_signature=[tf.TensorSpec([None, *parameters.shape[1:]], parameters.dtype)])
    def shapes(rows):
        tfd = family.distribution(rows)
        inner = tfd.distribution if hasattr(tfd, "reinterpreted_batch_ndims") else tfd
        whole = tf.concat([inner.batch_shape_tensor(), inner.event_shape_tensor()], 0)
        return tfd.batch_shape_tensor(), tfd.event_shape_tensor(), whole, tf.shape(tfd.sample(2, seed=(1, 2)))

    assert [found.numpy().tolist() for found in shapes(parameters)] == [[4], [*shape], [4, *shape], [2, 4, *shape]]


@pytest.mark.parametrize("name", registry.names("conditional"))
def test_rows_of_every_conditional_that_has_rows_are_those_of_the_whole(name):
    """Measures draw one example after the other."""
    shape = (3,) if name in CODES_ONLY else (2, 2, 3)
    family = registry.find("conditional", name).conditional(shape)
    tfd = family.distribution(parameters_of(family))
    if not noise.sliceable(tfd):
        pytest.skip("it has none")
    rows = tfd[1:3]
    assert rows.sample(seed=(1, 2)).shape == (2, *shape)
    if family.DENSITY:
        sample = tfd.sample(seed=(1, 2))
        np.testing.assert_allclose(rows.log_prob(sample[1:3]), tfd.log_prob(sample)[1:3], rtol=1e-10)


@pytest.mark.parametrize("name", registry.names("conditional"))
def test_every_conditional_says_whether_a_gradient_passes_through_its_samples(name):
    family = registry.find("conditional", name).conditional((3,))
    parameters = parameters_of(family)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        sample = family.distribution(parameters).sample(seed=(1, 2))
    gradient = tape.gradient(sample, parameters)
    passes = gradient is not None and np.all(gradient.numpy() != 0)
    assert passes == family.PATHWISE


@pytest.mark.parametrize("name", registry.names("prior"))
def test_every_prior_has_a_value_for_each_code(name):
    family = small("prior", name)
    tfd = family.distribution()
    z = tfd.sample(5, seed=(1, 2))
    assert z.shape == (5, 3)
    assert np.all(in_support(family, z.numpy()))
    assert tfd.log_prob(z).shape == (5,)
    assert z.dtype == tfd.log_prob(z).dtype == tf.float64
    assert [found.numpy().tolist() for found in (tfd.batch_shape_tensor(), tfd.event_shape_tensor())] == [[], [3]]


@pytest.mark.parametrize("name", registry.names("prior"))
def test_every_trained_weight_of_a_prior_has_a_gradient_through_its_density(name):
    family = small("prior", name)
    randomize(family)
    variables = [variable.value for variable in family.trainable_variables]
    z = family.distribution().sample(20, seed=(1, 2)).numpy()
    with tf.GradientTape() as tape:
        log_prob = family.distribution().log_prob(z)
    assert all(np.abs(gradient).max() > 0 for gradient in tape.gradient(log_prob, variables))
