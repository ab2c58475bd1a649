"""Random tables of x and z, on which every mean is a finite sum and every derivative is exact.

The parameters are the logits of four tables, in a dictionary of float64 arrays:

    q_x [X]   q_z_given_x [X, Z]        the data and the encoder
    p_z [Z]   p_x_given_z [X, Z]        the prior and the decoder (each column is a distribution of x)

`Tables` computes with them in TensorFlow, through the objectives' own functions; `Closed` in NumPy, through the entropies and
divergences that the theory equates them to. The two share no formula.
"""

import itertools
import types

import numpy as np
import tensorflow as tf

Q_PARAMETERS = ("q_z_given_x",)
P_PARAMETERS = ("p_z", "p_x_given_z")
PHASES = ("wake", "sleep", "fantasy", "reconstruction")
NUM_SAMPLES = 3  # codes for each x where an objective draws several


def random_logits(seed, num_x=5, num_z=4):
    """Logits of all four tables, standard normal."""
    generator = np.random.default_rng(seed)
    shapes = {"q_x": (num_x,), "q_z_given_x": (num_x, num_z), "p_z": (num_z,), "p_x_given_z": (num_x, num_z)}
    return {name: generator.normal(size=shape) for name, shape in shapes.items()}


class Tables:
    """Log-densities [X, Z] at every pair, and the two ways to average over the pairs.

    Attributes:
      at: what a phase loss is given, with log Q(x) itself as `log_q_x`, and the exact ratios, held fixed, as every critic.
      q, p: the two joints, [X, Z].
    """

    def __init__(self, logits):
        log_q_x = tf.nn.log_softmax(logits["q_x"])[:, None]
        log_p_z = tf.nn.log_softmax(logits["p_z"])[None, :]
        log_q_z_given_x = tf.nn.log_softmax(logits["q_z_given_x"], axis=1)
        log_p_x_given_z = tf.nn.log_softmax(logits["p_x_given_z"], axis=0)
        ones = tf.ones_like(log_q_z_given_x)
        self.q, self.p = tf.exp(log_q_x + log_q_z_given_x), tf.exp(log_p_z + log_p_x_given_z)
        rate = tf.reduce_sum(tf.exp(log_q_z_given_x) * (log_q_z_given_x - log_p_z), axis=1, keepdims=True)
        self.at = types.SimpleNamespace(
            log_p_x_given_z=log_p_x_given_z,
            log_p_z=log_p_z * ones,
            log_q_z_given_x=log_q_z_given_x,
            log_p_features_given_z=log_p_x_given_z,  # of features that are x itself
            log_q_x=log_q_x * ones,
            unnormalized_log_p=log_p_x_given_z + logits["p_z"] * ones,  # up to the constant of P(z)
            rate=rate * ones,
            log_ratio=tf.stop_gradient(tf.math.log(self.q / self.p)),
            log_posterior_ratio=tf.stop_gradient(log_q_z_given_x - log_p_z),
            log_likelihood_ratio=tf.stop_gradient(log_p_x_given_z - log_q_x),
        )

    def at_for(self, module):
        """`at` for an objective: where it asks for a critic in place of log P(z), that is the exact log P(z)/Q(z)."""
        if "log_p_z" not in getattr(module, "STAND_INS", ()):
            return self.at
        critic = tf.stop_gradient(self.at.log_p_z - tf.math.log(tf.reduce_sum(self.q, axis=0)))
        return types.SimpleNamespace(**vars(self.at) | {"log_p_z": critic})

    def weights(self, phase):
        """Of the pairs of a phase: Q(x, z) in the wake phase, P(x, z) in the sleep phase, and Q(z) P(x|z) of reconstructions.

        Held fixed where no more than one side is moved by a phase, and the other draws: fantasies, and Q(z).
        """
        fantasy, codes = tf.stop_gradient(self.p), tf.stop_gradient(self.q)
        reconstruction = tf.reduce_sum(codes, axis=0) * tf.exp(self.at.log_p_x_given_z)
        weights = {"wake": self.q, "sleep": self.p, "fantasy": fantasy}
        return (weights | {"reconstruction": reconstruction})[phase]

    def mean(self, phase, values):
        """The mean of values [X, Z] over a phase's pairs."""
        return tf.reduce_sum(self.weights(phase) * values)

    def draws(self, at, k):
        """Every list of k codes at every x: the struct with fields [k, X, lists], and the lists' probabilities [X, lists]."""
        codes = np.transpose(list(itertools.product(range(self.q.shape[1]), repeat=k)))

        def drawn(values):
            return tf.transpose(tf.gather(values, codes, axis=1), [1, 0, 2])

        fields = {name: drawn(values) for name, values in vars(at).items()}
        q_x = tf.reduce_sum(self.q, axis=1, keepdims=True)
        return types.SimpleNamespace(**fields), q_x * tf.reduce_prod(drawn(tf.exp(self.at.log_q_z_given_x)), axis=0)


def phase_mean(module, phase, tables, num_samples=NUM_SAMPLES, **options):
    """The mean of one phase's loss, a scalar; probabilities are held fixed where the objective's samples are.

    Args:
      module: of the objective.
      phase: one of PHASES.
      tables: the `Tables`.
      num_samples: codes for each x, in a wake phase that draws several.
      **options: of the loss.
    """
    at, weights = tables.at_for(module), tables.weights(phase)
    if phase == "wake" and getattr(module, "SEVERAL_SAMPLES", False):
        at, weights = tables.draws(at, num_samples)
    if module.SAMPLES == "held_fixed":
        weights = tf.stop_gradient(weights)
    return tf.reduce_sum(weights * getattr(module, f"{phase}_loss")(at, **options))


def objective(module, tables, **options):
    """The sum of an objective's phases at the tables, a scalar; an option goes to each loss that has it."""
    total = tf.constant(0.0, tf.float64)
    for phase in PHASES:
        if loss := getattr(module, f"{phase}_loss", None):
            own = {name: value for name, value in options.items() if name in (loss.__kwdefaults__ or ())}
            total += phase_mean(module, phase, tables, **own)
    return total


def gradients(function, logits):
    """The derivatives of a function of `Tables` with respect to every table's logits."""
    variables = {name: tf.constant(value) for name, value in logits.items()}
    with tf.GradientTape() as tape:
        tape.watch(variables)
        total = function(Tables(variables))
    found = tape.gradient(total, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return {name: value.numpy() for name, value in found.items()}


class Closed:
    """Probabilities of the same tables in NumPy, complex logits included (tests/exact/complex_step.py).

    `held` are those that no derivative is taken of; by default the same.
    """

    def __init__(self, logits, held=None):
        self.held = held or self
        self.q_x, self.p_z = _softmax(logits["q_x"], 0), _softmax(logits["p_z"], 0)
        self.q_z_given_x = _softmax(logits["q_z_given_x"], 1)
        self.p_x_given_z = _softmax(logits["p_x_given_z"], 0)
        self.q, self.p = self.q_x[:, None] * self.q_z_given_x, self.p_z * self.p_x_given_z
        self.p_x = self.p.sum(1)
        self.p_z_given_x = self.p / self.p_x[:, None]


def _softmax(logits, axis):
    return np.exp(logits) / np.exp(logits).sum(axis, keepdims=True)


def entropy(p):
    """H[p] in nats."""
    return -(p * np.log(p)).sum()


def divergence(p, q):
    """KL(p || q) in nats."""
    return (p * np.log(p / q)).sum()
