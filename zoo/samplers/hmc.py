"""Hamiltonian Monte Carlo: leapfrog steps along -log p with a fresh momentum, accepted or refused by the change of energy.

Each trajectory is run at the step size times a factor u ~ U[0.8, 1.2], which is drawn beforehand and so leaves the test exact.
Without it trajectories of one length circle in a normal density, and come back to where they were. Each chain has a factor of
its own: one for all of them would make their mean acceptance so noisy that the step size adapted to it came out too small.

Source: Duane et al., "Hybrid Monte Carlo" (1987); Neal, "MCMC using Hamiltonian dynamics" (2011), section 3.2 on the factor.
"""

import tensorflow as tf
import tensorflow_probability as tfp

NEEDS = "log_density"
EXACT, FLOW = True, False
STEP_SIZE = 0.1
ACCEPTANCE = 0.65  # Neal (2011), section 4.4
SHORTEST, LONGEST = 0.8, 1.2  # the factor


class _Jittered(tfp.mcmc.TransitionKernel):
    """Hamiltonian Monte Carlo each of whose trajectories has a step size near that of its results."""

    def __init__(self, inner_kernel):
        self.inner_kernel = inner_kernel

    @property
    def parameters(self):
        return {"inner_kernel": self.inner_kernel}

    @property
    def is_calibrated(self):
        return True

    def bootstrap_results(self, init_state):
        return self.inner_kernel.bootstrap_results(init_state)

    def one_step(self, current_state, previous_kernel_results, seed=None):
        seed, own = tf.unstack(tfp.random.split_seed(seed, 2))
        accepted = previous_kernel_results.accepted_results
        step, chains = accepted.step_size, tf.shape(accepted.target_log_prob)
        ones = tf.ones([tf.rank(current_state) - tf.size(chains)], tf.int32)
        factor = tf.random.stateless_uniform(tf.concat([chains, ones], 0), own, SHORTEST, LONGEST, step.dtype)
        state, results = self.inner_kernel.one_step(current_state, _at(previous_kernel_results, factor * step), seed)
        return state, _at(results, step)


def _at(results, step):
    """Results of the inner kernel with a step size."""
    parts = {name: getattr(results, name)._replace(step_size=step) for name in ("accepted_results", "proposed_results")}
    return results._replace(**parts)


def sampler(target, step_size, *, leapfrog_steps: int = 10):
    """See zoo/samplers/__init__.py; the step size is that of the leapfrog.

    Raises:
      ValueError: for fewer than one leapfrog step.
    """
    if leapfrog_steps < 1:
        raise ValueError(f"hmc: leapfrog_steps must be at least 1, found {leapfrog_steps}")
    kernel = tfp.mcmc.HamiltonianMonteCarlo(target.log_density, step_size, leapfrog_steps, store_parameters_in_results=True)
    return _Jittered(kernel)
