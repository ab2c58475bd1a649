"""Runs a sampler: chains in parallel, step sizes that find the wanted acceptance, and how far the samples can be trusted.

In the scope of a tf.distribute strategy its replicas share the work (zoo/samplers/replicated.py), and the chains are the same.
"""

import contextlib
import functools
import typing
import warnings

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import registry
from zoo.samplers import replicated

SHARE_ADAPTED = 0.8  # of the steps before those that are kept


class Run(typing.NamedTuple):
    """What chains have given.

    Attributes:
      states: [steps, chains, *event].
      acceptance: the mean probability of acceptance; None for a sampler without test.
      step_size: that was used; None for a sampler without.
      effective_sample_size: of each coordinate's mean, over all chains and by how far they agree, [*event]; None of a flow.
      r_hat: split R-hat of each coordinate, [*event]: 1 where all halves of all chains agree; None of a flow.
    """

    states: np.ndarray
    acceptance: float | None
    step_size: float | None
    effective_sample_size: np.ndarray | None
    r_hat: np.ndarray | None


def check(name, target, steps):
    """Refuses a sampler that the target cannot be sampled by.

    Raises:
      ValueError: one line.
    """
    module = registry.find("sampler", name)
    if getattr(target, module.NEEDS) is None:
        raise ValueError(f"{name}: {target.why_not[module.NEEDS]}")
    if module.EXACT and not target.has_values:
        raise ValueError(f"{name} accepts by the values of a critic, and of this one only the gradient does: choose langevin")
    if steps < 4 and not module.FLOW:
        raise ValueError(f"sampling needs at least 4 steps to compare the halves of a chain, found {steps}")


def run(name, target, start, steps, seed, *, step_size=None, forgotten=0, blocks=1, jit_compile=False, counted=iter, **options):
    """Runs chains of a sampler, compiled.

    Args:
      name: a part of kind sampler.
      target: a zoo.samplers.targets.Target.
      start: where the chains start, [chains, *event].
      steps: that are kept, at least 4 but of a flow.
      seed: a pair.
      step_size: of the sampler, or its own; the first one, where it is adapted.
      forgotten: steps before. In the first four fifths of them the step size of a sampler with a test is adapted to the
        acceptance that its module names; after that it stays, so that what is kept is of a chain that does not change.
      blocks: in how many parts it is run.
      jit_compile: by XLA, on one device: pays for small networks and long chains.
      counted: a function of the list of blocks that gives them one by one; where to say how far it is.
      **options: of the sampler.

    Raises:
      ValueError: one line.
    """
    check(name, target, steps)
    module, strategy = registry.find("sampler", name), tf.distribute.get_strategy()
    target, alone = replicated.shared(target, strategy), strategy.num_replicas_in_sync == 1
    kernel = _kernel(module, target, step_size, start.dtype, forgotten, options)
    total = forgotten + steps
    blocks = min(blocks, total)

    @functools.partial(tf.function, autograph=False, jit_compile=jit_compile and alone)
    def advance(state, results, own):
        found = tfp.mcmc.sample_chain(
            -(-total // blocks), state, results, kernel, seed=own, trace_fn=_traced, return_final_kernel_results=True
        )
        return found.all_states, found.trace, found.final_kernel_results

    parts, state = [], tf.convert_to_tensor(start)
    with warnings.catch_warnings(), _sums_as_they_are():
        warnings.filterwarnings("ignore", message=".*not calibrated")  # langevin says so itself
        results = kernel.bootstrap_results(state)
        for number in counted(range(blocks)):
            states, traced, results = advance(state, results, tf.random.fold_in(seed, number))
            state = states[-1]
            parts.append(tf.nest.map_structure(lambda tensor: tensor.numpy(), (states, traced)))
    kept = tf.nest.map_structure(lambda *pieces: np.concatenate(pieces)[forgotten:total], *parts)
    return _found(module, *kept, step_size or module.STEP_SIZE)


@contextlib.contextmanager
def _sums_as_they_are():
    """Without TensorFlow's rewriting of long sums.

    With 2,000 chains through convolutions it put a sum into a temporary variable, of a name that was there already in the loops
    of sample_chain: AlreadyExistsError.
    """
    before = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"arithmetic_optimization": True} | before)


def _kernel(module, target, step_size, dtype, forgotten, options):
    size = module.STEP_SIZE if step_size is None else step_size
    if size is not None and not size > 0:
        raise ValueError(f"step_size must be above 0, found {size:g}")
    kernel = module.sampler(target, None if size is None else tf.constant(size, dtype), **options)
    if module.ACCEPTANCE is None or not forgotten:
        return kernel
    # The mean over the chains; tfp's own choice, the harmonic one, is that of the worst of them.
    return tfp.mcmc.DualAveragingStepSizeAdaptation(
        kernel,
        int(SHARE_ADAPTED * forgotten),
        target_accept_prob=module.ACCEPTANCE,
        reduce_fn=tfp.math.reduce_logmeanexp,
    )


def _traced(_, results):
    """The log of the acceptance ratio, and the step size where it is adapted."""
    found = {}
    if hasattr(results, "new_step_size"):
        found["step_size"], results = results.new_step_size, results.inner_results
    if hasattr(results, "log_accept_ratio"):
        found["log_accept"] = results.log_accept_ratio
    return found


def _found(module, states, traced, step_size):
    acceptance = float(np.exp(np.minimum(traced["log_accept"], 0)).mean()) if module.EXACT else None
    step_size = float(traced["step_size"][-1]) if "step_size" in traced else step_size
    effective = r_hat = None
    if not module.FLOW:
        effective = _effective(states)
        r_hat = tfp.mcmc.potential_scale_reduction(states, split_chains=True).numpy()
    return Run(states, acceptance, step_size, effective, r_hat)


def _effective(states):
    """Of all chains together: where they do not agree, they are worth little more than their number, however long."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")  # tfp casts the complex numbers of a Fourier transform, and TensorFlow warns of it
    try:
        return tfp.mcmc.effective_sample_size(states, cross_chain_dims=1).numpy()
    finally:
        logger.setLevel(level)
