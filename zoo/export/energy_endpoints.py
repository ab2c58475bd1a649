"""The endpoints of a Boltzmann machine: a joint known up to its normalizing constant, sampled by Gibbs sweeps.

Samples start from the persistent chains, which are part of the export, or from independent units where it has none.
"""

import tensorflow as tf

from zoo import noise
from zoo.export.ranges import UnitRange
from zoo.models.machine import NUM_STEPS


class EnergyEndpoints(UnitRange):
    """The endpoints, as methods whose parameters have the names and defaults of the exported functions."""

    CONTRACT = {  # noqa: RUF012
        "encode": lambda model: True,
        "encode_mean": lambda model: True,
        "generate": lambda model: True,
        "reconstruct": lambda model: True,
        "sample": lambda model: True,
        "prior": lambda model: True,
        "draw": lambda model: True,
        "log_p_x_given_z": lambda model: model.has("log_p_x_given_z"),
        "free_energy": lambda model: model.has_posterior,
        "log_prob": lambda model: model.has_posterior,
    }
    # What is called like a network, to be trained on: its inputs, and whose weights it has.
    NETWORKS = {"decoder": (("z",), "joint"), "encoder": (("x",), "joint")}  # noqa: RUF012

    def encode(self, x, seed=0):
        """P(z|x): the probability of a 1 of each hidden unit, and one draw `sample`; each [batch, latent]."""
        x = self.inward(x)
        return {"probs": self.model.hidden_mean(x), "sample": self.model.machine.clamped(x, noise.seed_for(0, seed, "encode"))}

    def encode_mean(self, x):
        """The code of x, [batch, latent], which `reconstruct` decodes: the likelier state of each hidden unit."""
        return self.model.code(self.inward(x))

    def generate(self, z):
        """The mean of P(x|z), [batch, *event_shape]."""
        return self.outward(self.model.generate(z))

    def reconstruct(self, x):
        """The mean of P(x|z) at the code of x, [batch, *event_shape]."""
        return self.outward(self.model.reconstruct(self.inward(x)))

    def sample(self, num_samples, seed=0, num_steps=NUM_STEPS):
        """The mean of P(x|z) after `num_steps` Gibbs sweeps, [num_samples, *event_shape]."""
        return self.generate(self.prior(num_samples, seed, num_steps))

    def prior(self, num_samples, seed=0, num_steps=NUM_STEPS):
        """z after `num_steps` Gibbs sweeps, [num_samples, latent]."""
        z = self.model.machine.fantasies(num_samples, noise.seed_for(0, seed, "fantasies"), num_steps)[1]
        return tf.ensure_shape(z, [None, self.model.latent_size])

    def draw(self, z, seed=0):
        """x ~ P(x|z), [batch, *event_shape]: where `generate` gives the mean, one draw."""
        return self.outward(self.model.machine.drawn(z, noise.seed_for(0, seed, "draw")))

    def log_p_x_given_z(self, x, z):
        """log P(x|z), [batch]."""
        return self.model.likelihood(z).log_prob(self.inward(x))

    def free_energy(self, x):
        """-log P(x) - log Z, [batch]: lower is likelier."""
        return -self.model.unnormalized_log_p(self.inward(x))

    def log_prob(self, x):
        """log P(x) with the log Z that was estimated when the model was exported, and its standard error; [batch] each."""
        log_z, error = tf.unstack(self.model.machine.log_z.value)
        unknown = tf.where(error < 0, tf.constant(float("nan"), error.dtype), 0.0)
        value = -self.free_energy(x) - log_z + unknown
        return {"log_prob": value, "standard_error": tf.zeros_like(value) + error + unknown}

    def encoder(self, x, training=False):
        """The probability of a 1 of each hidden unit, [batch, latent]."""
        return self.model.hidden_mean(self.inward(x))

    def decoder(self, z, training=False):
        """The mean of P(x|z), [batch, *event_shape]."""
        return self.generate(z)
