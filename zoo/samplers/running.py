"""Runs a sampler: chains in parallel, step sizes that find the wanted acceptance, and how far the samples can be trusted."""

import typing

import tensorflow as tf
import tensorflow_probability as tfp

from zoo import registry

SHARE_ADAPTED = 0.8  # of the steps before those that are kept


class Run(typing.NamedTuple):
    """What chains have given.

    Attributes:
      states: [steps, chains, *event].
      acceptance: the mean probability of acceptance; None for a sampler without test.
      step_size: that was used.
      effective_sample_size: of each coordinate's mean, over all chains, [*event].
      r_hat: split R-hat of each coordinate, [*event]: 1 where all halves of all chains agree.
    """

    states: tf.Tensor
    acceptance: tf.Tensor | None
    step_size: tf.Tensor
    effective_sample_size: tf.Tensor
    r_hat: tf.Tensor


def run(name, log_density, start, steps, seed, *, step_size, forgotten=0, **options):
    """Runs chains of a sampler.

    Args:
      name: a part of kind sampler.
      log_density: [chains, *event] -> [chains], in nats up to a constant.
      start: where the chains start, [chains, *event].
      steps: that are kept, at least 4.
      seed: a pair.
      step_size: of the sampler; the first one, where it is adapted.
      forgotten: steps before. In the first four fifths of them the step size of a sampler with a test is adapted to the
        acceptance that its module names; after that it stays, so that what is kept is of a chain that does not change.
      **options: of the sampler.

    Raises:
      ValueError: one line.
    """
    if steps < 4:
        raise ValueError(f"sampling needs at least 4 steps to compare the halves of a chain, found {steps}")
    if not step_size > 0:
        raise ValueError(f"step_size must be above 0, found {step_size:g}")
    module = registry.find("sampler", name)
    kernel = module.sampler(log_density, tf.constant(step_size, start.dtype), **options)
    if module.EXACT and forgotten:
        adapted = int(SHARE_ADAPTED * forgotten)
        # The mean over the chains; tfp's own choice, the harmonic one, is that of the worst of them.
        kernel = tfp.mcmc.DualAveragingStepSizeAdaptation(
            kernel, adapted, target_accept_prob=module.ACCEPTANCE, reduce_fn=tfp.math.reduce_logmeanexp
        )

    @tf.function(autograph=False)
    def chains():
        return tfp.mcmc.sample_chain(
            steps, start, kernel=kernel, num_burnin_steps=forgotten, seed=seed, trace_fn=lambda _, results: _traced(results)
        )

    states, traced = chains()
    used = traced["step_size"][-1] if "step_size" in traced else tf.constant(step_size, start.dtype)
    acceptance = tf.reduce_mean(tf.exp(tf.minimum(traced["log_accept"], 0))) if module.EXACT else None
    return Run(states, acceptance, used, _effective(states), tfp.mcmc.potential_scale_reduction(states, split_chains=True))


def _traced(results):
    """The log of the acceptance ratio, and the step size where it is adapted."""
    found = {}
    if hasattr(results, "new_step_size"):
        found["step_size"], results = results.new_step_size, results.inner_results
    if hasattr(results, "log_accept_ratio"):
        found["log_accept"] = results.log_accept_ratio
    return found


def _effective(states):
    return tf.reduce_sum(tfp.mcmc.effective_sample_size(states), 0)
