"""A baseline on the cotangent: what a small network foresees of the generator's gradient, with no stale copy of a network.

The generator's gradient through its samples x is J^T g, with g = d loss / dx (the pathwise cotangent, of a GAN -grad f(x)) and
J = dx/dphi. A network h(x, z) learns to foresee g. What it foresees is taken out, and put back as a mean:

    mean over the batch of J^T (g - h) + w

    moving_average    w <- beta w + (1 - beta) J^T h, after it was used. The bias is w - E[J^T h], and
                      E[w_t] = beta^t w_0 + (1 - beta^t) E[J^T h] while everything else is frozen. h = 0 is the plain gradient,
                      h = g is momentum, dampened. A batch's noise is put off, not removed: over many steps it is all there.
    fresh_batches     w is the mean of J^T h over fresh samples, which no critic sees: without bias.

h is used before it learns from the batch. All else that moves the generator stays as it is. A step costs a vector-Jacobian
product of the generator and one of what scores x more, and those of the fresh batches.

Source: "Symmetric variational loss and GAN" (2017), Problem 1, names it; the form is this project's.
"""

import math

import keras
import tensorflow as tf

from zoo import registry, replicas
from zoo.models.gradients import gradient
from zoo.models.optimizer import optimizer
from zoo.models.pairs import Pairs
from zoo.variance_reduction.reduced import ReducedStep

CORRECTIONS = ("moving_average", "fresh_batches")
TERMS = ("baseline/squared_error", "baseline/squared_cotangent")


