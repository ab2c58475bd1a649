"""log P(x) exactly, of the few models where that is possible: linear Gaussian ones, few binary codes, one or two dimensions.

linear_gaussian    P(z) = N(0, I), P(x|z) = N(z W + b, S):     log N(x; b, W^T W + S)
enumeration        binary codes of at most 14 bits:            log sum_z P(z) P(x|z)
quadrature         real codes of one or two dimensions:        log sum over a grid of z of  P(z) P(x|z) cell
"""

import itertools

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats

from zoo import noise
from zoo.evaluation import draws
from zoo.evaluation.results import Quantity, Unavailable, estimate
from zoo.models import conditional

tfd = tfp.distributions

RESULTS = {
    "exact_log_likelihood": Quantity(
        "nats",
        "higher",
        "Log-likelihood, exact",
        "Mean log P(x). A density of x: it depends on the scale and the floor of the model's noise.",
    )
}
MAX_BITS = 14
MAX_SIZE = 1024  # values of x, of which a linear Gaussian model needs the covariance
MAX_EXAMPLES = 1000
GRID = {1: 4001, 2: 301}  # points a dimension
QUADRATURE_ERROR = 0.02  # nats, the largest difference that a grid of half as many points may make on average
AFFINE_ERROR = 1e-4  # of the mean of P(x|z) relative to its largest value, in float32
VALUES_AT_ONCE = 2**22  # of P(x|z) at pairs of x and z: what bounds the memory


def summary(model, x):
    """exact_log_likelihood of the first 1,000 examples, with how it was found."""
    x = x[:MAX_EXAMPLES]
    values, method = exact_log_likelihood(model, x)
    settings = {"exact_log_likelihood_method": method, "num_exact_examples": len(x)}
    return {"exact_log_likelihood": estimate(values)} | settings


def exact_log_likelihood(model, x):
    """(log P(x) float64 [n] in nats, the name of the method).

    Raises:
      Unavailable: if there is no way for this model.
    """
    if not model.has_distributions:
        raise Unavailable("log P(x) needs the distributions of the model itself; measure the run with --workdir")
    if conditional.classes(model):
        raise Unavailable("log P(x) of a class-conditional model is not known, but log P(x|y) of a label")
    if not (model.has("log_p_x_given_z") and model.has("log_p_z")):
        raise Unavailable("log P(x) needs a prior and a likelihood with densities, which the model lacks")
    reasons = []
    for method in (linear_gaussian, enumeration, quadrature):
        try:
            return method(model, x), method.__name__
        except Unavailable as error:
            reasons.append(str(error))
    raise Unavailable(f"log P(x) has no exact value: {'; '.join(reasons)}")


def _normal(distribution):
    normal = getattr(distribution, "distribution", None)
    return normal if isinstance(distribution, tfd.Independent) and isinstance(normal, tfd.Normal) else None


def linear_gaussian(model, x):
    """The marginal of a linear Gaussian model, whose W and b are read off the decoder at 0 and at the unit codes."""
    prior, size = model.prior(), model.latent_size
    standard = _normal(prior) and np.all(prior.mean() == 0) and np.all(prior.stddev() == 1)
    if not standard or not _normal(model.likelihood(tf.zeros([1, size], prior.dtype))) or np.prod(x.shape[1:]) > MAX_SIZE:
        raise Unavailable("the prior is not N(0, I), or the likelihood no normal one")
    random = 3 * np.random.RandomState(0).standard_normal((64, size))
    z = np.concatenate([np.zeros((1, size)), np.eye(size), random]).astype(prior.dtype.as_numpy_dtype)
    likelihood = model.likelihood(tf.constant(z))
    mean, scale = draws.flat(likelihood.mean()), draws.flat(likelihood.stddev())
    bias, weights = mean[0], mean[1 : size + 1] - mean[0]
    difference = np.abs(mean - bias - z @ weights).max()
    if difference > AFFINE_ERROR * np.abs(mean).max() or np.ptp(scale, 0).max() > AFFINE_ERROR * scale.max():
        raise Unavailable("the decoder is not linear, or its scale depends on z")
    covariance = weights.T @ weights + np.diag(scale[0] ** 2)
    return np.atleast_1d(stats.multivariate_normal(bias, covariance).logpdf(draws.flat(x)))


def enumeration(model, x):
    """The sum over all codes of a small discrete model."""
    if model.code_support != "binary" or model.latent_size > MAX_BITS:
        raise Unavailable(f"the codes are not binary, or more than {MAX_BITS} bits")
    z = np.array(list(itertools.product((0.0, 1.0), repeat=model.latent_size)), x.dtype)
    return _log_sum(model, x, z, 0.0)


def quadrature(model, x):
    """The trapezoidal rule over a grid of codes that holds 10,000 draws of the prior.

    Raises:
      Unavailable: also if a grid of half as many points a dimension gives another answer.
    """
    size = model.latent_size
    if model.code_support != "real" or size not in GRID:
        raise Unavailable("the codes have more than two dimensions, or are not real")
    sample = model.prior().sample(10_000, seed=noise.seed_for(0, 0, "quadrature")).numpy()
    axes = [np.linspace(low - 1, high + 1, GRID[size]) for low, high in zip(sample.min(0), sample.max(0), strict=True)]
    fine, coarse = (_on_grid(model, x, [axis[::every] for axis in axes]) for every in (1, 2))
    if not (difference := np.abs(fine - coarse).mean()) < QUADRATURE_ERROR:
        raise Unavailable(f"P(x|z) is too narrow for the grid of codes: half as many points differ by {difference:.2g} nats")
    return fine


def _on_grid(model, x, axes):
    z = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(axes)).astype(x.dtype)
    return _log_sum(model, x, z, sum(np.log(axis[1] - axis[0]) for axis in axes))


def _log_sum(model, x, z, log_cell):
    """log sum over z of P(z) P(x|z) cell, [n], in chunks of codes."""
    chunk = max(1, VALUES_AT_ONCE // x.size)
    log_p_z = model.prior().log_prob(z)

    @tf.function(reduce_retracing=True, autograph=False)
    def of_chunk(codes, log_p):
        return tf.reduce_logsumexp(model.likelihood(codes).log_prob(x[:, tf.newaxis]) + log_p, -1)

    starts = range(0, len(z), chunk)
    parts = [of_chunk(tf.constant(z[i : i + chunk]), log_p_z[i : i + chunk]).numpy().astype(np.float64) for i in starts]
    return special.logsumexp(parts, axis=0) + log_cell
