"""Boltzmann machine: visible and hidden units with symmetric couplings, a joint known up to its normalizing constant.

    log P(x, z) = f(x, z) - log Z            f in zoo/models/units.py

    wake     x from the data, z ~ P(z|x)
    sleep    (x, z) ~ P(x, z), by Gibbs sweeps: of persistent chains, or a few from the data

It takes the place of encoder, posterior, decoder, likelihood and prior. Without couplings within its layers it is restricted:
P(z|x) and P(x|z) are independent units, and z can be summed over. Visible units are binary, or normal of a fixed scale. The
persistent chains are part of its state: they are saved with the weights, and are the same on any number of replicas.

Source: Ackley, Hinton and Sejnowski (1985); Hinton, "Training Products of Experts by Minimizing Contrastive Divergence" (2002);
Tieleman, "Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient" (2008).
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise, replicas
from zoo.models import parts
from zoo.models.machine import NUM_STEPS, Machine
from zoo.models.pair import Pair, once
from zoo.models.pairs import Kind

tfb = tfp.bijectors
UNITS = ("binary", "normal")


class JointPair(Pair):
    """A pair of a joint that is known up to its normalizing constant."""

    @once
    def unnormalized_log_p(self):
        """log P(x) + log Z where z can be summed over, else log P(x, z) + log Z; [batch]."""
        return self.model.unnormalized_log_p(self.x, self.z)


def wake(pairs):
    """x of the data; z ~ P(z|x), where anything asks for it."""
    model, machine = pairs.model, pairs.model.machine
    asked = not (machine.persistent and machine.sums_codes)
    z = machine.clamped(pairs.x, pairs.seed("posterior"), pairs.part) if asked else None
    return JointPair(model, pairs.x, z, training=True, part=pairs.part)


def sleep(pairs):
    """(x, z) after Gibbs sweeps: of the persistent chains, which move on, or from the wake pairs."""
    model, machine = pairs.model, pairs.model.machine
    start = machine.own_chains(pairs.part) if machine.persistent else (machine.flat(pairs.x), pairs["wake"].z)
    x, z = machine.joint().sweeps(*start, pairs.seed("gibbs"), model.gibbs_steps, pairs.part)
    if machine.persistent:
        machine.put_chains(x, z, pairs.part)
    return JointPair(model, machine.shaped(x), z, training=True, part=pairs.part)


class Fantasies:
    """P(z) of a machine, drawn by Gibbs sweeps; its density is not known."""

    def __init__(self, machine):
        self._machine = machine
        self.event_shape, self.dtype = tf.TensorShape([machine.latent_size]), tf.as_dtype(machine.base.dtype)

    def draw_at(self, seed, positions):
        """z for each position, float [n, latent_size]; of the seed, the first position, and the row."""
        return self._machine.fantasies(tf.size(positions), tf.random.fold_in(seed, positions[0]))[1]


class BoltzmannMachine(keras.layers.Layer):
    """A Boltzmann machine as a model: what zoo/models/latent_variable_model.py is for two conditionals and a prior.

    Attributes:
      machine: a zoo.models.machine.Machine.
      gibbs_steps: sweeps of the sleep phase.
      event_shape, latent_size, preprocessing, KINDS, OWNERS, SIDES: as of a LatentVariableModel.
      has_posterior, likelihood_support: whether P(z|x) is a tfd; what P(x|z) is a density or a probability of.
      energy: itself: what annealing and samplers take for a model that is known up to its normalizing constant.
    """

    KINDS = {"wake": Kind(wake, generated=False), "sleep": Kind(sleep)}  # noqa: RUF012
    OWNERS = {"joint": ("joint",)}  # noqa: RUF012
    SIDES = {"Q": (), "P": ("joint",)}  # noqa: RUF012
    approximators = {}  # noqa: RUF012
    has_distributions, has_likelihood_bound, bounds, code_support = True, False, None, "binary"

    def __init__(self, machine, gibbs_steps, preprocessing):
        super().__init__()
        self.machine, self.gibbs_steps, self.preprocessing = machine, gibbs_steps, preprocessing
        self.event_shape, self.latent_size = machine.event_shape, machine.latent_size
        self.has_posterior = machine.sums_codes
        self.likelihood_support = "real" if machine.visible == "normal" else "binary"
        self.built = True

    def named_parts(self):
        """{name: part} of everything that it is put together from."""
        return {"joint": self.machine}

    def networks(self):
        """{name: trainable variables} of what has an optimizer of its own."""
        return parts.networks(self)

    def posterior(self, x, training=False):
        """P(z|x) at x [batch, *event_shape]: a tfd of independent units.

        Raises:
          ValueError: for coupled hidden units.
        """
        if not self.has_posterior:
            raise ValueError("the hidden units of this Boltzmann machine are coupled: P(z|x) is known by its samples alone")
        joint = self.machine.joint()
        return joint.hidden.distribution(joint.to_hidden(self.machine.flat(x)))

    def likelihood(self, z, training=False):
        """P(x|z) at z [batch, latent_size]: a tfd with event `event_shape`.

        Raises:
          ValueError: for coupled visible units.
        """
        if not self.has("log_p_x_given_z"):
            raise ValueError("the visible units of this Boltzmann machine are coupled: P(x|z) is known by its samples alone")
        joint = self.machine.joint()
        flat = joint.visible.distribution(joint.to_visible(tf.convert_to_tensor(z)))
        return tfb.Reshape(self.event_shape, [flat.event_shape[0]])(flat) if len(self.event_shape) > 1 else flat

    def prior(self):
        """P(z), which can be drawn from."""
        return Fantasies(self.machine)

    def generate(self, z):
        """The mean of P(x|z), [batch, *event_shape]."""
        joint = self.machine.joint()
        return self.machine.shaped(joint.visible.mean(joint.to_visible(z), noise.seed_for(0, 0, "generate")))

    def hidden_mean(self, x):
        """The mean of P(z|x): the probability of a 1 of each hidden unit, [batch, latent_size]."""
        joint = self.machine.joint()
        return joint.hidden.mean(joint.to_hidden(self.machine.flat(x)), noise.seed_for(0, 0, "code"))

    def code(self, x):
        """The likelier state of each hidden unit, [batch, latent_size]."""
        return tf.round(self.hidden_mean(x))

    def sample(self, num_samples, seed, observation_noise=False, num_steps=NUM_STEPS):
        """x from Gibbs sweeps: the mean of P(x|z), or x itself with `observation_noise`; [num_samples, *event_shape]."""
        x, z = self.machine.fantasies(num_samples, noise.seed_for(0, seed, "fantasies"), num_steps)
        return self.machine.shaped(x) if observation_noise else self.generate(z)

    def reconstruct(self, x):
        """The mean of P(x|z) at the code of x, [batch, *event_shape]."""
        return self.generate(self.code(x))

    def unnormalized_log_p(self, x, z=None):
        """See JointPair; z may be None where it can be summed over."""
        return self.machine.joint().log_p(self.machine.flat(x), z)

    def log_densities(self, x, z):
        """What is known at given pairs, in nats: a JointPair, in inference mode."""
        return JointPair(self, x, z)

    @property
    def energy(self):
        """The model itself, whose log-density is known up to log Z."""
        return self

    def has(self, field):
        """Whether a pair of this model has the field."""
        return field == "unnormalized_log_p" or (field == "log_p_x_given_z" and self.machine.couplings[0] is None)


def joint(
    event_shape,
    latent_size,
    preprocessing,
    *,
    visible: str = "binary",
    scale: float = 1.0,
    visible_couplings: bool = False,
    hidden_couplings: bool = False,
    chains: int = 100,
    gibbs_steps: int = 1,
    start_scale: float = 0.01,
):
    """A Boltzmann machine.

    Args:
      event_shape, latent_size, preprocessing: of the data, and the number of hidden units.
      visible: units of x, binary or normal.
      scale: the standard deviation of normal ones.
      visible_couplings, hidden_couplings: whether units of that layer are coupled with each other; without, it is restricted.
      chains: persistent ones of the sleep phase (PCD); 0 to start each from the data (CD).
      gibbs_steps: sweeps of the sleep phase, k.
      start_scale: standard deviation of the weights at the start; 0.01 as in Hinton's practical guide (2012).

    Raises:
      ValueError: one line, for options that do not go together.
    """
    _check(visible, scale, visible_couplings, chains, gibbs_steps)
    couplings = {"visible": visible_couplings, "hidden": hidden_couplings}
    machine = Machine(
        event_shape, latent_size, visible=visible, scale=scale, couplings=couplings, chains=chains, start_scale=start_scale
    )
    return BoltzmannMachine(machine, gibbs_steps, preprocessing)


def _check(visible, scale, visible_couplings, chains, gibbs_steps):
    if visible not in UNITS:
        raise ValueError(f"boltzmann_machine: visible must be one of {', '.join(UNITS)}, found {visible!r}")
    if visible == "normal" and visible_couplings:
        raise ValueError("boltzmann_machine: normal units are not coupled with each other; set visible_couplings to False")
    if not scale > 0:
        raise ValueError(f"boltzmann_machine: scale must be above 0, found {scale}")
    if chains < 0 or gibbs_steps < 1:
        raise ValueError(f"boltzmann_machine: needs chains >= 0 and gibbs_steps >= 1, found {chains} and {gibbs_steps}")
    if chains % replicas.count():
        raise ValueError(f"boltzmann_machine: {chains} chains cannot be shared equally by {replicas.count()} replicas")
