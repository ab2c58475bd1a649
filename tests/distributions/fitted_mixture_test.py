"""The fitted mixture: its density against SciPy, N(0, I) before it is fitted, and the noise that keeps it, by moments."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf
from sklearn.mixture import GaussianMixture

from zoo import noise
from zoo.distributions import fitted_mixture, noisy_code, standard_normal

COMPONENTS, SIZE = 3, 2
MEANS = np.array([[-2.0, 0.0], [2.0, 1.0], [0.0, -3.0]])
FACTORS = np.array([[[0.5, 0.0], [0.3, 0.2]], [[0.3, 0.0], [-0.2, 0.6]], [[0.4, 0.0], [0.0, 0.4]]])
WEIGHTS = np.array([0.5, 0.3, 0.2])


def drawn(count, seed=0):
    """Codes of the mixture of these, by NumPy."""
    generator = np.random.default_rng(seed)
    k = generator.choice(COMPONENTS, count, p=WEIGHTS)
    return MEANS[k] + np.einsum("nij,nj->ni", FACTORS[k], generator.normal(size=(count, SIZE)))


@pytest.fixture
def family(float64):
    """The mixture itself, not an estimate of it."""
    made = fitted_mixture.prior((SIZE,), components=COMPONENTS)
    made.log_weights.assign(np.log(WEIGHTS))
    made.loc.assign(MEANS)
    made.factor.assign(FACTORS)
    made.whitening.assign(np.linalg.inv(FACTORS))
    return made


def following(family, **options):
    """The noisy code that follows the mixture, where codes are without error."""
    made = noisy_code.conditional((SIZE,), **options)
    made.connect(SimpleNamespace(prior_family=family))
    made.loc.assign(MEANS)
    made.whitening.assign(np.linalg.inv(FACTORS))
    return made


def log_joint(z):
    """log w_k N(z; mean_k, C_k), [n, K]."""
    normals = [scipy.stats.multivariate_normal(mean, factor @ factor.T) for mean, factor in zip(MEANS, FACTORS, strict=True)]
    return np.log(WEIGHTS) + np.stack([normal.logpdf(z) for normal in normals], -1)


def test_log_density_and_its_normals(family):
    z = drawn(50)
    np.testing.assert_allclose(family.distribution().log_prob(z), scipy.special.logsumexp(log_joint(z), 1), rtol=1e-10)
    weights, means, factors = family.normals()
    np.testing.assert_allclose(weights, WEIGHTS, rtol=1e-12)
    np.testing.assert_array_equal(means, MEANS)
    np.testing.assert_array_equal(factors, FACTORS)


def test_samples_have_its_moments(family):
    """Mean and covariance in closed form; five standard errors, those of the covariance from the samples."""
    count = 40_000
    z = family.distribution().sample(count, seed=(1, 2)).numpy()
    mean = WEIGHTS @ MEANS
    outer = FACTORS @ FACTORS.transpose(0, 2, 1) + np.einsum("ki,kj->kij", MEANS, MEANS)
    second = np.einsum("k,kij->ij", WEIGHTS, outer)
    for found, expected in ((z, mean), (np.einsum("ni,nj->nij", z, z), second)):
        assert np.all(abs(found.mean(0) - expected) < 5 * found.std(0) / count**0.5)


def test_before_it_is_fitted_it_is_a_standard_normal_and_draws_the_same_codes():
    made, plain = fitted_mixture.prior((4,), components=7), standard_normal.prior((4,))
    seed = noise.seed_for(0, 3, "prior")
    z = made.distribution().sample(100, seed=seed)
    np.testing.assert_array_equal(z, plain.distribution().sample(100, seed=seed))
    np.testing.assert_allclose(made.distribution().log_prob(z), plain.distribution().log_prob(z), rtol=1e-5)


def test_nothing_of_it_is_trained():
    assert fitted_mixture.prior((4,)).trainable_variables == []


def test_fitted_to_codes_it_has_their_density():
    """EM's maximum is above the truth on the codes themselves, and near it on others: 3 * 6 - 1 numbers of 5,000 codes."""
    made = fitted_mixture.prior((SIZE,), components=COMPONENTS)
    made.fit(drawn(5000).astype(np.float32), 0)
    for codes, above in ((drawn(5000), True), (drawn(5000, seed=1), False)):
        gains = made.distribution().log_prob(codes.astype(np.float32)).numpy() - scipy.special.logsumexp(log_joint(codes), 1)
        # Half of the number of parameters over n, in expectation; four times that at most.
        assert (gains.mean() > 0) == above
        assert abs(gains.mean()) < 4 * 17 / 2 / 5000


def test_the_same_codes_and_seed_give_the_same_fit():
    first, second = (fitted_mixture.prior((SIZE,), components=COMPONENTS) for _ in range(2))
    for made in (first, second):
        made.fit(drawn(500), 5)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_fit_is_that_of_float64():
    """As scikit-learn has it; rounding in float32 moves the mean log-density by far less than 1e-4 nats."""
    codes = drawn(2000)
    made = fitted_mixture.prior((SIZE,), components=COMPONENTS)
    made.fit(codes, 0)
    exact = GaussianMixture(COMPONENTS, max_iter=50, reg_covar=1e-6, random_state=0, init_params="k-means++").fit(codes)
    found = made.distribution().log_prob(codes.astype(np.float32)).numpy().mean()
    assert found == pytest.approx(exact.score(codes), abs=1e-4)


