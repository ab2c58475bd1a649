"""Scaled SVRG: SVRG of whose correction only a share alpha is taken.

    g_k(w) - alpha (g_k(w~) - mean over j of g_j(w~))

is without bias for any alpha, a number or a schedule. The variance is least at alpha = Cov(g(w), g(w~)) / Var(g(w~)), which
falls below 1 as w leaves the snapshot w~: with alpha = 1, a network whose gradients have little to do with those of its
snapshot gains variance. alpha = 0 is the plain gradient, 1 is SVRG (zoo/variance_reduction/svrg.py).

Source: Yin et al., "A Coefficient Makes SVRG Effective" (2023), equation 5.
"""

from zoo.models.schedule import outside, schedule
from zoo.variance_reduction.svrg import Svrg

SCHEDULED = ("alpha",)


class AlphaSvrg(Svrg):
    """A step of which a share of the correction is taken."""

    METHOD = "alpha_svrg"


def step(arguments, reduced, *, alpha: float = 0.5, every: int = 20, batches: int = 20):
    """A step of scaled SVRG.

    Args:
      arguments, reduced, every, batches: see zoo/variance_reduction/svrg.py.
      alpha: from 0 to 1; or a schedule over the steps of the run. Yin et al. let it fall linearly.

    Raises:
      ValueError: one line, also for an alpha that is out of its range at some step of the run.
    """
    *_, options, _ = arguments
    if found := outside(schedule(alpha), 0, 1, options.steps):
        step, value = found
        raise ValueError(f"alpha_svrg: alpha must stay in [0, 1], found {value:g} at step {step}")
    return AlphaSvrg(arguments, reduced, every, batches, alpha)
