"""Two layers of units that interact: energies, conditionals, sums over a layer, and Gibbs sweeps; functions of tensors alone.

    f(x, z) = own(x) + own(z) + s(x) W z  =  log P(x, z) + log Z

    binary units    own(u) = b u + u C u / 2             s(u) = u          u in {0, 1}; C symmetric, its diagonal 0
    normal units    own(u) = -|u - b|^2 / (2 sigma^2)    s(u) = u / sigma

A layer without couplings C is independent given the other one, and can be summed over. With couplings its units are drawn one
after the other, each given all others: drawn together they would not keep P(x, z).

Source: Ackley, Hinton and Sejnowski, "A Learning Algorithm for Boltzmann Machines" (1985), equations 1 to 5; normal units as in
Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks" (2006), supporting text.
"""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise, replicas
from zoo.distributions.bernoulli import OneSoftplus

tfd = tfp.distributions
# Sweeps of coupled units whose conditional probabilities are averaged, and those before them.
AVERAGED, FORGOTTEN = 200, 20


def loop(steps, body, *start):
    """What `body(step, *values)` makes of the values in so many steps: one loop of a graph, also where the caller has none."""

    def run():
        first = (tf.constant(0), *start)
        advance = lambda step, *values: (step + 1, *body(step, *values))  # noqa: E731
        return tf.while_loop(lambda step, *_: step < steps, advance, first, parallel_iterations=1)[1:]

    return tf.function(run, autograph=False)() if tf.executing_eagerly() else run()


class Binary:
    """A layer of binary units.

    Args:
      bias: b, [units].
      couplings: C, [units, units] and symmetric with a diagonal of 0, or None.
    """

    def __init__(self, bias, couplings=None):
        self.bias, self.couplings = bias, couplings

    def signal(self, units):
        """What the other layer sees."""
        return units

    def own(self, units):
        """b u + u C u / 2, [...]."""
        linear = tf.linalg.matvec(units, self.bias)
        return linear if self.couplings is None else linear + tf.reduce_sum(units @ self.couplings * units, -1) / 2

    def log_sum(self, inputs):
        """log of the sum over all states of exp(own(u) + inputs u), for inputs [..., units]; of a layer without couplings."""
        return tf.reduce_sum(tf.nn.softplus(self.bias + inputs), -1)

    def distribution(self, inputs):
        """P(u | the other layer), a tfd; of a layer without couplings."""
        return tfd.Independent(OneSoftplus(logits=self.bias + inputs, dtype=inputs.dtype), 1)

    def draw(self, inputs, before, seed, part=replicas.WHOLE):
        """u ~ P(u | inputs) [batch, units]; with couplings a sweep over the units, from their states before."""
        uniform = noise.uniform(tf.shape(inputs), seed, inputs.dtype, part)
        if self.couplings is None:
            return tf.cast(uniform < tf.sigmoid(self.bias + inputs), inputs.dtype)
        return self._sweep(inputs, before, uniform)[0]

    def _sweep(self, inputs, before, uniform):
        """(the states after a sweep, the probability of a 1 that each unit had in its turn)."""
        count = self.bias.shape[0]

        def body(unit, states, probs):
            logit = self.bias[unit] + inputs[:, unit] + tf.linalg.matvec(states, self.couplings[unit])
            prob, here = tf.sigmoid(logit), tf.one_hot(unit, count, dtype=states.dtype)
            new = tf.cast(uniform[:, unit] < prob, states.dtype)
            return states + (new - states[:, unit])[:, None] * here, probs + prob[:, None] * here

        return loop(count, body, before, tf.zeros_like(before))

    def mean(self, inputs, seed):
        """E[u | inputs]; with couplings by the mean of the probabilities of many sweeps."""
        if self.couplings is None:
            return tf.sigmoid(self.bias + inputs)

        def body(sweep, states, total):
            uniform = noise.standard_uniform(tf.shape(inputs), tf.random.fold_in(seed, sweep), inputs.dtype)
            states, probs = self._sweep(inputs, states, uniform)
            return states, total + tf.where(sweep < FORGOTTEN, tf.zeros_like(probs), probs)

        start = tf.cast(noise.standard_uniform(tf.shape(inputs), seed, inputs.dtype) < 0.5, inputs.dtype)
        return loop(FORGOTTEN + AVERAGED, body, start, tf.zeros_like(inputs))[1] / AVERAGED

    def between(self, share, bias):
        """The layer on the way from independent units with a bias (share 0) to this one (share 1)."""
        couplings = None if self.couplings is None else share * self.couplings
        return Binary(share * self.bias + (1 - share) * bias, couplings)


