"""The model with two ways to sample: its distributions, the pairs (x, z) that it draws, and its networks.

    wake    x from the data, z ~ Q(z|x)
    sleep   z ~ P(z), x ~ P(x|z)

zoo/models/step.py has the step that trains both.
"""

import contextlib

import keras
import tensorflow as tf

from zoo import noise
from zoo.data.batch import X
from zoo.models.averages import Averages
from zoo.models.execution import Executions
from zoo.models.optimizer import optimizer
from zoo.models.pair import Pair
from zoo.models.step import Steps


class TwoPhaseModel(Steps, Executions, keras.Model):
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

    # The pairs that it draws.

    def examples(self, batch, seed):
        """x in the model's range: a data set's batch, which knows its split, is decoded; floats are x already.

        Of a tuple (x, y) only x counts, and of a dictionary {"x": x, ...} too; integers are raw examples.
        """
        batch = batch[0] if isinstance(batch, tuple) else batch
        if isinstance(batch, dict) and X not in batch:
            return self.data.decode(batch, seed)
        batch = batch[X] if isinstance(batch, dict) else batch
        return batch if batch.dtype.is_floating else self.preprocessing(batch, seed)

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

    @property
    def moved(self):
        """The networks that the objective's phases train, without the approximators."""
        moved = {name for phase in self.objective.phases for name in self.objective.moves(phase)}
        return [name for name in self.networks if name in moved]

    # What evaluation asks of every model that it measures: zoo/evaluation/subject.py. Its bounds are from its distributions.

    has_distributions = True
    bounds = None

    @property
    def has_posterior(self):
        """Whether there is Q(z|x)."""
        return self.encoder is not None

    @property
    def code_support(self):
        """What z is: "real" or "binary"."""
        return self.prior_family.SUPPORT

    @property
    def likelihood_support(self):
        """What P(x|z) is a density ("real", "unit") or a probability ("binary", "levels") of."""
        return "levels" if hasattr(self.likelihood_family, "levels") else self.likelihood_family.SUPPORT

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


def _distribution(family, parameters, training):
    """In training a family may put another distribution in place of its own, one whose samples are pathwise."""
    made_in_training = getattr(family, "training_distribution", family.distribution)
    return (made_in_training if training else family.distribution)(parameters)
