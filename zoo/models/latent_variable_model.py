"""The model with two ways to sample: its distributions, the networks that it consists of, and what stands in for log-densities.

    wake    x from the data, z ~ Q(z|x)
    sleep   z ~ P(z), x ~ P(x|z)

It is all that evaluation and export see. zoo/models/pairs.py draws its pairs, zoo/models/step.py trains it.
"""

import keras
import tensorflow as tf

from zoo import noise
from zoo.models import parts
from zoo.models.pair import Pair
from zoo.models.pairs import KINDS


class LatentVariableModel(keras.layers.Layer):
    """A symmetric latent-variable model: Q(z|x), P(x|z), P(z), and what stands in for log Q(x).

    Attributes:
      encoder, decoder: networks; encoder may be None, as a GAN's is: then `has_posterior` is False.
      posterior_family, likelihood_family, prior_family: what makes distributions of their outputs.
      approximators: name ("log_q_x") -> what stands in for it.
      event_shape, latent_size: of one x, and of one z.
      preprocessing: what turns pixels into x, a zoo.data.Preprocessing; None for a model of x alone.
      KINDS: of pairs that it draws (zoo/models/pairs.py).
      OWNERS: which parts are trained together.
      SIDES: which networks are trained as Q, and as P.
    """

    KINDS = KINDS
    OWNERS = {"encoder": ("encoder", "posterior"), "decoder": ("decoder", "likelihood"), "prior": ("prior",)}  # noqa: RUF012
    SIDES = {"Q": ("encoder",), "P": ("decoder", "prior")}  # noqa: RUF012

    def __init__(
        self, *, encoder, posterior, decoder, likelihood, prior, approximators, event_shape, latent_size, preprocessing
    ):
        super().__init__()
        self.encoder, self.has_posterior = encoder, encoder is not None
        self.posterior_family = posterior
        self.decoder = decoder
        self.likelihood_family = likelihood
        self.prior_family = prior
        self.approximators = approximators
        self.event_shape = tuple(event_shape)
        self.latent_size = latent_size
        self.preprocessing = preprocessing
        self.built = True

    def named_parts(self):
        """{name: part} of everything that it is put together from."""
        named = {"encoder": self.encoder, "posterior": self.posterior_family, "decoder": self.decoder}
        named |= {"likelihood": self.likelihood_family, "prior": self.prior_family} | self.approximators
        return {name: part for name, part in named.items() if part is not None}

    def networks(self):
        """{name: trainable variables} of what is trained by an optimizer of its own: encoder, decoder, prior, approximators."""
        return parts.networks(self)

    def posterior(self, x, training=False):
        """Q(z|x) at x [batch, *event_shape]: a tfd with event [latent_size].

        Raises:
          ValueError: for a model without encoder.
        """
        if self.encoder is None:
            raise ValueError("this model has no encoder, so it has no posterior Q(z|x); it samples from P alone")
        parameters = self.encoder(x, training=training)
        if hasattr(self.posterior_family, "inferred"):  # of x and of P(x, z) too
            return self.posterior_family.inferred(parameters, self, x, training)
        return _distribution(self.posterior_family, parameters, training)

    def likelihood(self, z, training=False):
        """P(x|z) at z [..., latent_size]: a tfd with event `event_shape`."""
        z = tf.convert_to_tensor(z)
        # Of a code of several layers only the lowest is decoded.
        (decoded,) = getattr(self.prior_family, "decoded_shape", (self.latent_size,))
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

        Each is a function of the seed, an integer, and its position alone: of more samples these are the first.
        """
        positions = tf.range(num_samples)
        likelihood = self.likelihood(noise.draw_at(self.prior(), noise.seed_for(0, seed, "codes"), positions))
        if not observation_noise:
            return likelihood.mean()
        return noise.draw_rows_at(likelihood, noise.seed_for(0, seed, "generated"), positions)

    def code(self, x):
        """The one z that stands for all of Q(z|x): its mode, or what its family calls `code`; [batch, latent_size]."""
        return getattr(self.posterior_family, "code", _mode)(self.posterior(x))

    def reconstruct(self, x):
        """The mean of P(x|z) at the code of x, [batch, *event_shape]."""
        return self.generate(self.code(x))

    def log_densities(self, x, z):
        """The log-densities at given pairs, in nats: a `Pair` (zoo/models/pair.py), in inference mode."""
        return Pair(self, x, z)

    # What else evaluation asks of every model (zoo/evaluation/subject.py). The bounds of this one are from its distributions.

    has_distributions, bounds, energy = True, None, None

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
            **dict.fromkeys(("log_p_z", "true_log_p_z"), self.prior_family.DENSITY),
            "log_p_features_given_z": hasattr(self.approximators.get("log_q_x"), "log_p_features_given_z"),
            "log_q_z_given_x": self.has_posterior and self.posterior_family.DENSITY,
            "code": hasattr(self.posterior_family, "code"),
        }.get(field, field in self.approximators)

    @property
    def has_likelihood_bound(self):
        """Whether the model has an evidence lower bound: a posterior, and densities all round."""
        return all(self.has(field) for field in ("log_p_x_given_z", "log_p_z", "log_q_z_given_x"))


def _mode(distribution):
    return distribution.mode()


def _distribution(family, parameters, training):
    """In training a family may put another distribution in place of its own, one whose samples are pathwise."""
    made_in_training = getattr(family, "training_distribution", family.distribution)
    return (made_in_training if training else family.distribution)(parameters)
