"""Metropolis-adjusted Langevin dynamics: a step of Langevin dynamics, accepted or refused by the Metropolis-Hastings test.

    proposed x' = x + (s^2 / 2) grad log p(x) + s n,      n ~ N(0, I),      s the step size

That is one leapfrog step of Hamiltonian Monte Carlo, test included.

Source: Roberts and Tweedie, "Exponential convergence of Langevin distributions and their discrete approximations" (1996); Neal,
"MCMC using Hamiltonian dynamics" (2011), section 5.2, on the equality.
"""

import tensorflow_probability as tfp

NEEDS = "log_density"
EXACT, FLOW = True, False
STEP_SIZE = 0.1
ACCEPTANCE = 0.574  # where it mixes fastest in many dimensions: Roberts and Rosenthal (1998)


def sampler(target, step_size):
    """See zoo/samplers/__init__.py."""
    return tfp.mcmc.HamiltonianMonteCarlo(target.log_density, step_size, 1)
