"""Self-normalized density of the data: maximum likelihood of exp(f)/Z, with log Z by importance sampling from the model.

    loss        E over Q(x) of -f(x)  +  log Z
    log Z       log E over P(x,z) of w,    log w = f(x) + log Q(z|x) - log P(x|z) - log P(z),    all but f held fixed

    estimator   the second term is
    log_mean    log of the mean weight of the global batch. Biased low, by about var(w)/(2 n Z^2), or far more where w has
                no variance: in one dimension -0.2 nats at 4 samples and -0.07 at 64 are seen.
    running     exp(-l) mean(w) + l - 1, where l is a running mean of earlier batches' log_mean: for any l that the batch had
                no part in, its expectation is at least log Z, with equality at l = log Z. An upper bound, without bias; but
                where a batch's log_mean is more than LARGEST_SURPRISE above l, l is raised to that distance, because one such
                batch would blow f up.

In the objectives f - l stands in for log Q(x): a density in nats, normalized as well as log Z is known. Shown are the batch's
log Z, its standard error and the effective sample size of its weights, and for evaluation there is
zoo.approximators.importance_weights.pareto_k of `log_weights`. The weights are those of pairs. With f(x) - log P(x|z) in their
place the mean is Z as well, but that is the harmonic mean estimator, whose variance is infinite.

Source: "Symmetric variational loss and GAN" (2017), appendix A, as it was meant; Bengio and Senecal, "Adaptive Importance
Sampling to Accelerate Training of a Neural Probabilistic Language Model" (2008).
"""

import tensorflow as tf

from zoo.approximators import critic, importance_weights

ESTIMATORS = ("log_mean", "running")
STANDS_IN_FOR = ("log_q_x",)
LARGEST_SURPRISE = 3.0  # nats: no batch pulls more than e^3 = 20 times as hard as with log_mean


class SelfNormalized(critic.Critic):
    """f(x) - l, l a running estimate of log Z."""

    KIND = "density"
    DENSITIES_OF_PAIRS = True
    TAKES_LABELS = False  # Z is one number, and each label has its own
    OF_THE_WHOLE_BATCH = True
    TERMS = ("loss", "log_z", "log_z_error", "effective_sample_size")

    def __init__(self, field, network, estimator, decay):
        super().__init__(field, network)
        self.estimator = estimator
        self.decay = decay
        # Every replica computes the same log Z of the global batch: nothing is aggregated.
        state = {"shape": (), "initializer": "zeros", "trainable": False}
        self.running_log_z = self.add_weight(name="running_log_z", **state)
        self.batches_seen = self.add_weight(name="batches_seen", **state)

    def value(self, at):
        """f(x) - l, [batch] in nats."""
        return super().value(at) - self.running_log_z.value

    def log_weights(self, at):
        """log w at pairs from P(x,z), [batch] in nats."""
        return self.critic(getattr(at, self.field), at.training) - at.log_weight

    def losses(self, high, low, seed):
        """Minus the log-likelihood exp(f)/Z of the data, and what is known of Z; [batch] each."""
        real, fake = self.both(high, low)
        log_weights = fake - low.log_weight
        log_z = importance_weights.log_mean_exp(log_weights)
        known = tf.stop_gradient(log_weights)
        terms = {
            "loss": self._log_normalizer(log_weights, log_z) - real,
            "log_z": tf.stop_gradient(log_z),
            "log_z_error": importance_weights.standard_error(known),
            "effective_sample_size": importance_weights.effective_sample_size(known),
        }
        self._update(terms["log_z"])
        return {name: term * tf.ones_like(real) for name, term in terms.items()}

    def _log_normalizer(self, log_weights, log_z):
        if self.estimator == "log_mean":
            return log_z
        now = tf.stop_gradient(log_z)
        # The first batch has none before it.
        known = tf.where(self.batches_seen.value > 0, tf.convert_to_tensor(self.running_log_z.value), now)
        known = tf.maximum(known, now - LARGEST_SURPRISE)
        return tf.exp(log_weights - known) + known - 1

    def _update(self, log_z):
        """A mean of all batches at first, then one that forgets at the rate of `decay`."""
        rate = tf.maximum(1 / (self.batches_seen.value + 1), 1 - self.decay)
        self.running_log_z.assign_add(rate * (log_z - self.running_log_z.value))
        self.batches_seen.assign_add(1)


def build(shapes, *, network: dict, estimator: str = "log_mean", decay: float = 0.99):
    """A density of x with its log Z.

    Args:
      shapes: {"x": event_shape}.
      network: the part that maps x to one number.
      estimator: log_mean or running.
      decay: of the running log Z, from one critic step to the next.

    Raises:
      ValueError: for another estimator, or a decay outside of [0, 1).
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"self_normalized: estimator must be one of {', '.join(ESTIMATORS)}, found {estimator!r}")
    if not 0 <= decay < 1:
        raise ValueError(f"self_normalized: decay must be in [0, 1), found {decay}")
    return SelfNormalized(*critic.make(shapes, network), estimator, decay)
