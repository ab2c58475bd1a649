"""The model with two ways to sample, and the step that trains both: wake and sleep.

    wake    x from the data, z ~ Q(z|x)
    sleep   z ~ P(z), x ~ P(x|z)

One step draws both pairs, moves the critics on them (held fixed), and then takes one gradient step on the sum of the wake
and the sleep loss. A forward pass that drew a pair also scores it, and the critic's generated batch is the sleep pair.
"""

import contextlib
import functools

import keras
import tensorflow as tf

from zoo import noise
from zoo.models.averages import Averages
from zoo.models.contrasts import CONTRASTS
from zoo.models.descent import Descent
from zoo.models.execution import Executions, gradient, share
from zoo.models.micro_batches import total
from zoo.models.optimizer import optimizer
from zoo.models.pair import Pair

# What is shown of a phase: name -> (field of the pair, sign). Reconstructions and the prior's term are costs, in nats.
SHOWN = {
    "wake": {"reconstruction": ("log_p_x_given_z", -1), "prior": ("true_log_p_z", -1), "posterior": ("log_q_z_given_x", 1)},
    "sleep": {
        "reconstruction": ("log_q_z_given_x", -1),
        "likelihood": ("log_p_x_given_z", 1),
        "critic": ("log_q_x", 1),
    },
}


