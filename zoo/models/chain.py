"""The persistent chain x -> z ~ Q(z|x) -> x of training: where it stands, a round a step.

Its states are part of the training's state, kept in checkpoints: codes, as many as the batch has examples. Each round begins a
hundredth of them anew from P(z), and those that have left P(z) far behind. All replicas hold all of them, and each moves its
own slice: they are the same on any number. Of a class-conditional model each chain stays in a class, x -> z ~ Q(z|x, y) -> x.

Source: Tieleman, "Training restricted Boltzmann machines using approximations to the likelihood gradient" (2008): a chain that
goes on while the model learns; Bengio et al., "Generalized denoising auto-encoders as generative models" (2013), section 4.
"""

import numpy as np
import tensorflow as tf

from zoo import noise, replicas

RESTART = 0.01  # share of the chains, a round. They last 100 rounds; 50 leave a tenth of where they began (noise 0.3).
FAR = 6.0  # |z|^2 over its size. Of N(0, I) it is 1 in the mean, and beyond this once in 400 in 2 dimensions, 10^7 in 8.


class Chain(tf.Module):
    """Codes [count, latent_size] that go from round to round.

    Attributes:
      codes: where the chains stand.
      labels: the class of each, int32 [count]: as many of each as can be; None without classes.
    """

    def __init__(self, model, count, seed):
        super().__init__()
        start = model.prior().sample(count, seed=noise.seed_for(seed, 0, "chain/start"))
        first = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.codes = tf.Variable(start, trainable=False, name="chain", aggregation=first)
        classes = getattr(model, "num_classes", 0)
        self.labels = np.arange(count, dtype=np.int32) % classes if classes else None

    def here(self):
        """The codes of this replica."""
        return _of_replica(self.codes)

    def of(self, model):
        """The model that the chains of this replica are of: at their labels, where it is class-conditional."""
        return model if self.labels is None else model.given(_of_replica(self.labels))

    def move(self, pair, seed):
        """One round: from the pair of the chain to a draw of its Q(z|x)."""
        z = noise.draw(pair.posterior.calibrated, seed("chain"), part=pair.part)
        lost = noise.uniform([tf.shape(z)[0], 1], seed("chain/restart"), z.dtype, pair.part) < RESTART
        # A comparison with a value that is not a number is false.
        lost |= ~(tf.reduce_sum(tf.square(z), 1, keepdims=True) < FAR * z.shape[1])
        z = tf.where(lost, noise.draw_batch(pair.prior, tf.shape(z)[0], seed("chain/prior"), pair.part), z)
        self.codes.assign(tf.stop_gradient(_of_all(z)))


def standing(pairs):
    """The pairs of the chain, held fixed: its codes, and what the encoder reads in a chain, the mean of P(x|z) at them."""
    z, model = pairs.chain.here(), pairs.chain.of(pairs.model)
    return pairs.pair(tf.stop_gradient(model.likelihood(z, training=True).mean()), z, model=model)


def _of_replica(rows):
    count, replica = replicas.slices()
    return tf.reshape(rows, [count, -1, *rows.shape[1:]])[replica]


def _of_all(rows):
    """The rows of all replicas, in order."""
    count, replica = replicas.slices()
    if count == 1:
        return rows
    placed = tf.one_hot(replica, count, dtype=rows.dtype)[:, tf.newaxis, tf.newaxis] * rows
    return tf.reshape(replicas.total([placed])[0], [-1, rows.shape[1]])
