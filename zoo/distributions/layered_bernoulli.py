"""Several layers of binary variables, each given the one drawn before: the codes of the Helmholtz machine.

    Q(z|x) = Q(h1|x) Q(h2|h1) ... Q(hL|hL-1)        recognition, upwards: the encoder's outputs are the logits of h1
    P(z)   = P(hL) P(hL-1|hL) ... P(h1|h2)          generation, downwards: learned biases for hL; h1 is what is decoded

z is h1, h2, ... hL side by side, of length sum(sizes) = latent_size, and sizes are those of h1 ... hL in both directions. Each
layer holds independent Bernoulli variables whose logits are a dense layer of the one before, so log Q(z|x) and log P(z) are
exact sums of Bernoulli terms, in nats. Samples are binary and have no pathwise gradient.

Source: Dayan, Hinton, Neal and Zemel, "The Helmholtz Machine" (1995); Hinton et al., "The wake-sleep algorithm" (1995).
"""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise

tfd = tfp.distributions


class BinaryChain(tfd.Distribution):
    """Layers of binary variables, drawn one after the other; the event is all layers side by side.

    One uniform number for each variable is drawn at once and compared with its probability when that is known.
    """

    def __init__(self, logits, sizes, maps, downwards):
        """What is drawn first, and how each layer follows.

        Args:
          logits: [..., size] of the layer that is drawn first.
          sizes: of the layers in the order in which they are drawn.
          maps: functions from a layer to the logits of the next, one fewer than sizes.
          downwards: whether the layer drawn first stands last in the event.
        """
        parameters = dict(locals())
        super().__init__(
            dtype=logits.dtype,
            reparameterization_type=tfd.NOT_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name="BinaryChain",
        )
        self.logits, self.sizes, self.maps = logits, list(sizes), maps
        self.order = -1 if downwards else 1

    def _event_shape(self):
        return tf.TensorShape([sum(self.sizes)])

    def _batch_shape(self):
        return self.logits.shape[:-1]

    def _batch_shape_tensor(self):
        return tf.shape(self.logits)[:-1]

    def _apart(self, values):
        """[..., sum of sizes] -> the layers, in the order in which they are drawn."""
        return tf.split(values, self.sizes[:: self.order], axis=-1)[:: self.order]

    def _follow(self, choose):
        """[(logits, values)] of all layers: values = choose(layer, logits)."""
        logits, found = self.logits, []
        for layer in range(len(self.sizes)):
            values = choose(layer, logits)
            found.append((logits, values))
            if layer < len(self.maps):
                logits = self.maps[layer](values)
        return found

    def _together(self, layers):
        return tf.concat(layers[:: self.order], axis=-1)

    def _sample_n(self, n, seed):
        shape = tf.concat([[n], self.batch_shape_tensor(), self.event_shape_tensor()], 0)
        uniforms = self._apart(noise.standard_uniform(shape, tfp.random.sanitize_seed(seed), self.dtype))
        drawn = self._follow(lambda layer, logits: tf.cast(uniforms[layer] < tf.sigmoid(logits), self.dtype))
        return self._together([values for _, values in drawn])

    def _log_prob(self, z):
        layers = self._apart(z)
        scored = self._follow(lambda layer, _: layers[layer])
        return sum(tf.reduce_sum(tfd.Bernoulli(logits=logits).log_prob(h), -1) for logits, h in scored)

    def _greedy(self):
        return self._follow(lambda _, logits: tf.cast(logits > 0, self.dtype))

    def _mode(self):
        """Layer by layer the more probable values, given those before: not always the most probable of all."""
        return self._together([values for _, values in self._greedy()])

    def probs_along_mode(self):
        """The probability of a 1, of each layer given the mode of the layer before."""
        return self._together([tf.sigmoid(logits) for logits, _ in self._greedy()])


class LayeredBernoulli(keras.layers.Layer):
    """Q(z|x): h1 from the encoder's logits, and a dense layer for each further one."""

    SUPPORT = "binary"
    PATHWISE = False
    DENSITY = True

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        self.parameter_shape = sizes[:1]
        self.dense = _dense(sizes)

    def distribution(self, parameters):
        """Logits of h1 [..., sizes[0]] -> a tfd with event [sum(sizes)]."""
        return BinaryChain(parameters, self.sizes, _maps(self.dense), downwards=False)

    def described(self, distribution):
        """What tells a distribution of this family from another: `probs` of a 1, each layer given the mode of the last."""
        return {"probs": distribution.probs_along_mode()}


class LayeredBernoulliPrior(keras.layers.Layer):
    """P(z): hL from learned biases, and a dense layer for each lower one; only h1 is decoded."""

    SUPPORT = "binary"
    PATHWISE = False
    DENSITY = True

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        self.decoded_shape = sizes[:1]
        self.bias = self.add_weight(shape=sizes[-1:], initializer="zeros", name="bias")
        self.dense = _dense(sizes[::-1])

    def distribution(self):
        """A tfd with event [sum(sizes)] and no batch."""
        return BinaryChain(self.bias.value, self.sizes[::-1], _maps(self.dense), downwards=True)


def _dense(sizes):
    """A dense layer between each two layers that follow each other."""
    layers = [keras.layers.Dense(size) for size in sizes[1:]]
    for layer, size in zip(layers, sizes, strict=False):
        layer.build((None, size))
    return layers


def _maps(layers):
    """What the layers compute, of a single vector too, which a Keras layer refuses."""
    return [lambda h, layer=layer: tf.tensordot(h, layer.kernel.value, 1) + layer.bias.value for layer in layers]


def _checked(event_shape, sizes):
    sizes = tuple(sizes) or tuple(event_shape)
    if len(event_shape) != 1:
        raise ValueError(f"layered_bernoulli: a distribution of codes, which are vectors; found the shape {tuple(event_shape)}")
    if any(size < 1 for size in sizes) or sum(sizes) != event_shape[0]:
        raise ValueError(
            f"layered_bernoulli: sizes must be positive and sum to latent_size {event_shape[0]}, "
            f"found {sizes} with sum {sum(sizes)}"
        )
    return sizes


def conditional(event_shape, *, sizes: tuple = ()):
    """Q(z|x) over layers h1, h2 ... of these sizes; no sizes: one layer.

    Raises:
      ValueError: if they do not sum to latent_size.
    """
    return LayeredBernoulli(_checked(event_shape, sizes))


def prior(event_shape, *, sizes: tuple = ()):
    """P(z) over layers h1, h2 ... of these sizes, drawn from the last to the first; no sizes: one layer.

    Raises:
      ValueError: if they do not sum to latent_size.
    """
    return LayeredBernoulliPrior(_checked(event_shape, sizes))
