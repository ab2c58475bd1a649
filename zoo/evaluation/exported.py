"""An exported model, measured by its endpoints: everything that needs no gradients.

What the endpoints do not give is missing, and the measures say so.
"""

import types

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from zoo.data.preprocessing import Preprocessing

tfd = tfp.distributions
SEEN = {"value_range", "dequantization", "binarization", "threshold"}
BLOCK = 500  # examples that `log_prob` is given at once. Part of what a seed means: draws go with positions in it.

# What Q(z|x) may be, by what `encode` tells of it.
POSTERIORS = {
    "normal": lambda told: tfd.Independent(tfd.Normal(told["loc"], told["scale"]), 1),
    "bernoulli": lambda told: tfd.Independent(tfd.Bernoulli(probs=told["probs"], dtype=told["probs"].dtype), 1),
}


def _number(seed):
    """An endpoint's seed, of both numbers of a pair: tf.random.fold_in changes the second alone."""
    return tf.random.stateless_uniform([], seed, minval=None, dtype=tf.int32)


class Likelihood:
    """P(x|z) at codes [batch, latent_size], as far as the endpoints tell."""

    def __init__(self, loaded, z, to_unit, from_unit):
        self._loaded, self._z, self._to_unit, self._from_unit = loaded, z, to_unit, from_unit

    def __getitem__(self, rows):
        raise NotImplementedError("the endpoints decode a whole batch; they give no distribution that could be sliced")

    def mean(self):
        """[batch, *event_shape]."""
        return self._from_unit(self._loaded.generate(self._z))

    def sample(self, seed):
        """One x for each code, [batch, *event_shape]; the seed is a pair."""
        return self._from_unit(self._loaded.draw(self._z, _number(seed)))

    def log_prob(self, x):
        """log P(x|z) at x [batch, *event_shape], [batch]."""
        return self._loaded.log_p_x_given_z(self._to_unit(x), self._z)


class Prior:
    """P(z), as far as the endpoints tell."""

    def __init__(self, loaded):
        self._loaded = loaded
        codes = loaded.signatures["prior"].structured_outputs["output_0"]
        self.event_shape, self.dtype = codes.shape[1:], codes.dtype

    def sample(self, sample_shape=(), seed=None):
        """One z, [latent_size], or a number of them, [n, latent_size]; the seed is a pair."""
        z = self._loaded.prior(1 if sample_shape == () else sample_shape, _number(seed))
        return z[0] if sample_shape == () else z

    def log_prob(self, z):
        """log P(z), [...]."""
        return self._loaded.log_p_z(z)


