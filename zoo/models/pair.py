"""A drawn pair (x, z) with the log-densities at it: the `at` that objectives and approximators are given."""

import functools

import tensorflow as tf
import tensorflow_probability as tfp


class Pair:
    """One batch of pairs (x, z). Each quantity is computed when first asked for, once, whoever asks.

    Attributes (all in nats, [batch]; z may be None where the model has no posterior):
      log_p_x_given_z: log P(x|z).
      log_p_z: log P(z).
      log_q_z_given_x: log Q(z|x).
      log_q_x: what stands in for log Q(x).
      rate: KL(Q(z|x) || P(z)) in closed form; NotImplementedError where tfp knows none.
    """

    def __init__(self, model, x, z, posterior=None, likelihood=None, training=False):
        self.model = model
        self.x = x
        self.z = z
        self.training = training
        # A distribution that was made to draw the pair is not made again to score it.
        if posterior is not None:
            self.posterior = posterior
        if likelihood is not None:
            self.likelihood = likelihood

    @functools.cached_property
    def posterior(self):
        """Q(z|x), a tfd."""
        return self.model.posterior(self.x, training=self.training)

    @functools.cached_property
    def likelihood(self):
        """P(x|z), a tfd."""
        return self.model.likelihood(self.z, training=self.training)

    @functools.cached_property
    def prior(self):
        """P(z), a tfd."""
        return self.model.prior()

    @functools.cached_property
    def log_p_x_given_z(self):
        """log P(x|z)."""
        return self.likelihood.log_prob(self.x)

    @functools.cached_property
    def log_p_z(self):
        """log P(z)."""
        return self.prior.log_prob(self.z)

    @functools.cached_property
    def log_q_z_given_x(self):
        """log Q(z|x)."""
        return self.posterior.log_prob(self.z)

    @functools.cached_property
    def log_q_x(self):
        """log Q(x), by its approximator."""
        return self.model.approximators["log_q_x"].value(self.x)

    @functools.cached_property
    def rate(self):
        """KL(Q(z|x) || P(z)) in closed form."""
        return tfp.distributions.kl_divergence(self.posterior, self.prior)

    def held_fixed(self):
        """The same pair and values, through which no gradient passes."""
        return _HeldFixed(self)


class _HeldFixed:
    def __init__(self, pair):
        self._pair = pair

    def __getattr__(self, name):
        return tf.stop_gradient(getattr(self._pair, name))
