"""log Z of a Boltzmann machine: by enumeration, or by annealed importance sampling with Gibbs sweeps.

    path        f_b linear in b, from independent units (b = 0, log Z_0 known) to the machine (b = 1)
    moves       a Gibbs sweep that keeps f_b

f is that of x alone where the hidden units can be summed over: the weights then vary less. Backwards each move must be the
reverse of the one forwards, which a sweep of two independent layers, as a move of x, is of itself; of coupled units it is not.
Samples of a machine too large to enumerate are those of its chains, and the upper bound is as good as these.

Source: Salakhutdinov and Murray, "On the Quantitative Analysis of Deep Belief Networks" (2008); zoo/samplers/annealing.py.
"""

import functools
import math
import typing

import numpy as np
import tensorflow as tf
from scipy import special

from zoo import noise
from zoo.models.units import Normal
from zoo.samplers import annealing

MAX_UNITS = 20  # that are enumerated: a million states
STATES = 2**15  # of them at once
CHAINS, STEPS = 100, 5000  # of annealing where nobody says


class Estimate(typing.NamedTuple):
    """log Z in nats, its standard error by the delta method (None: one chain), the effective sample size (None: exact)."""

    log_z: float
    standard_error: float | None
    effective_sample_size: float | None


def schedule(steps):
    """b(0) = 0 ... b(T) = 1, [steps + 1]: 1 - (1 - t/T)^3, dense where the machine is cold."""
    return 1 - (1 - np.linspace(0, 1, steps + 1)) ** 3


def _sides(joint):
    """[(units to enumerate, log-density of their states [n, units])] of the ways to enumerate a joint."""
    visible, hidden = joint.weights.shape
    binary = not isinstance(joint.visible, Normal)
    ways = [(visible, joint.log_marginal)] if binary and joint.hidden.couplings is None else []
    if joint.visible.couplings is None:
        ways.append((hidden, joint.log_marginal_of_codes))
    if binary:
        ways.append((visible + hidden, lambda units: joint.log_joint(units[:, :visible], units[:, visible:])))
    return ways


def enumerated(joint):
    """log Z as the log of a sum over the states of the smaller layer, or of both where each has couplings.

    Raises:
      ValueError: one line, for more than MAX_UNITS units.
    """
    units, log_density = min(_sides(joint), key=lambda way: way[0])
    if units > MAX_UNITS:
        raise ValueError(f"log Z by enumeration is for {MAX_UNITS} units at most, and {units} would have to be; anneal it")
    sums = []
    for first in range(0, 2**units, STATES):
        rows = np.arange(first, min(first + STATES, 2**units))
        states = (rows[:, None] >> np.arange(units)) & 1
        sums.append(special.logsumexp(np.asarray(log_density(tf.constant(states, joint.weights.dtype)), np.float64)))
    return float(special.logsumexp(sums))


def independent(joint, base):
    """log Z_0 of the independent units that a path starts from."""
    start = joint.between(0.0, base)
    return start.visible.log_sum(tf.zeros_like(base)) + start.hidden.log_sum(tf.zeros_like(start.hidden.bias))


def anneal(joint, base, x, z, seed, steps, backwards=False):
    """log w of chains along the path, or back; float64 [chains].

    Args:
      joint: zoo.models.units.TwoLayers, the machine.
      base: the visible biases of the independent units, [visible units].
      x, z: where the chains start, [chains, units]: exact samples at b = 0, or of the machine.
      seed: a pair.
      steps: T.
      backwards: from b = 1 to 0.

    Raises:
      ValueError: backwards with couplings within a layer.
    """
    if backwards and (joint.visible.couplings is not None or joint.hidden.couplings is not None):
        raise ValueError("annealing backwards needs units that are independent within each layer")
    shares = tf.constant(schedule(steps), base.dtype)

    def rise(t, state):
        after, before = (joint.between(share, base).log_p(*state) for share in (shares[t], shares[t - 1]))
        return tf.cast(after - before, tf.float64)

    def move(t, state, seed, memory):
        return joint.between(shares[t], base).sweep(*state, seed), memory

    return annealing.anneal(annealing.Path(rise, move), (x, z), seed, steps, backwards=backwards)[0]


def estimate(log_w, log_z_0=0.0):
    """An Estimate of log Z from log w [chains] forwards."""
    log_w = np.asarray(log_w, np.float64)
    shares = special.softmax(log_w)
    effective = 1 / np.sum(shares**2)
    error = float(np.std(len(log_w) * shares, ddof=1) / math.sqrt(len(log_w))) if len(log_w) > 1 else None
    return Estimate(float(log_z_0 + special.logsumexp(log_w) - math.log(len(log_w))), error, float(effective))


def annealed(machine, chains=CHAINS, steps=STEPS, seed=0):
    """An Estimate of log Z of a zoo.models.machine.Machine, forwards."""

    @functools.partial(tf.function, autograph=False)
    def run():
        joint, base = machine.joint(), machine.base.value
        words = [noise.seed_for(0, seed, f"partition/{word}") for word in ("start", "moves")]
        log_w = anneal(joint, base, *machine.independent(chains, words[0]), words[1], steps)
        return log_w, independent(joint, base)

    log_w, log_z_0 = run()
    return estimate(log_w, float(log_z_0))


def annealed_backwards(machine, x, z, steps=STEPS, seed=0):
    """An Estimate of log Z from samples (x as rows, z) of the machine: above it in expectation where they are exact."""

    @functools.partial(tf.function, autograph=False)
    def run():
        joint, base = machine.joint(), machine.base.value
        log_w = anneal(joint, base, x, z, noise.seed_for(0, seed, "partition/backwards"), steps, backwards=True)
        return log_w, independent(joint, base)

    log_w, log_z_0 = run()
    inverse = estimate(-log_w)
    return Estimate(float(log_z_0) - inverse.log_z, *inverse[1:])


def of(machine, chains=CHAINS, steps=STEPS, seed=0):
    """An Estimate of log Z: exact where the machine is small enough, else annealed."""
    try:
        return Estimate(enumerated(machine.joint()), 0.0, None)
    except ValueError:
        return annealed(machine, chains, steps, seed)


def store(machine):
    """Estimates log Z of the weights as they are, and keeps it beside them (Machine.log_z)."""
    found = of(machine)
    machine.log_z.assign([found.log_z, found.standard_error])