class TwoPhaseModel(Executions, keras.Model):
    """A symmetric latent-variable model: Q(z|x), P(x|z), P(z), and what stands in for log Q(x).

    Train it with `fit` on a dataset of batches x (float, [batch, *event_shape]), or of what `data.batches` yields. A model
    without encoder is a GAN: it samples only from P.

    Attributes:
      encoder, decoder: networks; encoder may be None.
      posterior_family, likelihood_family, prior_family: what makes distributions of their outputs.
      approximators: name ("log_q_x") -> what stands in for it.
      objective: the phase losses.
      event_shape, latent_size: of one x, and of one z.
      step: steps taken, int64.
      skipped: updates of a network that were skipped, int64; see zoo/models/descent.py.
      fault: step and index in `train_terms` of the first value that was not finite, or -1 twice; int64 [2].
    """

    def __init__(
        self, *, encoder, posterior, decoder, likelihood, prior, approximators, objective, event_shape, latent_size, options
    ):
        super().__init__()
        self.encoder = encoder
        self.posterior_family = posterior
        self.decoder = decoder
        self.likelihood_family = likelihood
        self.prior_family = prior
        self.approximators = approximators
        self.objective = objective
        self.event_shape = tuple(event_shape)
        self.latent_size = latent_size
        self.options = options
        # The data set that decodes index vectors, and what turns pixels into x; neither is needed for batches of x.
        self.data = self.preprocessing = None
        self.averages = None
        self.step = tf.Variable(
            0, dtype=tf.int64, trainable=False, name="step", aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA
        )
        self.skipped = tf.Variable(0, dtype=tf.int64, trainable=False, name="skipped")
        self.fault = tf.Variable([-1, -1], dtype=tf.int64, trainable=False, name="fault")
        self.built = True

    # The three distributions, and what can be done with them.

    def posterior(self, x, training=False):
        """Q(z|x) at x [batch, *event_shape]: a tfd with event [latent_size]."""
        return _distribution(self.posterior_family, self.encoder(x, training=training), training)

    def likelihood(self, z, training=False):
        """P(x|z) at z [..., latent_size]: a tfd with event `event_shape`."""
        z = tf.convert_to_tensor(z)
        # Of a code of several layers only the lowest is decoded.
        (decoded,) = self.decoder.input_shape[1:]
        outputs = self.decoder(tf.reshape(z[..., :decoded], [-1, decoded]), training=training)
        if z.shape.rank > 2:
            outputs = tf.reshape(outputs, tf.concat([tf.shape(z)[:-1], outputs.shape[1:]], 0))
        return _distribution(self.likelihood_family, outputs, training)

    def prior(self):
        """P(z): a tfd with event [latent_size] and no batch."""
        return self.prior_family.distribution()

    def generate(self, z):
        """The mean of P(x|z), [batch, *event_shape]."""
        return self.likelihood(z).mean()

    def sample(self, num_samples, seed, observation_noise=False):
        """x from the model: z ~ P(z), then the mean of P(x|z), or x ~ P(x|z) with `observation_noise`.

        Args:
          num_samples: how many.
          seed: an integer, or an integer tensor.
        """
        likelihood = self.likelihood(self.prior().sample(num_samples, seed=noise.seed_for(0, seed, "prior")))
        return likelihood.sample(seed=noise.seed_for(0, seed, "likelihood")) if observation_noise else likelihood.mean()

    def reconstruct(self, x):
        """The mean of P(x|z) at the mode of Q(z|x), [batch, *event_shape]."""
        return self.generate(self.posterior(x).mode())

    def log_densities(self, x, z):
        """The log-densities at given pairs, in nats: a `Pair` (zoo/models/pair.py), in inference mode."""
        return Pair(self, x, z)

    def call(self, x):
        """The reconstruction of x."""
        return self.reconstruct(x)

    # What the model consists of.

    def variables_of(self, name):
        """The trainable variables of a network: encoder, decoder, prior, or an approximator's name."""
        parts = {
            "encoder": (self.encoder, self.posterior_family),
            "decoder": (self.decoder, self.likelihood_family),
            "prior": (self.prior_family,),
        }.get(name) or (self.approximators[name],)
        return [variable for part in parts if part is not None for variable in part.trainable_variables]

    @property
    def networks(self):
        """The names under which parts are trained, each by an optimizer of its own."""
        return [name for name in ("encoder", "decoder", "prior", *self.approximators) if self.variables_of(name)]

    def has(self, field):
        """Whether a pair of this model has the field (log_p_x_given_z, ...)."""
        return {
            "log_p_x_given_z": self.likelihood_family.DENSITY,
            "log_p_z": self.prior_family.DENSITY,
            "true_log_p_z": self.prior_family.DENSITY,
            "log_q_z_given_x": self.encoder is not None and self.posterior_family.DENSITY,
        }.get(field, field in self.approximators)

    @property
    def has_likelihood_bound(self):
        """Whether the model has an evidence lower bound: a posterior, and densities all round."""
        return all(self.has(field) for field in ("log_p_x_given_z", "log_p_z", "log_q_z_given_x"))

    def compile(self, optimizers, steps_per_execution=1, jit_compile=False):
        """Prepares for `fit`.

        Args:
          optimizers: network name -> section of the config (name, learning_rate, ...).
          steps_per_execution: steps that run in one call of a compiled function.
          jit_compile: whether that function is compiled by XLA.
        """
        super().compile(optimizer=None, steps_per_execution=steps_per_execution, jit_compile=jit_compile)
        self.optimizers = {name: optimizer(optimizers[name]) for name in self.networks}
        for name, chosen in self.optimizers.items():
            # The slots' order in a checkpoint is the order of this list.
            chosen.build(self.variables_of(name))
            # The step has summed the gradients over the replicas before it clips them; once is enough.
            chosen._all_reduce_sum_gradients = list
        if self.options.ema:
            weights = [variable for name in self.networks for variable in self.variables_of(name)]
            self.averages = Averages(weights, self.options.ema)

    def averaged(self):
        """A context in which the weights are their averages, where the model keeps averages (config.training.ema)."""
        return self.averages.instead() if self.averages else contextlib.nullcontext()

    def evaluate(self, *args, **kwargs):
        """keras.Model.evaluate, of the averaged weights where there are any."""
        with self.averaged():
            return super().evaluate(*args, **kwargs)

    # What `fit` shows.

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

    # One step.

    def examples(self, batch, split, seed):
        """x in the model's range: floats are x already, anything else is for the data set to decode."""
        batch = batch[0] if isinstance(batch, tuple) else batch
        return batch if batch.dtype.is_floating else self.data.decode(split, batch, seed)

    def wake_pair(self, x, seed, training=True, prior=None):
        """(x, z) ~ Q: z drawn from the posterior at x; without posterior z is None."""
        if self.encoder is None:
            return Pair(self, x, None, training=training)
        posterior = self.posterior(x, training=training)
        samples = [self.options.num_samples] if training and self.objective.several_samples else []
        z = self._passed(noise.draw(posterior, seed("posterior"), samples))
        return Pair(
            self, x, z, posterior=posterior, prior=prior, training=training, smooth_x=training * self.options.kld_scale_x
        )

    def sleep_pair(self, size, seed, purpose="", training=True, prior=None):
        """(x, z) ~ P: `size` codes from the prior, and x drawn from the likelihood at them."""
        if prior is None:
            prior = self.prior()
        z = self._passed(noise.draw_batch(prior, size, seed(f"prior{purpose}")))
        likelihood = self.likelihood(z, training=training)
        x = self._passed(noise.draw(likelihood, seed(f"likelihood{purpose}")))
        if s := self.options.noise_z:
            z = (1 - s**2) ** 0.5 * z + s * noise.normal(tf.shape(z), seed(f"noise_z{purpose}"), z.dtype)
        return Pair(
            self, x, z, likelihood=likelihood, prior=prior, training=training, smooth_z=training * self.options.kld_scale_z
        )

    def _passed(self, sample):
        return tf.stop_gradient(sample) if self.objective.held_fixed else sample

    def train_step(self, batch):
        """Draw x; move the critics; wake; sleep. Returns what is shown: name -> share of the mean over the global batch."""
        seed = functools.partial(noise.seed_for, self.options.seed, self.step)
        x = self.examples(batch, "train", seed("data"))
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

    @property
    def moved(self):
        """The networks that the objective's phases train, without the approximators."""
        moved = {name for phase in self.objective.phases for name in self.objective.moves(phase)}
        return [name for name in self.networks if name in moved]

    def test_step(self, batch, mask):
        """Terms on held-out examples, one z each: name -> sum over the examples that the mask keeps.

        The noise is the same at each validation, so that two validations differ by the weights only.
        """
        seed = functools.partial(noise.seed_for, self.options.seed, 0)
        pair = self.wake_pair(self.examples(batch, "validation", seed("validation")), seed, training=False)
        terms = {"log_q_x": pair.log_q_x} if self.has("log_q_x") else {}
        if self.has_likelihood_bound:
            terms["distortion"] = -pair.log_p_x_given_z
            terms["rate"] = pair.log_q_z_given_x - pair.true_log_p_z
            terms["negative_elbo"] = terms["distortion"] + terms["rate"]
        return {name: tf.reduce_sum(tf.cast(value, mask.dtype) * mask) for name, value in terms.items()}


def _size(x):
    """The local batch: a number where it is known, since XLA wants to know."""
    return tf.shape(x)[0] if x.shape[0] is None else x.shape[0]


def _distribution(family, parameters, training):
    """In training a family may put another distribution in place of its own, one whose samples are pathwise."""
    made_in_training = getattr(family, "training_distribution", family.distribution)
    return (made_in_training if training else family.distribution)(parameters)
