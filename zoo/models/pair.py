"""A drawn pair (x, z) with the log-densities at it: the `at` that objectives and approximators are given."""

import tensorflow as tf
import tensorflow_probability as tfp

from zoo import replicas
from zoo.distributions.normal import mean_log_prob
from zoo.stand_ins import STAND_INS


class once:
    """A property that is computed when first asked for.

    It is functools.cached_property without its lock, which Python 3.11 shares between all instances: under tf.distribute the
    thread of a replica that computes a property may have to wait, in a batch normalization, for the thread of another replica
    that has yet to compute the same one. With the lock they wait for each other.
    """

    def __init__(self, function):
        self.function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, pair, owner=None):
        if pair is None:
            return self
        value = pair.__dict__[self.name] = self.function(pair)
        return value


# Fields of a pair that objectives of some parts alone ask for.
TOLD = {
    "log_p_features_given_z": lambda at: at.model.approximators["log_q_x"].log_p_features_given_z(at),
}


class Pair:
    """One batch of pairs (x, z). Each quantity is computed when first asked for, once, whoever asks.

    Attributes (log-densities [batch] or [samples, batch], in nats; z may be None where the model has no posterior):
      log_p_x_given_z: log P(x|z), or its mean over N(x, smooth_x^2).
      log_p_z: log P(z), or in training what stands in for it; `true_log_p_z` is log P(z) itself, always.
      log_q_z_given_x: log Q(z|x), or its mean over N(z, smooth_z^2).
      log_weight: log P(x|z) + log P(z) - log Q(z|x), of which log P(x) is the log of the mean exponential over Q(z|x).
      log_q_x, log_ratio, ... (zoo/stand_ins.py): by their approximators.
      log_p_features_given_z: log P(h(x)|z) in the features h of a critic (zoo/approximators/feature_critic.py).
      rate: KL(Q(z|x) || P(z)) in closed form; NotImplementedError where tfp knows none.
      mean_x, read_x: what x was drawn around, and what the encoder reads; x itself where nothing else was said.
      batch: the other pairs of the same batch in training, a zoo.models.pairs.Pairs; {} elsewhere.
      part: which part of the replica's batch these pairs are.
      label: that of each, int32, where the model is class-conditional; or None.
    """

    def __init__(self, model, x, z, *, training=False, smooth_x=0.0, smooth_z=0.0, part=replicas.WHOLE, **known):
        """`known`: what has been computed already, by name; a distribution that drew the pair is not made again to score it."""
        self.model = model
        self.x = self.mean_x = self.read_x = x
        self.z = z
        self.training = training
        self.smooth_x, self.smooth_z = smooth_x, smooth_z
        self.part = part
        self.batch = {}
        self.label = getattr(model, "label", None)
        vars(self).update({name: value for name, value in known.items() if value is not None})

    def __getattr__(self, name):
        """What stands in for a log-density, or what some part alone can tell."""
        if name not in {*STAND_INS, *TOLD}:
            raise AttributeError(f"a pair has no field {name!r}")
        value = vars(self)[name] = TOLD[name](self) if name in TOLD else self._stand_in(name)
        return value

    def _stand_in(self, name):
        return self.model.approximators[name].value(self)

    @once
    def posterior(self):
        """Q(z|x), a tfd."""
        return self.model.posterior(self.read_x, training=self.training)

    @once
    def likelihood(self):
        """P(x|z), a tfd."""
        return self.model.likelihood(self.z, training=self.training)

    @once
    def prior(self):
        """P(z), a tfd."""
        return self.model.prior()

    @once
    def log_p_x_given_z(self):
        """log P(x|z), or its mean over N(x, smooth_x^2)."""
        return mean_log_prob(self.likelihood, self.x, self.smooth_x)

    @once
    def true_log_p_z(self):
        """log P(z), whatever stands in for it in training: what likelihoods are reported with."""
        return self.prior.log_prob(self.z)

    @once
    def log_p_z(self):
        """log P(z), or in training what stands in for it."""
        return self._stand_in("log_p_z") if self.training and "log_p_z" in self.model.approximators else self.true_log_p_z

    @once
    def log_q_z_given_x(self):
        """log Q(z|x), or its mean over N(z, smooth_z^2)."""
        return mean_log_prob(self.posterior, self.z, self.smooth_z)

    @once
    def log_weight(self):
        """log P(x|z) + log P(z) - log Q(z|x), with log P(z) itself."""
        return self.log_p_x_given_z + self.true_log_p_z - self.log_q_z_given_x

    @once
    def rate(self):
        """KL(Q(z|x) || P(z)) in closed form."""
        return tfp.distributions.kl_divergence(self.posterior, self.prior)

    @once
    def at_fixed_sample(self):
        """The same pair with z held fixed: its log-densities have the gradient of their own weights, and none through z."""
        fields = ("training", "smooth_x", "smooth_z", "part", "posterior", "prior", "batch")
        return Pair(self.model, self.x, tf.stop_gradient(self.z), **{name: getattr(self, name) for name in fields})

    def held_fixed(self):
        """The same pair and values, through which no gradient passes."""
        return _HeldFixed(self)


class _HeldFixed:
    def __init__(self, pair):
        self._pair = pair
        self.part, self.label = pair.part, pair.label

    def __getattr__(self, name):
        return tf.stop_gradient(getattr(self._pair, name))

    def other(self, kind):
        """The pairs of another kind of the same batch, held fixed too."""
        return self._pair.batch[kind].held_fixed()
