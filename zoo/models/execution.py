"""How `fit` runs a model's steps: several in one compiled call, on one device or under tf.distribute.

Keras' own multi-step loop fails for custom logs under MultiWorkerMirroredStrategy and for several steps an execution under
two replicas; the public hooks `make_train_function` and `make_test_function` replace it. A call of the function runs one
execution: on one device all its batches are drawn first, so that an iterator that ends inside an execution changes nothing.
"""

import tensorflow as tf

from zoo import noise
from zoo.data.batch import mask as mask_of


def replicas():
    """How many replicas share the global batch, here and now."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def _slices():
    return replicas() * noise.parts()


def share(values):
    """This replica's share of the mean over the global batch; the sum over the replicas, and parts of a batch, is the mean."""
    return tf.reduce_mean(values) / _slices()


def gradient(tape, loss, variables):
    """This replica's share of the gradient of the mean of a loss [...] over the GLOBAL batch, a list; None where none."""
    weight = tf.ones_like(loss) / tf.cast(tf.size(loss) * _slices(), loss.dtype)
    return tape.gradient(loss, [variable.value for variable in variables], output_gradients=weight)


class _Means:
    """Running means of named terms between two resets. In training they leave out what is not finite."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.sums, self.weight = None, 0.0

    def add(self, sums, weight):
        self.sums = sums if self.sums is None else self.sums + sums
        self.weight += weight

    def result(self, names):
        return dict(zip(names, tf.unstack(self.sums / tf.cast(self.weight, self.sums.dtype)), strict=True))


class Executions:
    """Mixed into a keras.Model that has

    train_step(batch)       -> {name: this replica's share of the mean}, with the keys `train_terms`
    test_step(batch, mask)  -> {name: sum over the examples that the mask keeps}, with the keys `test_terms`
    """

    def __init__(self):
        super().__init__()
        self.means = _Means()

    def fit(self, *args, **kwargs):
        """keras.Model.fit, which would round `steps_per_epoch` up to whole executions without a word.

        Raises:
          ValueError: for steps_per_epoch that the steps of an execution do not divide.
        """
        steps = kwargs.get("steps_per_epoch")
        if steps and steps % self.steps_per_execution:
            raise ValueError(
                f"steps_per_epoch must be a multiple of the {self.steps_per_execution} steps of an execution, found {steps}; "
                "see config.training.steps_per_execution"
            )
        return super().fit(*args, **kwargs)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing is left to build; Keras would average a batch over the replicas for it, which fails for a pair of workers."""

    def reset_metrics(self):
        """Starts new means; `fit` does so at each epoch."""
        super().reset_metrics()
        self.means.reset()

    def make_train_function(self, force=False):
        """Sets `train_function(iterator)`: one execution, which returns the means since the last reset."""
        if self.train_function is not None and not force:
            return
        names, steps = tuple(self.train_terms), self.steps_per_execution
        run = (self._run_here if self.distribute_strategy.num_replicas_in_sync == 1 else self._run_replicas)(names, steps)

        def train_function(iterator):
            self.means.add(*tf.unstack(run(iterator)))
            return self.means.result(names)

        self.train_function = train_function

    def make_test_function(self, force=False):
        """Sets `test_function(iterator)`: `steps_per_execution` batches or as many as are left."""
        if self.test_function is not None and not force:
            return
        names = tuple(self.test_terms)
        run = self._test_run(names)

        def test_function(iterator):
            for repeat in range(self.steps_per_execution):
                try:
                    sums, weight = run(iterator)
                except tf.errors.OutOfRangeError:
                    if repeat == 0:
                        raise
                    break
                self.means.add(sums, weight)
            return self.means.result(names)

        self.test_function = test_function

    def _train_vector(self, names, batch):
        shown = self.train_step(batch)
        if shown.keys() != set(names):
            raise ValueError(f"a step showed {sorted(shown)}, but declared {sorted(names)}")
        return tf.stack([tf.cast(shown[name], tf.float32) for name in names])

    def _run_here(self, names, steps):
        def loop(batches):
            return _loop(steps, names, lambda i: self._train_vector(names, tf.nest.map_structure(lambda t: t[i], batches)))

        # XLA cannot draw from an iterator, so the batches are stacked outside of what it compiles.
        loop = tf.function(loop, jit_compile=True, autograph=False) if self.jit_compile else loop

        @tf.function(autograph=False)
        def run(iterator):
            draw = lambda _: next(iterator)  # noqa: E731
            batches = tf.map_fn(draw, tf.range(steps), fn_output_signature=iterator.element_spec, parallel_iterations=1)
            # What a step does without its batch waits for it too: an iterator that ends in here must change nothing.
            with tf.control_dependencies(tf.nest.flatten(batches)):
                return loop(batches)

        return run

    def _run_replicas(self, names, steps):
        strategy = self.distribute_strategy

        def one(iterator):
            shares = strategy.run(lambda batch: self._train_vector(names, batch), args=(next(iterator),))
            return strategy.reduce(tf.distribute.ReduceOp.SUM, shares, axis=None)

        @tf.function(autograph=False)
        def run(iterator):
            return _loop(steps, names, lambda i: one(iterator))

        return run

    def _test_run(self, names):
        strategy = self.distribute_strategy

        def vector(batch):
            mask = mask_of(batch)
            sums = self.test_step(batch, mask)
            return tf.stack([sums[name] for name in names]), tf.reduce_sum(mask)

        @tf.function(autograph=False)
        def run(iterator):
            sums, weight = strategy.run(vector, args=(next(iterator),))
            reduce = tf.distribute.ReduceOp.SUM
            return strategy.reduce(reduce, sums, axis=None), strategy.reduce(reduce, weight, axis=None)

        return run


def _loop(steps, names, vector):
    """Of `vector(i)` over the steps: the sums of what is finite, and how often each was; [2, names], a loop of the graph."""
    if steps == 1:
        return _counted(vector(0))
    body = lambda i, sums: (i + 1, sums + _counted(vector(i)))  # noqa: E731
    start = (tf.constant(0), tf.zeros([2, len(names)]))
    return tf.while_loop(lambda i, _: i < steps, body, start, parallel_iterations=1)[1]


def _counted(values):
    finite = tf.math.is_finite(values)
    return tf.stack([tf.where(finite, values, 0.0), tf.cast(finite, values.dtype)])
