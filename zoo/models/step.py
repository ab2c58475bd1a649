"""One step of a model with two phases: wake and sleep.

It draws both pairs, moves the critics on them (held fixed), and then takes one gradient step on the sum of the wake and the
sleep loss. A forward pass that drew a pair also scores it, and the critic's generated batch is the sleep pair.

Several critic steps of one iteration see generated batches of their own and the iteration's one real batch. Arjovsky et al.
(2017) and Gulrajani et al. (2017) draw a fresh real batch for each.
"""

import contextlib
import functools

import tensorflow as tf

from zoo import noise
from zoo.models.contrasts import CONTRASTS
from zoo.models.descent import Descent
from zoo.models.execution import gradient, share
from zoo.models.micro_batches import total

# What is shown of a phase: name -> (field of the pair, sign). Reconstructions and the prior's term are costs, in nats.
SHOWN = {
    "wake": {"reconstruction": ("log_p_x_given_z", -1), "prior": ("true_log_p_z", -1), "posterior": ("log_q_z_given_x", 1)},
    "sleep": {
        "reconstruction": ("log_q_z_given_x", -1),
        "likelihood": ("log_p_x_given_z", 1),
        "critic": ("log_q_x", 1),
    },
}


class Steps:
    """Mixed into a model that has distributions, draws pairs and names its networks; zoo/models/execution.py runs the steps."""

    @property
    def train_terms(self):
        """The names of what a training step shows: terms of the phases, of the approximators, and gradient norms."""
        terms = [f"{phase}/loss" for phase in self.objective.phases]
        for phase in self.objective.phases:
            terms += [f"{phase}/{name}" for name, (field, _) in SHOWN[phase].items() if self.has(field)]
        for name, approximator in self.approximators.items():
            terms += [f"{name}/{term}" for term in approximator.TERMS]
        trained = [name for name in self.networks if name in self.moved or name in self.approximators]
        return terms + [f"gradient_norm/{name}" for name in trained] + ["skipped_updates"]

    @property
    def test_terms(self):
        """The names of what a test step shows; empty for a model with neither a bound nor a critic."""
        bound = ["negative_elbo", "distortion", "rate"] if self.has_likelihood_bound else []
        return bound + (["log_q_x"] if self.has("log_q_x") else [])

    def train_step(self, batch):
        """Draw x; move the critics; wake; sleep. Returns what is shown: name -> share of the mean over the global batch."""
        seed = functools.partial(noise.seed_for, self.options.seed, self.step)
        x = self.examples(batch, seed("data"))
        if self.options.noise_x:
            x += self.options.noise_x * noise.normal(tf.shape(x), seed("noise_x"), x.dtype)
        descent = Descent(self)
        if self.options.micro_batches > 1:
            return self._step_by_parts(x, seed, descent) | descent.close()
        with self._tape() as tape:
            pairs = self._pairs(x, seed)
            shown = self._move_critics(pairs, seed, descent)
            losses = self._phase_losses(pairs)
        gradients, terms = self._gradients(tape, losses), self._terms(losses, pairs)
        return shown | terms | self._move_networks(gradients, terms, descent) | descent.close()

    def _step_by_parts(self, x, seed, descent):
        """The same step; each update sums its gradients over the parts of the batch, whose pairs are drawn once more."""
        shown, parts = {}, self.options.micro_batches
        for name in self.approximators:
            for repeat in range(self.options.critic_steps[name]):
                of_critic = functools.partial(self._critic_gradients_of_part, name, repeat, seed)
                shown |= self._move_critic(name, *total(of_critic, x, parts), descent)

        def of_networks(part):
            with self._tape() as tape:
                pairs = self._pairs(part, seed)
                losses = self._phase_losses(pairs)
            return self._gradients(tape, losses), self._terms(losses, pairs)

        gradients, terms = total(of_networks, x, parts)
        return shown | terms | self._move_networks(gradients, terms, descent)

    def _critic_gradients_of_part(self, name, repeat, seed, x):
        return self._critic_gradients(name, repeat, self._pairs(x, seed), seed)

    @contextlib.contextmanager
    def _tape(self):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch([variable.value for name in self.moved for variable in self.variables_of(name)])
            yield tape

    def _pairs(self, x, seed):
        prior = self.prior()
        pairs = {"wake": self.wake_pair(x, seed, prior=prior)}
        if "sleep" in self.objective.phases or self.approximators:
            pairs["sleep"] = self.sleep_pair(_size(x), seed, prior=prior)
        return pairs

    def _phase_losses(self, pairs):
        return {phase: self.objective.loss(phase, pairs[phase], self.step) for phase in self.objective.phases}

    def _terms(self, losses, pairs):
        terms = {f"{phase}/loss": share(loss) for phase, loss in losses.items()}
        for phase in losses:
            fields = {name: at for name, at in SHOWN[phase].items() if self.has(at[0])}
            terms |= {f"{phase}/{name}": share(sign * getattr(pairs[phase], field)) for name, (field, sign) in fields.items()}
        return terms

    def _move_critics(self, pairs, seed, descent):
        shown = {}
        for name in self.approximators:
            for repeat in range(self.options.critic_steps[name]):
                shown |= self._move_critic(name, *self._critic_gradients(name, repeat, pairs, seed), descent)
        return shown

    def _critic_gradients(self, name, repeat, pairs, seed):
        """(gradients, what is shown) of one step of a critic, which sees the pairs held fixed."""
        # The last step's generated batch is the one the sleep phase trains on; those before draw their own.
        last = repeat == self.options.critic_steps[name] - 1
        sleep = pairs["sleep"] if last else self._fresh_sleep_pair(pairs, seed, f"/{name}/{repeat}")
        high, low = CONTRASTS[name](pairs["wake"], sleep)
        variables = self.variables_of(name)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            terms = self.approximators[name].losses(high.held_fixed(), low.held_fixed(), seed(f"{name}/{repeat}"))
        shown = {f"{name}/{term}": share(value) for term, value in terms.items()}
        return gradient(tape, terms["loss"], variables) if variables else [], shown

    def _fresh_sleep_pair(self, pairs, seed, purpose):
        return self.sleep_pair(_size(pairs["wake"].x), seed, purpose, prior=pairs["sleep"].prior)

    def _move_critic(self, name, gradients, shown, descent):
        if gradients:
            shown |= descent.move(name, gradients, {f"{name}/loss": shown[f"{name}/loss"]})
        self.approximators[name].constrain()
        return shown

    def _gradients(self, tape, losses):
        """Network -> gradients of the sum of the phases that move it."""
        total_of = {}
        for phase, loss in losses.items():
            variables = [variable for name in self.objective.moves(phase) for variable in self.variables_of(name)]
            for variable, value in zip(variables, gradient(tape, loss, variables), strict=True):
                if value is not None:
                    # By identity: two networks may hold layers of the same name.
                    total_of[id(variable)] = total_of[id(variable)] + value if id(variable) in total_of else value
        variables = {name: self.variables_of(name) for name in self.moved}
        if missing := [v.path for group in variables.values() for v in group if id(v) not in total_of]:
            raise ValueError(f"objective {self.objective.name} gives no gradient to {', '.join(missing)}")
        return {name: [total_of[id(variable)] for variable in group] for name, group in variables.items()}

    def _move_networks(self, gradients, terms, descent):
        shown = {}
        for name, found in gradients.items():
            losses = [f"{phase}/loss" for phase in self.objective.phases if name in self.objective.moves(phase)]
            shown |= descent.move(name, found, {loss: terms[loss] for loss in losses})
        return shown

    def test_step(self, batch, mask):
        """Terms on held-out examples, one z each: name -> sum over the examples that the mask keeps.

        The noise is the same at each validation, so that two validations differ by the weights only.
        """
        seed = functools.partial(noise.seed_for, self.options.seed, 0)
        pair = self.wake_pair(self.examples(batch, seed("validation")), seed, training=False)
        terms = {"log_q_x": pair.log_q_x} if self.has("log_q_x") else {}
        if self.has_likelihood_bound:
            terms["distortion"] = -pair.log_p_x_given_z
            terms["rate"] = pair.log_q_z_given_x - pair.true_log_p_z
            terms["negative_elbo"] = terms["distortion"] + terms["rate"]
        return {name: tf.reduce_sum(tf.cast(value, mask.dtype) * mask) for name, value in terms.items()}


def _size(x):
    """The local batch: a number where it is known, since XLA wants to know."""
    return tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
