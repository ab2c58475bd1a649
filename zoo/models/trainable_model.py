"""The keras.Model of `fit`: a thin face over a model, the step that trains it, and what runs steps."""

import functools

import keras
import tensorflow as tf

from zoo import noise
from zoo.models import every_optimizer, fitting, keras_callbacks
from zoo.models.averages import OfAverages
from zoo.models.conditional import given
from zoo.models.execution import Execution, Means
from zoo.models.inputs import check_extent, check_labels, check_range, check_weights, labelled
from zoo.models.optimizer import fresh
from zoo.private_api import NeverBuilt


class TrainableModel(NeverBuilt, OfAverages, keras.Model):
    """A model that can be trained: what `zoo.build` returns. What it has not itself, its model has: posterior, sample, ...

    Train it with `fit` on batches x (float, [batch, *event_shape], or raw grey levels), on (x, y) of which y is not looked at,
    on dictionaries with "image", or on what `data.batches` yields.

    Attributes:
      model: a LatentVariableModel, all that evaluation and export see.
      training_step: a zoo.models.step.Step.
      data: the data set that it was built for, or None.
      means: of what the steps since the last reset have shown.
      config: the experiment that it was built from; None for one made by hand.
      optimizer: those of all networks, a zoo.models.every_optimizer.EveryOptimizer.
    """

    config = None

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

    def compile(self, optimizer=None, steps_per_execution=1, jit_compile=False, **others):
        """Prepares for `fit`.

        Args:
          optimizer: one of Keras' or its name, of which every network gets one of its own; {network: one of these}; or None
            for those that it has.
          steps_per_execution: steps that run in one call of a compiled function.
          jit_compile: whether that function is compiled by XLA.

        Raises:
          ValueError: one line, for what else keras.Model.compile takes: the objective is the loss, and says what is shown.
        """
        if given := [name for name, value in others.items() if value is not None]:
            told = "loss and metrics are the objective's (config.model.objective), the rest is in config.training"
            raise ValueError(f"compile takes no {given[0]}: {told}")
        super().compile(optimizer=None, steps_per_execution=steps_per_execution, jit_compile=jit_compile)
        step = self.training_step
        step.jit_compile = jit_compile
        for name, one in every_optimizer.chosen(optimizer, step.optimizers).items():
            step.optimizers[name] = fresh(one, step.options.critic_steps.get(name, 1))
            step.optimizers[name].build(self.model.networks()[name])
        self.optimizer = every_optimizer.EveryOptimizer(step)
        # What is trained is known when a step is traced.
        self._executions = functools.cache(lambda steps, frozen: Execution(step, steps, self.distribute_strategy))

    def _execution(self, steps):
        return self._executions(steps, tuple(variable.trainable for variable in self.model.variables))

    def fit(self, x=None, y=None, **options):
        """keras.Model.fit. An epoch whose steps make no whole number of executions is run in shorter ones."""
        check_weights(options)
        check_range(x, self.model.preprocessing)
        check_labels(y, self.model)
        check_extent(x, options.get("steps_per_epoch"), "steps_per_epoch")
        held_out = options.get("validation_data")
        check_extent(held_out, options.get("validation_steps"), "validation_steps")
        validates = held_out is not None or options.get("validation_split")
        if isinstance(x, tf.data.Dataset):
            options.setdefault("shuffle", False)  # Keras would warn that it cannot
        step = self.training_step
        test_terms = step.test_terms if validates else ()
        keras_callbacks.prepare(options.get("callbacks"), step.train_terms, test_terms, bool(step.averages))
        before = self.steps_per_execution
        self.steps_per_execution = _steps_of_execution(x, options.get("steps_per_epoch"), before)
        try:
            return super().fit(x, y, **options)
        finally:
            self.steps_per_execution = before

    def evaluate(self, x=None, y=None, **options):
        """keras.Model.evaluate, of the averaged weights where there are any."""
        check_weights(options)
        check_range(x, self.model.preprocessing)
        check_labels(y, self.model)
        check_extent(x, options.get("steps"), "steps")
        with self.averaged():
            return super().evaluate(x, y, **options)

    def call(self, x):
        """The reconstruction of x, which is as `fit` takes it."""
        model, x = given(self.model, labelled(x, self.model, self.data, lambda word: noise.seed_for(0, 0, "call")))
        return model.reconstruct(x)

    def train_step(self, batch):
        """One step of training: name -> share of the mean over the global batch."""
        return self.training_step.train(batch)

    def reset_metrics(self):
        """Starts new means; `fit` does so at each epoch."""
        super().reset_metrics()
        self.means.reset()
        self.tested = 0

    def make_train_function(self, force=False):
        """Sets `train_function(iterator)`: one execution, which returns the means since the last reset."""

        def train_function(iterator):
            number = self.steps_per_execution if _draws(iterator) else 1
            fitting.check_steps(self)
            execution = self._execution(number)
            if hasattr(self.training_step, "prepare"):  # a step that reduces variance
                self.training_step.prepare(self.distribute_strategy)
            self.means.add(*tf.unstack(execution.train(_drawing(iterator))))
            fitting.after_steps(self, number)
            return self.means.result(execution.names)

        self.train_function = train_function

    def make_test_function(self, force=False):
        """Sets `test_function(iterator)`: `steps_per_execution` batches or as many as are left."""
        execution = self._execution(self.steps_per_execution)

        def test_function(iterator):
            iterator = _drawing(iterator)
            for repeat in range(self.steps_per_execution):
                try:
                    self.means.add(*execution.test(iterator, tf.constant(self.tested)))
                    self.tested += 1
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
    if any(tensor.shape.rank and tensor.shape[0] is None for tensor in tf.nest.flatten(spec, expand_composites=True)):
        return 1  # the last batch may be smaller
    # Of a distributed data set it is a property.
    known = data.cardinality() if isinstance(data, tf.data.Dataset) else data.cardinality
    count = int(known) if steps_per_epoch is None else steps_per_epoch
    return max(divisor for divisor in range(1, most + 1) if count % divisor == 0) if count > 0 else 1
