"""The no-U-turn sampler: Hamiltonian Monte Carlo that stops each trajectory where it would turn back.

Source: Hoffman and Gelman, "The No-U-Turn Sampler" (2014).
"""

import tensorflow_probability as tfp

NEEDS = "log_density"
EXACT, FLOW = True, False
STEP_SIZE = 0.1
ACCEPTANCE = 0.8  # Hoffman and Gelman, section 4.2: 0.6 to 0.8 cost about the same


def sampler(target, step_size, *, max_doublings: int = 8):
    """See zoo/samplers/__init__.py; a trajectory has at most 2^max_doublings leapfrog steps."""
    return tfp.mcmc.NoUTurnSampler(target.log_density, step_size, max_tree_depth=max_doublings)
