"""SVRG: gradients less those of a snapshot of the weights on the same batch, whose mean over all batches is known.

    g_k(w) - g_k(w~) + mean over j of g_j(w~)                 k one of n batches, drawn anew each step; w~ the snapshot

is without bias for the mean of the n gradients, and has no variance where w = w~. After `every` steps w~ is the weights anew.

The sum is finite: a snapshot comes with a bank of n batches, of examples drawn without repetition and of all noise that a step
on them draws. Steps until the next snapshot are on batches of the bank, not on those that they are handed. The stale pass has
the weights, running statistics and schedules of the snapshot, and moves no statistics. In a game of generator and critic each
has its snapshot at the same step, and what a critic's several steps have in common is one mean.

A step costs two passes, and n / every more for the means. They are found between two executions, not in the compiled step.

Source: Johnson and Zhang, "Accelerating Stochastic Gradient Descent using Predictive Variance Reduction" (2013), figure 1; for
games Chavdarova et al., "Reducing Noise in GAN Training with Variance Reduced Extragradient" (2019), algorithm 2.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from zoo import noise, replicas
from zoo.data.batch import LABEL
from zoo.models.conditional import classes
from zoo.models.inputs import labelled
from zoo.models.schedule import at_step, schedule
from zoo.models.updates import Updates
from zoo.variance_reduction.reduced import Gathered, ReducedStep


class Svrg(ReducedStep):
    """A step whose gradients are corrected by those of a snapshot.

    Attributes:
      number: n, batches of the bank; rows: of the training split, int32 [n, batch].
      taken: the step of the snapshot, -1 before the first.
      snapshot, means: every variable of the model then; {network: mean gradients there}.
      scale: 1; or less, how much of the correction is taken (zoo/variance_reduction/alpha_svrg.py).
    """

    METHOD = "svrg"

    def __init__(self, arguments, reduced, every, batches, scale=1.0):
        model, objective, optimizers, _, options, data = arguments
        super().__init__(arguments, reduced, optimizers)
        self._check(objective, options, data)
        if every < 1 or batches < 0:
            raise ValueError(f"{self.METHOD}: every must be at least 1 and batches at least 0, found {every} and {batches}")
        self.every, self.scale = every, schedule(scale)
        self._means = functools.cache(self._compiled_means)
        first = {"trainable": False, "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA}
        parts = model.named_parts().values()
        self._live = list({id(v): v for part in parts for v in part.variables}.values())
        self.snapshot = [tf.Variable(v.numpy(), **first) for v in self._live]
        self.means = {
            name: [tf.Variable(np.zeros(v.shape, v.dtype), **first) for v in self.networks[name]] for name in self.reduced
        }
        self.taken = tf.Variable(-1, dtype=tf.int64, **first)
        if data:
            whole = data.size("train") // options.batch_size
            self.number = min(batches or whole, whole)
            self.rows = tf.Variable(np.zeros([self.number, options.batch_size], np.int32), **first)
            self.passes = (2 + self.number / every,) * 2

    def _check(self, objective, options, data):
        if data and not data.splits["train"].resident:
            raise ValueError(
                f"{self.METHOD} needs a finite data set in memory, and the training split of {data.name} is read from disk; "
                "set config.training.variance_reduction.name to ''"
            )
        if not hasattr(self.model, "prior_family"):
            raise ValueError(f"{self.METHOD}: the chains of objective {objective.name} make no finite sum; choose another")
        if options.micro_batches > 1:
            raise ValueError(f"{self.METHOD}: takes its batches whole; set config.training.micro_batches to 1")

    def own_state(self):
        """See zoo/variance_reduction/__init__.py."""
        found = {f"snapshot.{number}": variable for number, variable in enumerate(self.snapshot)} | {"taken": self.taken}
        found |= {f"mean.{name}.{number}": v for name, mean in self.means.items() for number, v in enumerate(mean)}
        return found | ({"rows": self.rows} if self.data else {})

    def prepare(self, strategy):
        """Takes a snapshot, with its bank and its mean gradients, if one is due."""
        self._need_data()
        now, taken = int(self.counter.numpy()), int(self.taken.numpy())
        if taken >= 0 and now - taken < self.every:
            return
        self.rows.assign(_bank(self, now))
        for kept, variable in zip(self.snapshot, self._live, strict=True):
            kept.assign(variable.value)
        self.taken.assign(now)
        for mean, found in zip(tf.nest.flatten(self.means), self._means(strategy)(), strict=True):
            mean.assign(found)

    def rows_of(self, step):
        """See Step: those of a batch of the bank; of an earlier bank too, since snapshots are `every` steps apart."""
        taken = int(self.taken.numpy())
        since = max(0, -(-(taken - step) // self.every)) * self.every
        return _bank(self, max(0, taken - since))[int(self._chosen(step))]

    def _need_data(self):
        if not self.data:
            raise ValueError(f"{self.METHOD} needs a finite data set: build the model with data=, or train it by zoo.train")

    def _compiled_means(self, strategy):
        """A compiled function: the means over the bank of the gradients at the snapshot, flat."""

        def shares(k):
            return tf.nest.flatten({name: _mean(several) for name, several in self._stale(*self._batch(k)).items()})

        def total(k, *sums):
            found = strategy.run(shares, args=(k,))
            return k + 1, *(
                a + strategy.reduce(tf.distribute.ReduceOp.SUM, b, axis=None) for a, b in zip(sums, found, strict=True)
            )

        def means():
            start = [tf.zeros(mean.shape, mean.dtype) for mean in tf.nest.flatten(self.means)]
            sums = tf.while_loop(lambda k, *_: k < self.number, total, (tf.constant(0), *start), parallel_iterations=1)[1:]
            return [value / self.number for value in sums]

        return tf.function(means, autograph=False, jit_compile=self.jit_compile and strategy.num_replicas_in_sync == 1)

    def _batch(self, k):
        """(x, seed) of a batch of the bank: this replica's slice."""
        count, replica = replicas.slices()
        rows = tf.reshape(tf.gather(self.rows.value(), k), [count, -1])[replica]
        batch = {self.data.key("train"): rows}
        if classes(self.model):
            batch[LABEL] = tf.gather(tf.constant(self.data.labels("train")), rows)
        first = functools.partial(noise.seed_for, self.options.seed, self.taken)
        seed = lambda word: tf.random.fold_in(first(f"bank/{word}"), k)  # noqa: E731
        return labelled(batch, self.model, self.data, seed, self.options.augmented), seed

    def _stale(self, x, seed):
        """{network: gradients at the snapshot, for each of its updates}, this replica's shares."""
        gathered = Gathered()
        with keras.StatelessScope([(v, tf.convert_to_tensor(kept)) for v, kept in zip(self._live, self.snapshot, strict=True)]):
            self.at_once(x, seed, gathered, self.taken)
        return {name: gathered.found[name] for name in self.reduced}

    def train(self, batch):
        """Takes one step, on a batch of the bank."""
        self._need_data()
        if not (isinstance(batch, dict) and self.data.key("train") in batch):
            raise ValueError(f"{self.METHOD} trains on batches of the model's own data set alone: give its data.batches(...)")
        updates = Updates(self)
        shown = self.at(self._chosen(self.counter), updates)
        return shown | updates.close() | self.shown_passes()

    def _chosen(self, step):
        k = noise.standard_uniform([], noise.seed_for(self.options.seed, step, "bank")) * self.number
        return tf.cast(k, tf.int32)

    def at(self, k, updates):
        """A step on batch k of the bank, which makes its updates by `updates`."""
        return self._corrected(*self._batch(k), updates)

    def _corrected(self, x, seed, updates):
        scale = at_step(self.scale, self.counter)
        return self.at_once(x, seed, _Corrected(updates, self._stale(x, seed), self.means, scale, self.taken >= 0))

    def estimate(self, x, seed):
        """See zoo/variance_reduction/__init__.py."""
        gathered = Gathered()
        self._corrected(x, seed, gathered)
        return {name: several[-1] for name, several in gathered.found.items()}

    def walk(self, x, seed):
        """See zoo/variance_reduction/__init__.py: the count moves, and with it the batch of the bank."""
        gathered = Gathered()
        self.at(self._chosen(self.counter), gathered)
        self.counter.assign_add(1)
        return {name: several[-1] for name, several in gathered.found.items()}


