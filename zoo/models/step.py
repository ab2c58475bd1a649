"""One step of training: pairs, stand-ins, losses, gradients, updates.

    batch -> x        the data set decodes it
          -> pairs    of every kind that the objective has a loss on (zoo/models/pairs.py)
          -> critics  what stands in for log-densities moves, on pairs held fixed (zoo/stand_ins.py)
          -> losses   of the objective, by the log-densities of its pairs (zoo/models/objective.py)
          -> gradients of each network (zoo/models/gradients.py)
          -> updates  guarded, clipped, one for each network (zoo/models/updates.py)

A forward pass that drew a pair also scores it, and the critic's generated batch is the sleep pair. Several critic steps see
generated batches of their own and one real batch; Arjovsky et al. (2017) and Gulrajani et al. (2017) draw a fresh one for each.
"""

import functools

import tensorflow as tf

from zoo import noise, replicas
from zoo.data import order
from zoo.models import micro_batches, terms
from zoo.models.averages import Averages
from zoo.models.conditional import given
from zoo.models.critics import Critics
from zoo.models.gradients import by_network
from zoo.models.inputs import labelled
from zoo.models.pairs import Pairs
from zoo.models.updates import Updates


class Step(tf.Module):
    """Trains a model by an objective.

    Attributes:
      model, objective: a LatentVariableModel, an Objective.
      optimizers, drawing: {name: of the network}, made by zoo.models.optimizer; how pairs are drawn, a Drawing.
      data: the data set whose batches it decodes, a zoo.data.Dataset; None for batches of x alone.
      counter, skipped: steps taken; updates of a network that were skipped (zoo/models/updates.py); int64.
      fault: step and index in `train_terms` of the first value that was not finite, or -1 twice; int64 [2].
      averages, jit_compile: of the weights, or None; whether XLA compiles it.
      train_terms, test_terms: names of what a step, and a validation, shows (zoo/models/terms.py).
    """

    def __init__(self, model, objective, optimizers, drawing, options, data=None):
        super().__init__()
        self.model, self.objective, self.drawing, self.options, self.data = model, objective, drawing, options, data
        self.optimizers, self.jit_compile = optimizers, False
        for name, optimizer in optimizers.items():
            # The slots' order in a checkpoint is the order of this list.
            optimizer.build(self.networks[name])
        of_side = {side: [name for name in names if name in self.networks] for side, names in model.SIDES.items()}
        self.moves = {phase: [n for side in objective.moves(phase) for n in of_side[side]] for phase in objective.phases}
        once = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.counter = tf.Variable(0, dtype=tf.int64, trainable=False, name="step", aggregation=once)
        self.skipped = tf.Variable(0, dtype=tf.int64, trainable=False, name="skipped")
        self.fault = tf.Variable([-1, -1], dtype=tf.int64, trainable=False, name="fault")
        weights = [variable for variables in self.networks.values() for variable in variables]
        self.averages = Averages(weights, options.ema) if options.ema else None
        self.train_terms, self.test_terms = terms.names_in_training(self), terms.names_in_validation(model)

    @property
    def networks(self):
        """{name: variables} that are trained; what `trainable=False` has frozen is not among them."""
        return self.model.networks()

    @property
    def moved(self):
        """The networks that the objective trains, without the approximators."""
        return [name for name in self.networks if any(name in names for names in self.moves.values())]

    def rows_of(self, step):
        """The rows of the training split that a step of a run was on, int32 [batch]: a function of the seed and the step."""
        return order.shuffled_batch(step, self.options.batch_size, self.data.size("train"), self.options.seed).numpy()

    def pairs(self, x, seed, part=replicas.WHOLE):
        """The pairs of a batch, each drawn when first asked for. `seed`: word -> seed."""
        return Pairs(*given(self.model, x), seed, self.drawing, part)

    def losses(self, pairs, at=None):
        """{phase: loss [batch], in nats}; schedules are at the step's count, or at another one."""
        drawn = {phase: pairs[phase] for phase in self.objective.phases}  # all of them before any is scored
        return {phase: self.objective.loss(phase, pair, self.counter if at is None else at) for phase, pair in drawn.items()}

    def train(self, batch):
        """Takes one step. Returns what is shown: name -> share of the mean over the global batch."""
        seed = functools.partial(noise.seed_for, self.options.seed, self.counter)
        x = labelled(batch, self.model, self.data, seed, self.options.augmented)
        updates = Updates(self)
        shown = (self.at_once if self.options.micro_batches == 1 else self._by_parts)(x, seed, updates)
        return shown | updates.close()

    def at_once(self, x, seed, updates, at=None):
        """One step on x [batch, ...], by what makes its updates. Returns what is shown."""
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(self.weights())
            pairs = self.pairs(x, seed)
            shown = Critics(self, seed, updates).move(lambda function: function(pairs))
            losses = self.losses(pairs, at)
        return shown | self._move(*self._gradients(tape, losses, pairs), updates)

    def _by_parts(self, x, seed, updates):
        """The same step; each update sums its gradients over the parts of the batch, whose pairs are drawn once more."""

        def total(function):
            by_part = lambda x, part: function(self.pairs(x, seed, part))  # noqa: E731
            return micro_batches.total(by_part, x, self.options.micro_batches)

        def of_networks(pairs):
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch(self.weights())
                losses = self.losses(pairs)
            return self._gradients(tape, losses, pairs)

        shown = Critics(self, seed, updates).move(total)
        return shown | self._move(*total(of_networks), updates)

    def weights(self):
        """The values of what the objective moves, for a tape to watch."""
        return [variable.value for name in self.moved for variable in self.networks[name]]

    def _gradients(self, tape, losses, pairs):
        return by_network(tape, losses, self.moves, self.networks, pairs.part), terms.of_phases(losses, pairs)

    def _move(self, gradients, shown, updates):
        for name, gradient in gradients.items():
            losses = [f"{phase}/loss" for phase in self.objective.phases if name in self.moves[phase]]
            shown = shown | updates.move(name, gradient, {loss: shown[loss] for loss in losses})
        return shown
