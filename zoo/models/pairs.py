"""The kinds of pairs (x, z) that a model draws, as a table: how x and z of each come about, and what is shown of it.

kind              x                         z
wake              data                      Q(z|x)
sleep             P(x|z)                    P(z)
fantasy           the sleep pairs once more, for a loss of their x and z that moves Q alone
reconstruction    P(x|z)                    Q(z|x') at data x'
prior             none                      P(z)
independent       data                      P(z), of another pair
"""

import typing

import tensorflow as tf

from zoo import noise, replicas
from zoo.models.pair import Pair, once


class Pairs:
    """The pairs of one batch in training, each kind drawn when first asked for: pairs["wake"].

    Args:
      model: a LatentVariableModel.
      x: of the data, without noise, [batch, *event_shape].
      seed, drawing: word -> seed, of this step; a Drawing.
      part, before, purpose: which part of the replica's batch x is; see `anew`, twice.
    """

    def __init__(self, model, x, seed, drawing, part=replicas.WHOLE, before=None, purpose=""):
        self.model, self.x, self.drawing, self.part = model, x, drawing, part
        self.size = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]  # XLA wants to know it
        self._seed, self._before, self._purpose, self._drawn = seed, before, purpose, {}

    @once
    def prior(self):
        """P(z), made when first asked for, under the tape that is to see its weights."""
        return self._before.prior if self._before else self.model.prior()

    def __getitem__(self, kind):
        found = self.model.KINDS[kind]
        if self._before and not found.generated:
            return self._before[kind]
        if kind not in self._drawn:
            self._drawn[kind] = found.draw(self)
        return self._drawn[kind]

    def anew(self, purpose):
        """The same pairs of the data, beside others that are generated anew with noise of their own."""
        return Pairs(self.model, self.x, self._seed, self.drawing, self.part, self, purpose)

    def seed(self, word):
        """The seed of a word, for these pairs alone."""
        return self._seed(f"{word}{self._purpose}")

    def passed(self, sample):
        """A sample as the objective has it: with its gradient, or held fixed."""
        return tf.stop_gradient(sample) if self.drawing.held_fixed else sample

    def noisy(self, x, scale, word):
        """x, or z, with normal noise of a standard deviation."""
        return x + scale * noise.normal(tf.shape(x), self.seed(word), x.dtype, self.part) if scale else x

    def read(self, x, mean, word):
        """What the encoder reads of an x that was drawn around a mean."""
        chosen = mean if self.drawing.encoder_reads == "mean" else x
        return self.noisy(chosen, self.drawing.noise_encoder, f"noise_encoder{word}")

    def pair(self, x, z, model=None, **known):
        """A Pair in training; of another model where its labels are not the batch's."""
        return Pair(model or self.model, x, z, training=True, part=self.part, prior=self.prior, batch=self, **known)


def wake(pairs):
    """(x, z) ~ Q: z drawn from the posterior at x; without posterior z is None."""
    model, drawing = pairs.model, pairs.drawing
    x = pairs.noisy(pairs.x, drawing.noise_x, "noise_x")
    if not model.has_posterior:
        return pairs.pair(x, None, mean_x=pairs.x)
    posterior = model.posterior(pairs.read(x, pairs.x, ""), training=True)
    samples = [] if drawing.num_samples is None else [drawing.num_samples]
    z = pairs.passed(noise.draw(posterior, pairs.seed("posterior"), samples, pairs.part))
    return pairs.pair(x, z, posterior=posterior, smooth_x=drawing.kld_scale_x, mean_x=pairs.x)


def prior(pairs):
    """Codes from the prior; x is None."""
    return pairs.pair(None, pairs.passed(noise.draw_batch(pairs.prior, pairs.size, pairs.seed("prior"), pairs.part)))


def sleep(pairs):
    """(x, z) ~ P: x drawn from the likelihood at codes from the prior."""
    z = pairs["prior"].z
    likelihood = pairs.model.likelihood(z, training=True)
    x = pairs.passed(noise.draw(likelihood, pairs.seed("likelihood"), part=pairs.part))
    if s := pairs.drawing.noise_z:
        z = pairs.noisy((1 - s**2) ** 0.5 * z, s, "noise_z")
    mean = pairs.passed(likelihood.mean())
    read = pairs.read(x, mean, "/sleep")
    return pairs.pair(x, z, likelihood=likelihood, smooth_z=pairs.drawing.kld_scale_z, mean_x=mean, read_x=read)


def reconstruction(pairs):
    """The wake pair's code with x drawn anew from the likelihood at it."""
    seen = pairs["wake"]
    x = pairs.passed(noise.draw(seen.likelihood, pairs.seed("reconstruction"), part=pairs.part))
    mean = pairs.passed(seen.likelihood.mean())
    return pairs.pair(x, seen.z, likelihood=seen.likelihood, mean_x=mean, read_x=pairs.read(x, mean, "/reconstruction"))


def independent(pairs):
    """x from the data beside an unrelated z from the prior."""
    return pairs.pair(pairs["wake"].x, pairs["prior"].z, mean_x=pairs.x)


class Kind(typing.NamedTuple):
    """A kind of pairs."""

    draw: typing.Callable  # Pairs -> Pair
    samples: tuple = ()  # the distributions that it draws from
    generated: bool = True  # whether something of it is drawn from P
    shown: dict = {}  # noqa: RUF012  what is shown: name -> (field of the pair, sign); reconstructions are costs, in nats


KINDS = {
    "wake": Kind(
        wake,
        samples=("posterior",),
        generated=False,
        shown={"reconstruction": ("log_p_x_given_z", -1), "prior": ("true_log_p_z", -1), "posterior": ("log_q_z_given_x", 1)},
    ),
    "sleep": Kind(
        sleep,
        samples=("likelihood", "prior"),
        shown={"reconstruction": ("log_q_z_given_x", -1), "likelihood": ("log_p_x_given_z", 1), "critic": ("log_q_x", 1)},
    ),
    "fantasy": Kind(lambda pairs: pairs["sleep"]),
    "reconstruction": Kind(
        reconstruction, ("posterior", "likelihood"), shown={"reconstruction": ("log_q_z_given_x", -1), "critic": ("log_q_x", 1)}
    ),
    "prior": Kind(prior, samples=("prior",)),
    "independent": Kind(independent, samples=("prior",)),
}
