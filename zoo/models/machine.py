"""The weights and the chains of a Boltzmann machine, and how it is sampled.

The persistent chains are part of its state: saved with the weights, and the same on any number of replicas, each of which
moves its share of them.
"""

import math

import keras
import tensorflow as tf

from zoo import noise, replicas
from zoo.models.units import Binary, Normal, TwoLayers, loop

# Sweeps of what is sampled, from the persistent chains or from independent units.
NUM_STEPS = 1000
# Sweeps over coupled units, given the other layer, from fair ones.
CLAMPED_SWEEPS = 20
SEEN = 1000  # examples that the visible biases start from
UNKNOWN = -1.0  # the standard error of a log Z that nobody has estimated


class Machine(keras.layers.Layer):
    """Visible units x [*event_shape], binary or normal, and binary hidden units z [latent_size], with symmetric couplings.

    Args:
      event_shape, latent_size: as above.
      visible, scale: "binary" or "normal", and the standard deviation of the latter.
      couplings: {"visible", "hidden"}: whether units of that layer are coupled with each other.
      chains: how many persistent ones; 0 for none.
      start_scale: standard deviation of the weights at the start.

    Attributes:
      persistent: whether there are chains.
      sums_codes: whether log P(x) + log Z has a closed form: the hidden units have no couplings.
      log_z: (log Z, its standard error), or an error of UNKNOWN; of the weights when it was estimated.
    """

    def __init__(self, event_shape, latent_size, *, visible, scale, couplings, chains, start_scale):
        super().__init__()
        self.event_shape, self.latent_size = tuple(event_shape), latent_size
        self.visible, self.scale = visible, scale
        self.persistent, self.sums_codes = chains > 0, not couplings["hidden"]
        sizes = {"visible": math.prod(event_shape), "hidden": latent_size}
        start = keras.initializers.RandomNormal(stddev=start_scale)
        self.weights_between = self.add_weight(shape=tuple(sizes.values()), initializer=start, name="weights")
        self.biases = [self.add_weight(shape=(n,), initializer="zeros", name=f"{side}_bias") for side, n in sizes.items()]
        self.couplings = [
            self.add_weight(shape=(n, n), initializer=start, name=f"{side}_couplings") if couplings[side] else None
            for side, n in sizes.items()
        ]
        # Of the independent units that samples without chains, and annealing, start from.
        self.base = self._state("base", (sizes["visible"],))
        self.log_z = self._state("log_z", (2,))
        self.log_z.assign([0.0, UNKNOWN])
        self.chains = [self._state(f"{side}_chains", (chains, n)) for side, n in sizes.items()] if chains else []
        self.built = True
        self._start_chains()

    def _state(self, name, shape):
        return self.add_weight(shape=shape, initializer="zeros", trainable=False, aggregation="only_first_replica", name=name)

    def joint(self):
        """f as the weights are now: zoo.models.units.TwoLayers, of x as rows."""
        # One of the two triangles of a matrix of couplings is used.
        upper = [None if c is None else tf.linalg.band_part(c.value, 0, -1) for c in self.couplings]
        upper = [None if c is None else tf.linalg.set_diag(c, tf.zeros_like(c[0])) for c in upper]
        within = [None if c is None else c + tf.transpose(c) for c in upper]
        bias, hidden_bias = (bias.value for bias in self.biases)
        visible = Normal(bias, self.scale) if self.visible == "normal" else Binary(bias, within[0])
        return TwoLayers(visible, Binary(hidden_bias, within[1]), self.weights_between.value)

    def receptive_fields(self):
        """The weights between each hidden unit and x, [latent_size, *event_shape]."""
        return self.shaped(tf.transpose(self.weights_between.value))

    def initialize(self, examples):
        """Starts the visible biases, and the chains, from the means of examples."""
        mean = tf.reduce_mean(self.flat(examples(SEEN)), 0)
        if self.visible == "binary":
            mean = (SEEN * mean + 1) / (SEEN + 2)
            mean = tf.math.log(mean) - tf.math.log1p(-mean)
        for variable in (self.biases[0], self.base):
            variable.assign(mean)
        self._start_chains()

    def _start_chains(self):
        if self.persistent:
            # Of Keras' own seed, as the weights.
            seed = tf.cast(keras.random.randint([2], 0, 2**31 - 1), tf.int32)
            for variable, value in zip(self.chains, self.independent(self.chains[0].shape[0], seed), strict=True):
                variable.assign(value)

    def flat(self, x):
        """x as rows, [batch, visible units]."""
        return tf.reshape(x, [-1, math.prod(self.event_shape)])

    def shaped(self, rows):
        """Rows as x, [batch, *event_shape]."""
        return tf.reshape(rows, [-1, *self.event_shape])

    def independent(self, count, seed):
        """(x as rows, z) of independent units: x by the base rates, z fair."""
        zeros = tf.zeros([count, self.base.shape[0]], self.base.dtype), tf.zeros([count, self.latent_size], self.base.dtype)
        return self.joint().between(0.0, self.base.value).sweep(*zeros, seed)

    def clamped(self, x, seed, part=replicas.WHOLE):
        """z ~ P(z|x), [batch, latent_size], held fixed; of coupled units by sweeps."""
        joint = self.joint()
        return _settled(joint.hidden, joint.to_hidden(self.flat(x)), seed, part)

    def drawn(self, z, seed):
        """x ~ P(x|z), [batch, *event_shape], held fixed; of coupled units by sweeps."""
        joint = self.joint()
        return self.shaped(_settled(joint.visible, joint.to_visible(z), seed, replicas.WHOLE))

    def fantasies(self, count, seed, num_steps=NUM_STEPS):
        """(x as rows, z) ~ P(x, z), by sweeps from rows of the persistent chains, or from independent units."""
        words = [tf.random.fold_in(seed, number) for number in (1, 2)]
        if self.persistent:
            number = self.chains[0].shape[0]
            rows = tf.cast(noise.standard_uniform([count], words[0]) * number, tf.int32)
            start = [tf.gather(chain.value, tf.minimum(rows, number - 1)) for chain in self.chains]
        else:
            start = self.independent(count, words[0])
        return self.joint().sweeps(*start, words[1], num_steps)

    def own_chains(self, part):
        """(x as rows, z) of this replica's share of the persistent chains."""
        slices, index = replicas.slices(part)
        return [tf.reshape(chain.value, [slices, -1, chain.shape[1]])[index] for chain in self.chains]

    def put_chains(self, x, z, part):
        """Stores this replica's share, and with it that of all others."""
        slices, index = replicas.slices(part)
        for chain, rows in zip(self.chains, (x, z), strict=True):
            mine = tf.one_hot(index, slices, dtype=rows.dtype)[:, None, None] * rows
            chain.assign(tf.reshape(replicas.total([mine])[0], chain.shape))


def _settled(units, inputs, seed, part):
    if units.couplings is None:
        return tf.stop_gradient(units.draw(inputs, None, seed, part))
    states = tf.cast(noise.uniform(tf.shape(inputs), seed, inputs.dtype, part) < 0.5, inputs.dtype)
    sweep = lambda number, states: [units.draw(inputs, states, tf.random.fold_in(seed, number), part)]  # noqa: E731
    return tf.stop_gradient(loop(CLAMPED_SWEEPS, sweep, states)[0])