class CotangentBaseline(ReducedStep):
    """A step that takes out of the generator's gradient what a network foresees.

    Attributes:
      baseline: h, of x and z in one row.
      means: {network: w}; empty where fresh batches take its place.
      field: what of the sleep pair is x: "mean_x" where the critic reads means.
    """

    METHOD = "cotangent_baseline"

    def __init__(self, arguments, reduced, network, learning_rate, correction, number):
        model = arguments[0]
        super().__init__(arguments, reduced, model.SIDES["P"], TERMS)
        self._check()
        self.number = number
        self.field = getattr(model.approximators.get("log_q_x"), "field", "x")
        size = math.prod(model.event_shape) + model.latent_size
        self.baseline = registry.make("network", network, (size,), model.event_shape)
        for variable in self.baseline.trainable_variables[-2:]:  # of the last layer: h begins at 0, the plain gradient
            variable.assign(tf.zeros(variable.shape, variable.dtype))
        self.optimizer = optimizer({"name": "Adam", "learning_rate": learning_rate})
        self.optimizer.build(self.baseline.trainable_variables)
        once, running = tf.VariableAggregation.ONLY_FIRST_REPLICA, correction == "moving_average"
        zeros = lambda v: tf.Variable(tf.zeros(v.shape, v.dtype), trainable=False, aggregation=once)  # noqa: E731
        self.means = {name: [zeros(v) for v in self.networks[name]] for name in self.reduced if running}
        self.passes = (1.0, 2.0) if running else (1.0 + number, 2.0 + number)

    def _check(self):
        name = self.objective.name
        if "sleep" not in self.objective.phases or self.objective.held_fixed or not self.reduced:
            raise ValueError(
                f"{self.METHOD}: no gradient passes through samples of P to its weights in objective {name}; choose another"
            )
        if self.options.micro_batches > 1:
            raise ValueError(f"{self.METHOD}: takes its batches whole; set config.training.micro_batches to 1")

    def own_state(self):
        """See zoo/variance_reduction/__init__.py."""
        found = {f"mean.{name}.{number}": v for name, mean in self.means.items() for number, v in enumerate(mean)}
        learned = [*self.baseline.variables, *self.optimizer.variables]
        return found | {f"baseline.{number}": variable for number, variable in enumerate(learned)}

    def foreseen(self, x, z):
        """h(x, z), of the shape of x."""
        return self.baseline(tf.concat([tf.reshape(x, [tf.shape(x)[0], -1]), z], 1))

    def train(self, batch):
        """Takes one step."""
        return super().train(batch) | self.shown_passes()

    def _gradients(self, tape, losses, pairs):
        gradients, shown = super()._gradients(tape, losses, pairs)
        corrected, known = self._corrected(gradients, tape, losses, pairs)
        # After their use.
        if self.means:
            self._average(known["removed"])
        return corrected, shown | self._learn(known)

    def _corrected(self, gradients, tape, losses, pairs):
        """({network: J^T (g - h) + w and the rest}, what h and w learn from): this replica's shares."""
        pair = pairs["sleep"]
        x = getattr(pair, self.field)
        of_phases = [tape.gradient(loss, x) for phase, loss in losses.items() if self._moves(phase)]
        found = [cotangent for cotangent in of_phases if cotangent is not None]
        if not found:
            raise ValueError(f"{self.METHOD}: no loss of objective {self.objective.name} depends on samples of P")
        fixed_x, fixed_z = tf.stop_gradient(x), tf.stop_gradient(pair.z)
        h = self.foreseen(fixed_x, fixed_z)
        removed = self._through(tape, x, h)
        returned = {n: [m / replicas.count() for m in mean] for n, mean in self.means.items()} or self._of_fresh(pairs)
        changed = {
            name: [g - out + back for g, out, back in zip(gradients[name], removed[name], returned[name], strict=True)]
            for name in self.reduced
        }
        return gradients | changed, {"removed": removed, "x": fixed_x, "z": fixed_z, "cotangent": tf.add_n(found)}

    def _moves(self, phase):
        return any(name in self.moves[phase] for name in self.reduced)

    def _through(self, tape, x, h):
        """{network: J^T h, the mean over the global batch}, this replica's share."""
        weight = tf.cast(tf.shape(x)[0] * replicas.count(), h.dtype)
        flat = [variable.value for name in self.reduced for variable in self.networks[name]]
        found = iter(tape.gradient(x, flat, output_gradients=h / weight, unconnected_gradients="zero"))
        return {name: [next(found) for _ in self.networks[name]] for name in self.reduced}

    def _of_fresh(self, pairs):
        """{network: the mean of J^T h over fresh samples}; what a pass does to statistics is forgotten."""
        sums = []
        for number in range(self.number):
            seed = lambda word, number=number: pairs.seed(f"fresh/{number}/{word}")  # noqa: E731
            with keras.StatelessScope(), tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(self.weights())
                pair = Pairs(pairs.model, pairs.x, seed, self.drawing)["sleep"]
                x = getattr(pair, self.field)
            sums.append(self._through(tape, x, self.foreseen(tf.stop_gradient(x), tf.stop_gradient(pair.z))))
        return tf.nest.map_structure(lambda *several: tf.add_n(several) / self.number, *sums)

    def _average(self, removed):
        """w <- beta w + (1 - beta) J^T h, unless that is not finite."""
        flat = replicas.total(tf.nest.flatten(removed))
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(value)) for value in flat])
        for mean, value in zip(tf.nest.flatten(self.means), flat, strict=True):
            mean.assign(tf.where(finite, self.number * mean + (1 - self.number) * value, mean))

    def _learn(self, known):
        """Moves h towards g by the mean over the batch of |g - h|^2. Returns what is shown."""
        g, variables, axes = known["cotangent"], self.baseline.trainable_variables, tuple(range(1, known["x"].shape.rank))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            error = tf.reduce_sum(tf.square(self.foreseen(known["x"], known["z"]) - g), axes)
        slopes = replicas.total(gradient(tape, error, variables))
        accepted = tf.reduce_all([tf.reduce_all(tf.math.is_finite(slope)) for slope in slopes])
        self.optimizer.apply_if(accepted, slopes, variables)
        return dict(zip(TERMS, (replicas.share(error), replicas.share(tf.reduce_sum(tf.square(g), axes))), strict=True))

    def estimate(self, x, seed):
        """See zoo/variance_reduction/__init__.py."""
        return self._estimated(x, seed)[0]

    def walk(self, x, seed):
        """See zoo/variance_reduction/__init__.py: w moves, h stays."""
        found, known = self._estimated(x, seed)
        if self.means:
            self._average(known["removed"])
        return found

    def _estimated(self, x, seed):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(self.weights())
            pairs = self.pairs(x, seed)
            losses = self.losses(pairs)
        return self._corrected(super()._gradients(tape, losses, pairs)[0], tape, losses, pairs)


def step(
    arguments,
    reduced,
    *,
    correction: str = "moving_average",
    beta: float = 0.9,
    fresh: int = 4,
    hidden_sizes: tuple = (128,),
    activation: str = "relu",
    learning_rate: float = 1e-3,
):
    """A step with a baseline on the generator's cotangent.

    Args:
      arguments, reduced: see zoo/variance_reduction/__init__.py.
      correction: moving_average or fresh_batches.
      beta: of the moving average, from 0 to below 1.
      fresh: fresh batches a step.
      hidden_sizes, activation: of h, dense layers (zoo/networks/mlp.py).
      learning_rate: of h, which learns by Adam.

    Raises:
      ValueError: one line, for numbers out of their range, or an objective without a gradient through samples of P.
    """
    if correction not in CORRECTIONS:
        raise ValueError(f"cotangent_baseline: correction must be one of {', '.join(CORRECTIONS)}, found {correction!r}")
    if not (0 <= beta < 1 and fresh >= 1 and learning_rate > 0):
        raise ValueError(
            "cotangent_baseline: beta must be in [0, 1), fresh at least 1 and learning_rate above 0, found "
            f"{beta}, {fresh} and {learning_rate}"
        )
    network = {"name": "mlp", "hidden_sizes": hidden_sizes, "activation": activation}
    number = beta if correction == "moving_average" else fresh
    return CotangentBaseline(arguments, reduced, network, learning_rate, correction, number)
