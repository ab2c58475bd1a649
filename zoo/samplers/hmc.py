"""Hamiltonian Monte Carlo: leapfrog steps along -log p with a fresh momentum, accepted or refused by the change of energy.

Source: Duane et al., "Hybrid Monte Carlo" (1987); Neal, "MCMC using Hamiltonian dynamics" (2011).
"""

import tensorflow_probability as tfp

EXACT = True
ACCEPTANCE = 0.65  # Neal (2011), section 4.4


def sampler(log_density, step_size, *, leapfrog_steps: int = 10):
    """See zoo/samplers/__init__.py; the step size is that of the leapfrog.

    Raises:
      ValueError: for fewer than one leapfrog step.
    """
    if leapfrog_steps < 1:
        raise ValueError(f"hmc: leapfrog_steps must be at least 1, found {leapfrog_steps}")
    return tfp.mcmc.HamiltonianMonteCarlo(log_density, step_size, leapfrog_steps)
