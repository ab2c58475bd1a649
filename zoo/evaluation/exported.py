"""An exported model, measured by its endpoints: everything that needs neither gradients nor draws of its prior's codes.

What the endpoints do not give is missing, and the measures say so.
"""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.evaluation import Unavailable

tfd = tfp.distributions
BLOCK = 500  # examples that `log_prob` is given at once. Part of what a seed means: draws go with positions in it.


class Mean:
    """P(x|z) of an exported model, of which only the mean is known."""

    def __init__(self, mean):
        self._mean = mean

    def mean(self):
        """[batch, *event_shape]."""
        return self._mean

    def sample(self, seed=None):
        """Refuses."""
        raise Unavailable("an exported model gives the mean of P(x|z), not draws of it; measure the run with --workdir")


class Exported:
    """The part of a TwoPhaseModel's interface that a SavedModel of this project has; x is in [0, 1]."""

    def __init__(self, loaded):
        """Takes what zoo.load returns.

        Raises:
          ValueError: for a SavedModel without the endpoint `sample`.
        """
        self.loaded = loaded
        endpoints = loaded.signatures
        if "sample" not in endpoints:
            raise ValueError(f"the SavedModel has no endpoint sample; it has {', '.join(endpoints) or 'none'}")
        self.event_shape = tuple(endpoints["sample"].structured_outputs["output_0"].shape[1:])
        self.encoder = loaded.encode if "encode" in endpoints else None
        self.has_likelihood_bound = "log_prob" in endpoints
        described = endpoints["encode"].structured_outputs if self.encoder else {}
        self.described = {"loc", "scale"} <= described.keys() or "probs" in described

    def has(self, field):
        """Whether there is such a log-density: that of Q(z|x) is known from what `encode` tells of it."""
        return field == "log_q_z_given_x" and self.described

    def sample(self, num_samples, seed):
        """Means of P(x|z) at z ~ P(z)."""
        return self.loaded.sample(num_samples, seed)

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
        """P(x|z), of which only the mean is known."""
        return Mean(self.loaded.generate(z))

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
