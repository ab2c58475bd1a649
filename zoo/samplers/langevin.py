"""Unadjusted Langevin dynamics, SGLD without minibatches: no test of acceptance, so the step size biases the samples.

    x' = x + (e / 2) grad log p(x) + sqrt(e) n,      n ~ N(0, I)

Source: Welling and Teh, "Bayesian Learning via Stochastic Gradient Langevin Dynamics" (2011), equation 3; Roberts and Tweedie,
"Exponential convergence of Langevin distributions" (1996), on the bias.
"""

import tensorflow_probability as tfp

NEEDS = "log_density"
EXACT, FLOW = False, False
STEP_SIZE, ACCEPTANCE = 0.01, None


def sampler(target, step_size):
    """See zoo/samplers/__init__.py; e is the step size."""
    return tfp.mcmc.UncalibratedLangevin(target.log_density, step_size)