class _Corrected:
    """Updates by g - scale (stale - mean), a share of which each replica has; by g where there is no snapshot."""

    def __init__(self, updates, stale, means, scale, known):
        self.updates, self.means, self.scale, self.known = updates, means, scale, known
        self.stale = {name: iter(several) for name, several in stale.items()}

    def move(self, name, gradients, losses):
        """As zoo.models.updates.Updates."""
        if name in self.stale:
            mean = [value / replicas.count() for value in self.means[name]]
            every = zip(gradients, next(self.stale[name]), mean, strict=True)
            gradients = [g - self._share(g.dtype) * (old - center) for g, old, center in every]
        return self.updates.move(name, gradients, losses)

    def _share(self, dtype):
        # A Python number would be rounded to float32 by tf.cast.
        scale = tf.cast(self.scale, dtype) if tf.is_tensor(self.scale) else self.scale
        return scale * tf.cast(self.known, dtype)


def _bank(step, taken):
    """The rows of the bank of a step's snapshot at `taken`, [n, batch]."""
    drawn = np.random.default_rng([step.options.seed, taken]).permutation(step.data.size("train"))
    return drawn[: step.number * step.options.batch_size].reshape(step.rows.shape)


def _mean(several):
    return [tf.add_n(values) / len(several) for values in zip(*several, strict=True)]


def step(arguments, reduced, *, every: int = 20, batches: int = 20):
    """A step of SVRG.

    Args:
      arguments, reduced: see zoo/variance_reduction/__init__.py.
      every: steps from one snapshot to the next, a multiple of training.steps_per_execution. It should be small: of WGAN-GP on
        8x8 digits, 400 steps in, by Adam at 2e-4, the variance was 0.42, 0.69 and 1.14 of the plain gradient's 5, 20 and 50
        steps after a snapshot.
      batches: n of the bank, at most those of the training split; 0: all of them. Their mean has 1/n of a batch's variance.

    Raises:
      ValueError: one line, for numbers out of their range, or a model that has no finite sum.
    """
    return Svrg(arguments, reduced, every, batches)
