"""Independent Metropolis-Hastings: proposals from the generator, accepted by their weight (MH-GAN).

    accept x' over x with probability min(1, w(x') / w(x)),     log w = log Q(x)/P(x), a calibrated critic

Started from data, which are of Q, the chain is of Q at once. The critic must be calibrated on held-out data
(zoo/samplers/calibration.py). For codes of one x the proposals are those of Q(z|x), and w is P(x, z)/Q(z|x).

Source: Turner et al., "Metropolis-Hastings Generative Adversarial Networks" (2019), section 3.
"""

import typing

import tensorflow as tf
import tensorflow_probability as tfp

NEEDS = "log_weight"
EXACT, FLOW = True, False
STEP_SIZE = ACCEPTANCE = None


class _Proposed(typing.NamedTuple):
    """What the test of acceptance is made by: weights take the place of densities, and correct for the proposals."""

    target_log_prob: tf.Tensor
    log_acceptance_correction: tf.Tensor


class _Independent(tfp.mcmc.TransitionKernel):
    """Proposals that have nothing to do with where the chain is."""

    def __init__(self, log_weight, propose):
        self.log_weight, self.propose = log_weight, propose

    @property
    def parameters(self):
        return {"log_weight": self.log_weight, "propose": self.propose}

    @property
    def is_calibrated(self):
        return False

    def bootstrap_results(self, init_state):
        weight = self.log_weight(init_state)
        return _Proposed(weight, tf.zeros_like(weight))

    def one_step(self, current_state, previous_kernel_results, seed=None):
        del previous_kernel_results
        state = tf.ensure_shape(self.propose(current_state.shape[0], seed), current_state.shape)
        return state, self.bootstrap_results(state)


def sampler(target, step_size):
    """See zoo/samplers/__init__.py; there is no step, so no size of it."""
    del step_size
    return tfp.mcmc.MetropolisHastings(_Independent(target.log_weight, target.propose))