class Normal:
    """A layer of normal units of one standard deviation.

    Args:
      bias: b, [units].
      scale: sigma.
    """

    couplings = None

    def __init__(self, bias, scale):
        self.bias, self.scale = bias, scale

    def signal(self, units):
        """What the other layer sees."""
        return units / self.scale

    def own(self, units):
        """-|u - b|^2 / (2 sigma^2), [...]."""
        return -tf.reduce_sum(tf.square((units - self.bias) / self.scale), -1) / 2

    def log_sum(self, inputs):
        """log of the integral of exp(own(u) + inputs u / sigma), for inputs [..., units]."""
        constant = math.log(math.sqrt(2 * math.pi) * self.scale)
        return tf.reduce_sum(constant + self.bias / self.scale * inputs + tf.square(inputs) / 2, -1)

    def distribution(self, inputs):
        """P(u | the other layer) = N(b + sigma inputs, sigma^2), a tfd."""
        mean = self.bias + self.scale * inputs
        return tfd.Independent(tfd.Normal(mean, tf.constant(self.scale, mean.dtype)), 1)

    def draw(self, inputs, before, seed, part=replicas.WHOLE):
        """u ~ P(u | inputs), [batch, units]."""
        return self.mean(inputs, seed) + self.scale * noise.normal(tf.shape(inputs), seed, inputs.dtype, part)

    def mean(self, inputs, seed):
        """E[u | inputs]."""
        return self.bias + self.scale * inputs

    def between(self, share, bias):
        """The layer on the way from independent units with a bias (share 0) to this one (share 1)."""
        return Normal(share * self.bias + (1 - share) * bias, self.scale)


class TwoLayers:
    """The joint of visible units x and hidden units z, up to its normalizing constant Z.

    Args:
      visible: Binary or Normal.
      hidden: Binary.
      weights: W, [visible units, hidden units].
    """

    def __init__(self, visible, hidden, weights):
        self.visible, self.hidden, self.weights = visible, hidden, weights

    def to_hidden(self, x):
        """s(x) W, [..., hidden units]."""
        return self.visible.signal(x) @ self.weights

    def to_visible(self, z):
        """W z, [..., visible units]."""
        return z @ tf.transpose(self.weights)

    def log_joint(self, x, z):
        """log P(x, z) + log Z, [...]."""
        return self.visible.own(x) + self.hidden.own(z) + tf.reduce_sum(self.to_hidden(x) * z, -1)

    def log_marginal(self, x):
        """log P(x) + log Z, the negative free energy; where the hidden units have no couplings."""
        return self.visible.own(x) + self.hidden.log_sum(self.to_hidden(x))

    def log_marginal_of_codes(self, z):
        """log P(z) + log Z; where the visible units have no couplings."""
        return self.hidden.own(z) + self.visible.log_sum(self.to_visible(z))

    def log_p(self, x, z):
        """log P(x) + log Z where the hidden units can be summed over, else log P(x, z) + log Z."""
        return self.log_marginal(x) if self.hidden.couplings is None else self.log_joint(x, z)

    def sweep(self, x, z, seed, part=replicas.WHOLE):
        """z ~ P(z|x), then x ~ P(x|z); no gradient passes through."""
        z = self.hidden.draw(self.to_hidden(x), z, tf.random.fold_in(seed, 0), part)
        x = self.visible.draw(self.to_visible(z), x, tf.random.fold_in(seed, 1), part)
        return tf.stop_gradient(x), tf.stop_gradient(z)

    def sweeps(self, x, z, seed, steps, part=replicas.WHOLE):
        """(x, z) after some sweeps."""

        def body(step, x, z):
            return self.sweep(x, z, tf.random.fold_in(seed, step), part)

        return loop(steps, body, x, z)

    def between(self, share, bias):
        """The joint on the way from independent units (share 0; x with a bias, z fair) to this one (share 1): linear in f."""
        hidden = self.hidden.between(share, tf.zeros_like(self.hidden.bias))
        return TwoLayers(self.visible.between(share, bias), hidden, share * self.weights)
