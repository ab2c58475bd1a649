"""Random tables of x and z, on which every mean is a finite sum and every derivative is exact.

The parameters are the logits of four tables, in a dictionary of float64 arrays:

    q_x [X]   q_z_given_x [X, Z]        the data and the encoder
    p_z [Z]   p_x_given_z [X, Z]        the prior and the decoder (each column is a distribution of x)

`Tables` computes with them in TensorFlow, through the objectives' own functions; `Closed` in NumPy, through the entropies and
divergences that the theory equates them to. The two share no formula.
"""

import types

import numpy as np
import tensorflow as tf

Q_PARAMETERS = ("q_z_given_x",)
P_PARAMETERS = ("p_z", "p_x_given_z")


def random_logits(seed, num_x=5, num_z=4):
    """Logits of all four tables, standard normal."""
    generator = np.random.default_rng(seed)
    shapes = {"q_x": (num_x,), "q_z_given_x": (num_x, num_z), "p_z": (num_z,), "p_x_given_z": (num_x, num_z)}
    return {name: generator.normal(size=shape) for name, shape in shapes.items()}


class Tables:
    """Log-densities [X, Z] at every pair, and the two ways to average over the pairs.

    Attributes:
      at: what a phase loss is given, with log Q(x) itself as `log_q_x`.
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
            log_q_x=log_q_x * ones,
            rate=rate * ones,
        )

    def mean(self, phase, values):
        """The mean of values [X, Z] over Q(x, z) in the wake phase, over P(x, z) in the sleep phase."""
        return tf.reduce_sum({"wake": self.q, "sleep": self.p}[phase] * values)


def objective(module, tables, **wake_options):
    """The sum of an objective's phases at the tables, a scalar."""
    total = tf.constant(0.0, tf.float64)
    for phase, options in {"wake": wake_options, "sleep": {}}.items():
        if loss := getattr(module, f"{phase}_loss", None):
            total += tables.mean(phase, loss(tables.at, **options))
    return total


def gradients(module, logits, **wake_options):
    """The total derivatives of an objective's sum with respect to every table's logits."""
    variables = {name: tf.constant(value) for name, value in logits.items()}
    with tf.GradientTape() as tape:
        tape.watch(variables)
        total = objective(module, Tables(variables), **wake_options)
    found = tape.gradient(total, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return {name: value.numpy() for name, value in found.items()}


class Closed:
    """Probabilities of the same tables in NumPy, complex logits included (tests/exact/complex_step.py)."""

    def __init__(self, logits):
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
