"""How steps are run: several in one compiled call, on one device or under tf.distribute.

Keras' own multi-step loop fails for custom logs under MultiWorkerMirroredStrategy and for several steps an execution under
two replicas. A call here runs one execution. On one device all its batches are drawn first, so that an iterator that ends
inside an execution changes nothing.
"""

import tensorflow as tf

from zoo.data import batch as batches
from zoo.models.terms import on_held_out


class Means:
    """Running means of named terms between two resets. In training they leave out what is not finite."""

    def __init__(self):
        self.reset()

    def reset(self):
        """Forgets everything."""
        self.sums, self.weight = None, 0.0

    def add(self, sums, weight):
        """Adds sums [terms] and how much they weigh: a number, or one for each term."""
        self.sums = sums if self.sums is None else self.sums + sums
        self.weight += weight

    def result(self, names):
        """{name: mean}."""
        return dict(zip(names, tf.unstack(self.sums / tf.cast(self.weight, self.sums.dtype)), strict=True))


class Execution:
    """Runs the steps of a zoo.models.step.Step, so many in a call.

    Args:
      step: takes a step by train(batch) -> {name: this replica's share of the mean}, with the keys `train_terms`.
      steps: of one execution of training.
      strategy: of tf.distribute.
    """

    def __init__(self, step, steps, strategy):
        self.step, self.steps, self.strategy = step, steps, strategy
        self.names, self.test_names = step.train_terms, step.test_terms
        one_device = strategy.num_replicas_in_sync == 1
        #: iterator -> (sums of what was finite, how often each was), [2, terms]
        self.train = self._on_one_device() if one_device else self._on_replicas()
        #: iterator -> (sums over the examples of one batch [terms], how many there are)
        self.test = self._testing()

    def _vector(self, batch):
        shown = self.step.train(batch)
        if shown.keys() != set(self.names):
            raise ValueError(f"a step showed {sorted(shown)}, but declared {sorted(self.names)}")
        return tf.stack([tf.cast(shown[name], tf.float32) for name in self.names])

    def _on_one_device(self):
        def loop(stacked):
            return self._loop(lambda i: self._vector(tf.nest.map_structure(lambda t: t[i], stacked)))

        # XLA cannot draw from an iterator, so the batches are stacked outside of what it compiles.
        loop = tf.function(loop, jit_compile=True, autograph=False) if self.step.jit_compile else loop

        @tf.function(autograph=False)
        def run(iterator):
            draw, spec = (lambda _: next(iterator)), iterator.element_spec
            stacked = tf.map_fn(draw, tf.range(self.steps), fn_output_signature=spec, parallel_iterations=1)
            # What a step does without its batch waits for it too: an iterator that ends in here must change nothing.
            with tf.control_dependencies(tf.nest.flatten(stacked)):
                return loop(stacked)

        return run

    def _on_replicas(self):
        strategy = self.strategy

        def one(iterator):
            shares = strategy.run(self._vector, args=(next(iterator),))
            return strategy.reduce(tf.distribute.ReduceOp.SUM, shares, axis=None)

        return tf.function(lambda iterator: self._loop(lambda i: one(iterator)), autograph=False)

    def _loop(self, vector):
        """Of `vector(i)` over the steps: the sums of what is finite, and how often each was; a loop of the graph."""
        if self.steps == 1:
            return _counted(vector(0))
        body = lambda i, sums: (i + 1, sums + _counted(vector(i)))  # noqa: E731
        start = (tf.constant(0), tf.zeros([2, len(self.names)]))
        return tf.while_loop(lambda i, _: i < self.steps, body, start, parallel_iterations=1)[1]

    def _testing(self):
        strategy = self.strategy

        def vector(batch, number):
            mask = batches.mask(batch)
            sums = on_held_out(self.step, batch, mask, number)
            return tf.stack([sums[name] for name in self.test_names]), tf.reduce_sum(mask)

        @tf.function(autograph=False)
        def run(iterator, number):
            parts = strategy.run(vector, args=(next(iterator), number))
            return [strategy.reduce(tf.distribute.ReduceOp.SUM, part, axis=None) for part in parts]

        return run


def _counted(values):
    finite = tf.math.is_finite(values)
    return tf.stack([tf.where(finite, values, 0.0), tf.cast(finite, values.dtype)])
