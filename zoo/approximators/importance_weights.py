"""What a set of log-weights says: the log of their mean, and how far to trust it.

The functions in TensorFlow are of the weights of the GLOBAL batch (zoo/replicas.py).
"""

import numpy as np
import tensorflow as tf

from zoo import replicas


def log_mean_exp(log_weights):
    """log of the mean weight, a scalar. As an estimate of log E[w] it is low: by about var(w)/(2 n E[w]^2) for large n."""
    return replicas.log_sum_exp(log_weights) - tf.math.log(replicas.size(log_weights))


def effective_sample_size(log_weights):
    """(sum of w)^2 / sum of w^2, a scalar from 1 to the number of weights."""
    return tf.exp(2 * replicas.log_sum_exp(log_weights) - replicas.log_sum_exp(2 * log_weights))


def standard_error(log_weights):
    """Standard error of `log_mean_exp`, in nats, to first order: sd(w) / (sqrt(n) mean(w)). NaN for one weight.

    It means something only if the weights have a variance: see `pareto_k`.
    """
    count = replicas.size(log_weights)
    return tf.sqrt(tf.maximum(count / effective_sample_size(log_weights) - 1, 0) / (count - 1))


def pareto_k(log_weights):
    """Shape k of the generalized Pareto distribution fitted to the largest weights, for evaluation (NumPy).

    Moments below 1/k exist: above 1/2 the weights have no variance and their mean has no standard error, above 0.7 the mean
    is not to be trusted, and above 1 there is none. The fit is that of Zhang and Stephens (2009), to the min(n/5, 3 sqrt(n))
    largest weights, with the weak prior of Pareto smoothed importance sampling.

    Args:
      log_weights: [n], at least 25 of them.

    Returns:
      A float; -inf if the largest weights are all equal, which is as light a tail as there can be, and inf if they span
      more than float64 does, so that a few weights are all there is.

    Raises:
      ValueError: for fewer weights.

    Source: Vehtari, Simpson, Gelman, Yao and Gabry, "Pareto Smoothed Importance Sampling" (2024), section 2.4, appendix C.
    """
    log_weights = np.sort(np.asarray(log_weights, np.float64))
    if len(log_weights) < 25:
        raise ValueError(f"pareto_k: at least 25 weights are needed to see a tail, found {len(log_weights)}")
    size = int(np.ceil(min(len(log_weights) / 5, 3 * np.sqrt(len(log_weights)))))
    weights = np.exp(log_weights - log_weights[-1])
    excess = weights[-size:] - weights[-size - 1]
    if not excess[0] < excess[-1]:
        return -np.inf
    if excess[_quartile(size)] == 0:
        return np.inf
    # The prior: as much as 10 weights that say 1/2.
    return float((size * _zhang_stephens(excess) + 10 * 0.5) / (size + 10))


def _quartile(n):
    return int(n / 4 + 0.5) - 1


def _zhang_stephens(excess):
    """k of a generalized Pareto distribution, from sorted excesses over its threshold: the posterior mean of the paper."""
    n = len(excess)
    candidates = 30 + int(np.sqrt(n))
    theta = 1 - np.sqrt(candidates / (np.arange(1, candidates + 1) - 0.5))
    theta = theta / (3 * excess[_quartile(n)]) + 1 / excess[-1]
    k = np.mean(np.log1p(-theta[:, None] * excess), axis=1)
    log_likelihood = n * (np.log(-theta / k) - k - 1)
    weight = np.exp(log_likelihood - log_likelihood.max())
    return np.mean(np.log1p(-np.sum(theta * weight) / np.sum(weight) * excess))
