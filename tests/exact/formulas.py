"""Every objective as the theory writes it: one formula for each phase, with one letter for each log-density.

    a = log P(x|z),  b = log P(z),  c = log Q(z|x),  d = log Q(x)
    f = log P(x,z) up to a constant
    t = log Q(x,z)/P(x,z),  t1 = log Q(z|x)/P(z),  t2 = log P(x|z)/Q(x), each by its approximator
    h = log P(h(x)|z) of a critic's features,  n = log N(z; 0, I)

The wake phase is averaged over Q(x, z), the sleep phase over P(x, z). Where an objective draws several codes for each x, they
are the first axis of its wake phase. Options have their defaults; a new objective is one line here.
"""

import inspect
import types

import numpy as np

LETTERS = {
    "a": "log_p_x_given_z",
    "b": "log_p_z",
    "c": "log_q_z_given_x",
    "d": "log_q_x",
    "f": "unnormalized_log_p",
    "t": "log_ratio",
    "t1": "log_posterior_ratio",
    "t2": "log_likelihood_ratio",
    "h": "log_p_features_given_z",
}


def _reweighted(a, b, c):
    weights = np.exp(a + b - c) / np.exp(a + b - c).sum(0)
    return -(weights * (a + b + c)).sum(0)


FORMULAS = {
    "vae": {"wake": lambda a, b, c: c - a - b},
    "symmetric_vae": {"wake": lambda a, b, c: c - a - b, "sleep": lambda a, c, d: a - d - c},
    "extended_helmholtz": {"wake": lambda a, b: -a - b, "sleep": lambda c, d: -c - d},
    "bridge": {"wake": lambda a, b, c: c / 2 - a - b, "sleep": lambda a, c, d: a / 2 - d - c},
    "wake_sleep": {"wake": lambda a, b: -a - b, "sleep": lambda c: -c},
    "mim": {"wake": lambda a, b, c, d: -(a + b + c + d) / 2, "sleep": lambda a, b, c, d: -(a + b + c + d) / 2},
    "gan": {"sleep": lambda d: -d},
    "latent_regressor": {"sleep": lambda d: -d, "fantasy": lambda c: -c},
    "adversarial_autoencoder": {"wake": lambda a, b: -a - b},
    "joint_ratio": {"wake": lambda t: t, "sleep": lambda t: -t},
    "as_vae": {"wake": lambda a, t1: t1 - a, "sleep": lambda c, t2: t2 - c},
    "adversarial_variational_bayes": {"wake": lambda a, t1: t1 - a},
    "vae_gan": {
        "wake": lambda b, c, h: c - b - h,
        "sleep": lambda d: np.log1p(np.exp(-d)),
        "reconstruction": lambda d: np.log1p(np.exp(-d)),
    },
    "iwae": {"wake": lambda a, b, c: -np.log(np.exp(a + b - c).mean(0))},
    "contrastive_divergence": {"wake": lambda f: -f, "sleep": lambda f: f},
    "reweighted_wake_sleep": {"wake": _reweighted, "sleep": lambda c: -c},
}


def evaluate(formula, at):
    """A formula at a struct of log-densities, which has the fields of its letters."""
    return formula(**{letter: getattr(at, LETTERS[letter]) for letter in inspect.signature(formula).parameters})


def random_log_densities(shape, seed=0):
    """A struct of float64 arrays, one for each letter; such numbers need not belong together."""
    generator = np.random.default_rng(seed)
    return types.SimpleNamespace(**{field: generator.normal(size=shape) for field in LETTERS.values()})