class Posterior:
    """Q(z|x) at examples [batch, *event_shape] in [0, 1], as far as the endpoints tell."""

    def __init__(self, loaded, x):
        self._loaded, self._x = loaded, x
        codes = loaded.signatures["prior"].structured_outputs["output_0"]
        self.event_shape, self.dtype = codes.shape[1:], codes.dtype

    def __getitem__(self, rows):
        raise NotImplementedError("the endpoints encode a whole batch; they give no distribution that could be sliced")

    def sample(self, seed):
        """One z for each x, [batch, latent_size]; the seed is a pair."""
        return self._loaded.encode(self._x, _number(seed))["sample"]

    def log_prob(self, z):
        """log Q(z|x) of z [..., batch or 1, latent_size]: [..., batch]."""
        batch = tf.shape(self._x)[0]
        z = tf.broadcast_to(z, tf.concat([tf.shape(z)[:-2], [batch], tf.shape(z)[-1:]], 0))
        rows = tf.reshape(z, [-1, z.shape[-1]])
        x = tf.tile(self._x, [tf.shape(rows)[0] // batch, *[1] * (len(self._x.shape) - 1)])
        return tf.reshape(self._loaded.log_q_z_given_x(x, rows), tf.shape(z)[:-1])

    def mean(self):
        """Not told: parameters need not be a mean."""
        raise NotImplementedError("the endpoints do not tell the mean of this posterior")

    stddev = mean


class Exported:
    """A SavedModel of this project as evaluation's subject (zoo/evaluation/subject.py).

    Its x are in the range that the model was trained in, if it says which (zoo/export/facts.py), and otherwise in [0, 1].

    Attributes:
      preprocessing: what turned pixels into x, a zoo.data.Preprocessing; None if it is not known.
      value_range: of x, "unit" or "symmetric".
      critics: what is known of each approximator (zoo/export/facts.py): {what it stands in for: {"kind", ...}}.
      seen: what data that it is measured on have to be like: {field of config.data: its value}.
    """

    has_distributions, energy = False, None

    def __init__(self, loaded):
        """Takes what zoo.load returns.

        Raises:
          ValueError: for a SavedModel without the endpoints that every model of this project has.
        """
        self.loaded = loaded
        endpoints, facts = loaded.signatures, getattr(loaded, "facts", {})
        if missing := [name for name in ("sample", "prior", "draw") if name not in endpoints]:
            raise ValueError(f"the SavedModel has no endpoint {missing[0]}; it has {', '.join(endpoints) or 'none'}")
        if "label" in endpoints["sample"].structured_input_signature[1]:
            raise ValueError("the SavedModel is class-conditional, and is not measured yet; measure its run, with --workdir")
        self.event_shape = tuple(endpoints["sample"].structured_outputs["output_0"].shape[1:])
        self.latent_size = self.prior().event_shape[0]
        self.has_posterior = "encode" in endpoints
        self.has_likelihood_bound = "elbo" in endpoints
        self.likelihood_support = facts.get("likelihood_support")
        described = endpoints["encode"].structured_outputs if self.has_posterior else {}
        self.code_support = facts.get("code_support", "binary" if "probs" in described else "real")
        # A code is told beside the mean of Q(z|x) where that is of codes with noise.
        self._known = {"code"} if "code" in described else set()
        self._posterior = facts.get("posterior")
        # A critic of x alone; beside others it would have to be asked for what it was not.
        details = facts.get("critic_details", {})
        unknown = {"reads": "drawn", "slope_held": None}
        self.critics = {name: {"kind": kind} | details.get(name, unknown) for name, kind in facts.get("critics", {}).items()}
        if list(facts.get("critics", ())) == ["log_q_x"] and "critic" in endpoints:
            self._known |= {"log_q_x"}
        preprocessing = facts.get("preprocessing") or {}
        self.preprocessing = Preprocessing(**preprocessing) if preprocessing else None
        self.value_range = preprocessing.get("value_range", "unit")
        self.seen = {"value_range": "unit"} | {name: preprocessing[name] for name in SEEN & preprocessing.keys()}

    def _to_unit(self, x):
        return (x + 1) / 2 if self.value_range == "symmetric" else x

    def _from_unit(self, x):
        return 2 * x - 1 if self.value_range == "symmetric" else x

    def has(self, field):
        """Whether there is such a log-density: whether it is an endpoint, or what the critic gives."""
        return field in self.loaded.signatures or field in self._known

    def prior(self):
        """P(z)."""
        return Prior(self.loaded)

    def posterior(self, x):
        """Q(z|x): a tfd where its parameters say all of it."""
        x = self._to_unit(x)
        if self._posterior is None:
            return Posterior(self.loaded, x)
        return POSTERIORS[self._posterior](self.loaded.encode(x))

    def likelihood(self, z):
        """P(x|z)."""
        return Likelihood(self.loaded, z, self._to_unit, self._from_unit)

    def log_densities(self, x, z):
        """The log-densities at pairs, [batch], that are known, and `log_weight`; a critic's `log_q_x` is as its kind says."""
        x = self._to_unit(x)
        found = {
            "log_p_z": lambda: self.loaded.log_p_z(z),
            "log_p_x_given_z": lambda: self.loaded.log_p_x_given_z(x, z),
            "log_q_z_given_x": lambda: self.loaded.log_q_z_given_x(x, z),
        }
        if z is None:
            found = {"log_q_x": lambda: self.loaded.critic(x)}
        values = {field: value() for field, value in found.items() if self.has(field)}
        if len(values) == 3:
            values["log_weight"] = values["log_p_x_given_z"] + values["log_p_z"] - values["log_q_z_given_x"]
        return types.SimpleNamespace(**values)

    def generate(self, z):
        """The mean of P(x|z)."""
        return self._from_unit(self.loaded.generate(z))

    def code(self, x):
        """The one z that stands for all of Q(z|x)."""
        return self.loaded.encode_mean(self._to_unit(x))

    def reconstruct(self, x):
        """The mean of P(x|z) at the code of x."""
        return self._from_unit(self.loaded.reconstruct(self._to_unit(x)))

    def bounds(self, x, num_samples, seed):
        """The importance-weighted bound, and the ELBO by one draw: of x in the training range; float [n] each."""
        found = {"importance_weighted_bound": [], "elbo": []}
        for number, start in enumerate(range(0, len(x), BLOCK)):
            rows, own = self._to_unit(tf.constant(x[start : start + BLOCK])), seed + number
            found["importance_weighted_bound"].append(self.loaded.log_prob(rows, num_samples, own).numpy())
            found["elbo"].append(self.loaded.elbo(rows, own).numpy())
        return {name: np.concatenate(parts) for name, parts in found.items()}
