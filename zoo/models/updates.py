"""From gradients to weights: the sum over the replicas, the guard, clipping, one update a network.

A loss or a gradient that is not finite is seen before it reaches the weights: the update of that network is skipped, weights
and slots stay as they were, and the step counts it (`skipped`) and remembers the first (`fault`). What decides is the loss
and the norm of the gradient of the GLOBAL batch, so all replicas decide alike. What a forward pass has moved by itself
(statistics of a normalization, a running log Z) goes back to its last finite value.

Skipping is part of the step. So a run stays a pure function of its config and seed, which going back to a checkpoint would
not be: checkpoints are written by the clock.
"""

import tensorflow as tf

from zoo import replicas

SLABS, LARGE = 8, 2**13  # see sum_of_squares


class Updates:
    """The updates of one step, a zoo.models.step.Step."""

    def __init__(self, step):
        self.step = step
        self.terms, self.values, self.accepted = [], [], []
        self.statistics = [(v.value, tf.identity(v.value)) for v in step.model.non_trainable_variables]

    def move(self, name, gradients, losses):
        """Updates one network, unless its loss or gradient is not finite.

        Args:
          name: of the network.
          gradients: this replica's shares, one for each of the network's variables.
          losses: term -> this replica's share of the mean; what the network descends is their sum.

        Returns:
          What is shown: the norm of the gradient before clipping. One too large to be squared counts as not finite.
        """
        step = self.step
        *gradients, sums = replicas.total([*map(tf.convert_to_tensor, gradients), tf.stack(list(losses.values()))])
        norm = tf.sqrt(tf.add_n([sum_of_squares(gradient, step.jit_compile) for gradient in gradients]))
        values = tf.concat([sums, [tf.cast(norm, sums.dtype)]], 0)
        accepted = tf.reduce_all(tf.math.is_finite(values))
        if step.options.clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, step.options.clip_norm, use_norm=norm)
        step.optimizers[name].apply_if(accepted, gradients, step.networks[name])
        self.terms += [*losses, f"gradient_norm/{name}"]
        self.values.append(values)
        self.accepted.append(accepted)
        return {f"gradient_norm/{name}": replicas.share(norm)}

    def close(self):
        """Counts what was skipped, and moves the count of steps. Returns what is shown."""
        for variable, before in self.statistics:
            finite = tf.reduce_all(tf.math.is_finite(tf.cast(variable, tf.float32)))
            variable.assign(tf.where(finite, variable, before))
        skipped = tf.math.count_nonzero(~tf.stack(self.accepted)) if self.accepted else tf.constant(0, tf.int64)
        self.step.skipped.assign_add(skipped)
        if self.accepted:
            self._remember(skipped > 0)
        if self.step.averages:
            self.step.averages.update()
        self.step.counter.assign_add(1)
        shown = {term: tf.zeros([]) for term in self.step.train_terms if term.startswith("gradient_norm/")}  # of the frozen
        shown = {term: zero for term, zero in shown.items() if term not in self.terms}
        return shown | {"skipped_updates": replicas.share(tf.cast(skipped, tf.float32))}

    def _remember(self, faulty):
        fault, shown = self.step.fault, self.step.train_terms
        bad = ~tf.math.is_finite(tf.concat(self.values, 0))
        first = tf.gather([shown.index(term) for term in self.terms], tf.argmax(bad))
        now = tf.stack([tf.cast(self.step.counter, tf.int64), tf.cast(first, tf.int64)])
        fault.assign(tf.where(faulty & (fault[0] < 0), now, fault))


def sum_of_squares(gradient, compiled):
    """The sum over all elements, in a way that suits XLA or the single operations of TensorFlow.

    XLA writes the squares to memory before it sums them, unless what it sums is itself a sum that it can fuse with them:
    seven times as fast at 300,000 numbers. Not compiled, one operation is better than many.
    """
    size = gradient.shape.num_elements()
    if not compiled or size % SLABS or size < LARGE:
        return 2 * tf.nn.l2_loss(gradient)
    return tf.reduce_sum(sum(tf.square(slab) for slab in tf.unstack(tf.reshape(gradient, [SLABS, -1]))))
