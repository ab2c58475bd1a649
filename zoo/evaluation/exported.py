"""An exported model, measured by its endpoints: everything that needs no gradients.

What the endpoints do not give is missing, and the measures say so.
"""

import types

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.evaluation.results import Unavailable

tfd = tfp.distributions
BLOCK = 500  # examples that `log_prob` is given at once. Part of what a seed means: draws go with positions in it.


def _number(seed):
    """An endpoint's seed, of both numbers of a pair: tf.random.fold_in changes the second alone."""
    return tf.random.stateless_uniform([], seed, minval=None, maxval=None, dtype=tf.int32)


class Likelihood:
    """P(x|z) at codes [batch, latent_size], as far as the endpoints tell."""

    def __init__(self, loaded, z):
        self._loaded = loaded
        self._z = z

    def __getitem__(self, rows):
        raise NotImplementedError("the endpoints decode a whole batch; they give no distribution that could be sliced")

    def mean(self):
        """[batch, *event_shape]."""
        return self._loaded.generate(self._z)

    def sample(self, seed):
        """One x for each code, [batch, *event_shape]; the seed is a pair."""
        return self._loaded.draw(self._z, _number(seed))


class Prior:
    """P(z), as far as the endpoints tell."""

    def __init__(self, loaded):
        self._loaded = loaded
        codes = loaded.signatures["prior"].structured_outputs["output_0"]
        self.event_shape, self.dtype = codes.shape[1:], codes.dtype

    def sample(self, seed):
        """One z, [latent_size]; the seed is a pair."""
        return self._loaded.prior(1, _number(seed))[0]

    def log_prob(self, z):
        """log P(z), [...]."""
        return self._loaded.log_p_z(z)


class Exported:
    """A SavedModel of this project as evaluation's subject (zoo/evaluation/subject.py); x is in [0, 1]."""

    has_distributions = False
    likelihood_support = None

    def __init__(self, loaded):
        """Takes what zoo.load returns.

        Raises:
          ValueError: for a SavedModel without the endpoints that every model of this project has.
        """
        self.loaded = loaded
        endpoints = loaded.signatures
        if missing := [name for name in ("sample", "prior", "draw") if name not in endpoints]:
            raise ValueError(f"the SavedModel has no endpoint {missing[0]}; it has {', '.join(endpoints) or 'none'}")
        self.event_shape = tuple(endpoints["sample"].structured_outputs["output_0"].shape[1:])
        self.latent_size = self.prior().event_shape[0]
        self.has_posterior = "encode" in endpoints
        self.has_likelihood_bound = "log_prob" in endpoints
        described = endpoints["encode"].structured_outputs if self.has_posterior else {}
        self.described = {"loc", "scale"} <= described.keys() or "probs" in described
        self.code_support = "binary" if "probs" in described else "real"

    def has(self, field):
        """Whether there is such a log-density: that of Q(z|x) is known from what `encode` tells of it."""
        return self.described if field == "log_q_z_given_x" else field in self.loaded.signatures

    def prior(self):
        """P(z)."""
        return Prior(self.loaded)

    def posterior(self, x):
        """Q(z|x), where `encode` says enough of it.

        Raises:
          Unavailable: if it does not.
        """
        if not self.described:
            raise Unavailable("the endpoint encode describes no normal or Bernoulli posterior; measure the run with --workdir")
        told = self.loaded.encode(x)
        if "probs" in told:
            return tfd.Independent(tfd.Bernoulli(probs=told["probs"], dtype=told["probs"].dtype), 1)
        return tfd.Independent(tfd.Normal(told["loc"], told["scale"]), 1)

    def likelihood(self, z):
        """P(x|z)."""
        return Likelihood(self.loaded, z)

    def log_densities(self, x, z):
        """The log-densities at pairs, [batch] nats: those of `log_p_x_given_z`, `log_p_z`, `log_q_z_given_x` that are known."""
        found = {"log_p_z": lambda: self.loaded.log_p_z(z), "log_p_x_given_z": lambda: self.loaded.log_p_x_given_z(x, z)}
        found["log_q_z_given_x"] = lambda: self.posterior(x).log_prob(z)
        return types.SimpleNamespace(**{field: value() for field, value in found.items() if self.has(field)})

    def generate(self, z):
        """The mean of P(x|z)."""
        return self.loaded.generate(z)

    def reconstruct(self, x):
        """The mean of P(x|z) at the mode of Q(z|x)."""
        return self.loaded.reconstruct(x)

    def bounds(self, x, num_samples, seed):
        """The importance-weighted bound, and the ELBO by one draw: of x in the training range; float [n] each."""
        found = {"importance_weighted_bound": [], "elbo": []}
        for number, start in enumerate(range(0, len(x), BLOCK)):
            rows, own = tf.constant(x[start : start + BLOCK]), seed + number
            found["importance_weighted_bound"].append(self.loaded.log_prob(rows, num_samples, own).numpy())
            found["elbo"].append(self.loaded.elbo(rows, own).numpy())
        return {name: np.concatenate(parts) for name, parts in found.items()}
