"""The keras.Model of `fit`: a thin face over a model, the step that trains it, and what runs steps."""

import contextlib
import functools

import keras
import tensorflow as tf

from zoo.models.execution import Execution, Means
from zoo.models.inputs import check_range
from zoo.models.terms import on_held_out
from zoo.private_api import NeverBuilt


class TrainableModel(NeverBuilt, keras.Model):
    """A model that can be trained: what `zoo.build` returns. What it has not itself, its model has: posterior, sample, ...

    Train it with `fit` on batches x (float, [batch, *event_shape]), on (x, y) of which y is not looked at, or on what
    `data.batches` yields.

    Attributes:
      model: a LatentVariableModel, all that evaluation and export see.
      training_step: a zoo.models.step.Step.
      data: the data set that it was built for, or None.
      means: of what the steps since the last reset have shown.
    """

    def __init__(self, model, training_step):
        super().__init__()
        self.model = model
        self.training_step = training_step
        self.means = Means()
        self.built = True

    def __getattr__(self, name):
        if name.startswith("__") or "model" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self.model, name)

    @property
    def data(self):
        """The data set that it was built for, or None."""
        return self.training_step.data

    @property
    def step(self):
        """Steps taken, an int64 variable."""
        return self.training_step.counter

    def compile(self, steps_per_execution=1, jit_compile=False):
        """Prepares for `fit`.

        Args:
          steps_per_execution: steps that run in one call of a compiled function.
          jit_compile: whether that function is compiled by XLA.
        """
        super().compile(optimizer=None, steps_per_execution=steps_per_execution, jit_compile=jit_compile)
        self.training_step.jit_compile = jit_compile
        self._execution = functools.cache(lambda steps: Execution(self.training_step, steps, self.distribute_strategy))

    def fit(self, x=None, y=None, **options):
        """keras.Model.fit. An epoch whose steps make no whole number of executions is run in shorter ones."""
        check_range(x, self.model.preprocessing)
        before = self.steps_per_execution
        self.steps_per_execution = _steps_of_execution(x, options.get("steps_per_epoch"), before)
        try:
            return super().fit(x, y, **options)
        finally:
            self.steps_per_execution = before

    def evaluate(self, x=None, y=None, **options):
        """keras.Model.evaluate, of the averaged weights where there are any."""
        check_range(x, self.model.preprocessing)
        with self.averaged():
            return super().evaluate(x, y, **options)

    def averaged(self):
        """A context in which the weights are their averages, where averages are kept (config.training.ema)."""
        averages = self.training_step.averages
        return averages.instead() if averages else contextlib.nullcontext()

    def call(self, x):
        """The reconstruction of x."""
        return self.model.reconstruct(x)

    def train_step(self, batch):
        """One step of training: name -> share of the mean over the global batch."""
        return self.training_step.train(batch)

    def test_step(self, batch, mask):
        """Terms on held-out examples: name -> sum over the examples that the mask keeps."""
        return on_held_out(self.training_step, batch, mask)

    def reset_metrics(self):
        """Starts new means; `fit` does so at each epoch."""
        super().reset_metrics()
        self.means.reset()

    def make_train_function(self, force=False):
        """Sets `train_function(iterator)`: one execution, which returns the means since the last reset."""
        execution = self._execution(self.steps_per_execution)

        def train_function(iterator):
            chosen = execution if _draws(iterator) else self._execution(1)
            self.means.add(*tf.unstack(chosen.train(_drawing(iterator))))
            return self.means.result(execution.names)

        self.train_function = train_function

    def make_test_function(self, force=False):
        """Sets `test_function(iterator)`: `steps_per_execution` batches or as many as are left."""
        execution = self._execution(self.steps_per_execution)

        def test_function(iterator):
            iterator = _drawing(iterator)
            for repeat in range(self.steps_per_execution):
                try:
                    self.means.add(*execution.test(iterator))
                except tf.errors.OutOfRangeError:
                    if repeat == 0:
                        raise
                    break
            return self.means.result(execution.test_names)

        self.test_function = test_function


def _draws(iterator):
    return isinstance(iterator, tf.data.Iterator | tf.distribute.DistributedIterator)


def _drawing(iterator):
    """An iterator of tf.data; Keras' train_on_batch and test_on_batch give a generator of one (x, y, weights)."""
    if _draws(iterator):
        return iterator
    batch = tuple(part for part in next(iterator) if part is not None)
    return iter(tf.data.Dataset.from_tensors(batch))


def _steps_of_execution(data, steps_per_epoch, most):
    """The largest number of steps, at most `most`, in executions of which an epoch can be run without a rest."""
    if not isinstance(data, tf.data.Dataset | tf.distribute.DistributedDataset):
        return 1
    spec = data.element_spec
    if any(tensor.shape.rank and tensor.shape[0] is None for tensor in tf.nest.flatten(spec)):
        return 1  # the last batch may be smaller
    count = int(data.cardinality()) if steps_per_epoch is None else steps_per_epoch
    return max(divisor for divisor in range(1, most + 1) if count % divisor == 0) if count > 0 else 1
