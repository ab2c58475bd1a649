"""The linear-Gaussian model: every mean of a log-density in closed form.

    P(z) = N(0, I)      P(x|z) = N(z W + b, s^2 I)      Q(z|x) = N(x A + c, t^2 I)
    f(x) = k (x w + v)  T(x, z) = x p + z q + r         g(z) = z q + r

with rows as vectors. f stands in for log Q(x), T for every ratio, g for log P(z) where that is a critic's. Q(x) is uniform
over a few given points, so that no mean over the data is estimated. Parameters are a dictionary of float64 arrays; scales are
given as s and t, or, learned, as what the softplus above the floor is taken of.
"""

import dataclasses
import types

import numpy as np

LOG_2_PI = np.log(2 * np.pi)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is no parameter: the points of the data, the critic's weight k, and how scales come from parameters."""

    x: np.ndarray
    critic_scale: float
    scales: str  # fixed or global
    s: float
    t: float
    floor: float

    def scale(self, which, parameters):
        """s or t; a learned one is floor + softplus(raw + offset), and `raw` = 0 is where it starts."""
        start = getattr(self, which)
        if self.scales == "fixed":
            return start
        offset = np.log(np.expm1(start - self.floor))
        return self.floor + np.log1p(np.exp(parameters[f"raw_{which}"] + offset))


def random_parameters(seed, setting, latent_size):
    """All parameters, small enough that no term drowns the others."""
    generator = np.random.default_rng(seed)
    size = setting.x.shape[1]
    shapes = {"A": (size, latent_size), "c": (latent_size,), "W": (latent_size, size), "b": (size,), "w": (size,), "v": (1,)}
    if setting.scales == "global":
        shapes |= {"raw_s": (), "raw_t": ()}
    shapes |= {"p": (size, 1), "q": (latent_size, 1), "r": (1,)}
    return {name: np.asarray(0.5 * generator.normal(size=shape)) for name, shape in shapes.items()}


def _critics(setting, parameters, x, z):
    """The means of f, T and g, which are linear, at the means of x and z."""
    w, v, p, q, r = (parameters[name] for name in "wvpqr")
    ratio = (x @ p + z @ q + r)[0]
    return {
        "log_q_x": setting.critic_scale * (x @ w + v[0]),
        "log_ratio": ratio,
        "log_posterior_ratio": ratio,
        "log_likelihood_ratio": ratio,
        "critic_of_z": (z @ q + r)[0],
    }


def wake_means(setting, parameters):
    """The means of all fields over Q(x) Q(z|x)."""
    x, A, c, W, b = setting.x, *(parameters[name] for name in "AcWb")
    s, t = setting.scale("s", parameters), setting.scale("t", parameters)
    mean = x @ A + c
    error = _square(x - mean @ W - b) / len(x) + t**2 * _square(W)
    return types.SimpleNamespace(
        log_p_x_given_z=-error / (2 * s**2) - len(b) * (np.log(s) + LOG_2_PI / 2),
        log_p_z=-(_square(mean) / len(x) + len(c) * t**2) / 2 - len(c) * LOG_2_PI / 2,
        log_q_z_given_x=-len(c) * (np.log(t) + LOG_2_PI / 2 + 1 / 2),
        **_critics(setting, parameters, x.mean(0), mean.mean(0)),
    )


def sleep_means(setting, parameters):
    """The means of all fields over P(z) P(x|z)."""
    A, c, W, b = (parameters[name] for name in "AcWb")
    s, t = setting.scale("s", parameters), setting.scale("t", parameters)
    # z - x A - c = z (I - W A) - (b A + c) - s e A, with x = z W + b + s e
    error = _square(np.eye(len(c)) - W @ A) + _square(b @ A + c) + s**2 * _square(A)
    return types.SimpleNamespace(
        log_p_x_given_z=-len(b) * (np.log(s) + LOG_2_PI / 2 + 1 / 2),
        log_p_z=-len(c) * (LOG_2_PI + 1) / 2,
        log_q_z_given_x=-error / (2 * t**2) - len(c) * (np.log(t) + LOG_2_PI / 2),
        **_critics(setting, parameters, b, np.zeros(len(c))),
    )


MEANS = {"wake": wake_means, "sleep": sleep_means}


def _square(values):
    return (values * values).sum()