def test_a_component_on_few_codes_is_fitted():
    """Twenty codes on a line far away: one variance of 400, another of nothing but the floor."""
    line = np.linspace(-40, 40, 20)[:, np.newaxis]
    far = np.concatenate([line, line], 1) + 500
    made = fitted_mixture.prior((SIZE,), components=2)
    made.fit(np.concatenate([drawn(500), far]), 0)
    weights, means, factors = (part.numpy() for part in made.normals())
    k = np.argmax(means[:, 0])
    np.testing.assert_allclose(means[k], far.mean(0), rtol=1e-5)
    np.testing.assert_allclose(factors[k, 0, 0], line.std(), rtol=1e-4)
    assert weights[k] == pytest.approx(20 / 520, rel=1e-4)
    assert np.all(np.isfinite(made.distribution().log_prob(far.astype(np.float32))))


@pytest.mark.parametrize("size", [0.3, 0.9])
def test_the_noise_of_codes_keeps_it(family, size):
    """From codes of the mixture a draw of noisy_code leads to codes of the mixture: moments, by five standard errors."""
    count = 20_000
    posterior = following(family, noise=size)
    moved = posterior.distribution(tf.constant(drawn(count))).sample(seed=(1, 2)).numpy()
    fresh = drawn(count, seed=2)
    for function in (lambda c: c, np.square, lambda c: c[:, :1] * c[:, 1:], lambda c: np.exp(log_joint(c))):
        found, expected = function(moved), function(fresh)
        assert np.all(abs(found.mean(0) - expected.mean(0)) < 5 * np.hypot(found.std(0), expected.std(0)) / count**0.5)


def test_the_law_of_noisy_codes(family):
    """A step within each normal, by scipy: density and mean."""
    size, code, z = 0.6, np.array([[-0.5, -0.7]]), drawn(50)
    posterior = following(family, noise=size)
    found = posterior.distribution(tf.constant(code))
    shares = scipy.special.softmax(log_joint(code))
    centres = MEANS + 0.8 * (code - MEANS)
    normals = [scipy.stats.multivariate_normal(c, size**2 * f @ f.T) for c, f in zip(centres, FACTORS, strict=True)]
    exact = np.log(sum(share * normal.pdf(z) for share, normal in zip(shares, normals, strict=True)))
    np.testing.assert_allclose(found.log_prob(z), exact, rtol=1e-8)
    np.testing.assert_allclose(found.mean()[0], shares @ centres, rtol=1e-10)


def test_the_sleep_phase_says_which_normal_a_code_is_of(family):
    """Codes m = z + an error: P(k|m) by scipy, and of all samples each normal has its share, within five standard errors."""
    error, count, made = 1.0, 40_000, following(family, noise=0.6)
    generator = np.random.default_rng(5)
    z = MEANS[:, np.newaxis] + np.einsum("kij,knj->kni", FACTORS, generator.normal(size=(COMPONENTS, count, SIZE)))
    codes = z + 0.2 + error * generator.normal(size=z.shape)

    def shares(at):
        return made.distribution(tf.constant(at)).mixture_distribution.probs_parameter().numpy()

    def z_scores():
        each = shares(codes.reshape(-1, SIZE)).reshape(COMPONENTS, count, COMPONENTS)
        spread = np.sqrt(np.einsum("k,kj->j", WEIGHTS**2, each.var(1)) / count)
        return abs(WEIGHTS @ each.mean(1) - WEIGHTS) / spread

    assert z_scores().max() > 20  # P(k|z) at m, from before the fit
    made.fit(codes)
    assert z_scores().max() < 5
    covariances = FACTORS @ FACTORS.transpose(0, 2, 1) + error**2 * np.eye(SIZE)
    normals = [scipy.stats.multivariate_normal(mean + 0.2, cov) for mean, cov in zip(MEANS, covariances, strict=True)]
    exact = scipy.special.softmax(np.log(WEIGHTS) + np.stack([normal.logpdf(codes[:, 0]) for normal in normals], -1), 1)
    np.testing.assert_allclose(shares(codes[:, 0]), exact, atol=0.02)


def test_each_of_many_codes_under_the_noise_of_each_of_many(family):
    """A table by matrix products, against one code after the other."""
    posterior = following(family, noise=0.6)
    found, z = posterior.distribution(tf.constant(drawn(4))), drawn(5, seed=3)
    table = found.log_prob(z[:, np.newaxis])
    assert table.shape == (5, 4)
    np.testing.assert_allclose(table, [found.log_prob(one) for one in z], rtol=1e-8)
    np.testing.assert_allclose(found[1:3].log_prob(z[:, np.newaxis]), table[:, 1:3], rtol=1e-8)


@pytest.mark.parametrize(
    ("codes", "message"),
    [(np.zeros([2, 2]), "2 codes are fewer than components = 3"), (np.full([9, 2], np.nan), "codes are not finite")],
)
def test_codes_that_no_mixture_can_be_fitted_to(codes, message):
    made = fitted_mixture.prior((2,), components=3)
    before = made.get_weights()
    with pytest.raises(ValueError, match=message):
        made.fit(codes, 0)
    for one, other in zip(before, made.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("options", [{"components": 0}, {"fits": 0}, {"components": 10, "examples": 9}], ids=str)
def test_numbers_out_of_range(options):
    with pytest.raises(ValueError, match="fitted_mixture: components and fits must be"):
        fitted_mixture.prior((2,), **options)
