"""The generator as samplers see it: x as a function of codes and of the noise of P(x|z), and the density of both."""

import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise

tfd = tfp.distributions


def generated(model, critic, count, seed):
    """x as the critic read samples in training: draws of P(x|z), or its mean; [count, *event_shape]."""
    ours, theirs = tf.unstack(tfp.random.split_seed(seed, 2))
    z = model.prior().sample(count, seed=ours)
    if critic.reads == "mean" or not model.has("log_p_x_given_z"):
        return model.generate(z)
    return model.likelihood(z).sample(seed=theirs)


class Generator:
    """x as a function of a state: of z, or of z and the noise of P(x|z) in one row."""

    def __init__(self, model, critic):
        self.model, self.critic = model, critic
        self.noisy = critic.reads == "drawn" and model.has("log_p_x_given_z")
        if self.noisy:
            _check_normal(model)
        self.dimensions = tf.TensorShape(model.event_shape).num_elements() if self.noisy else 0

    def parts(self, state):
        """(z, e [chains, *event_shape])."""
        z, e = tf.split(state, [self.model.latent_size, self.dimensions], 1)
        return z, tf.reshape(e, [-1, *self.model.event_shape]) if self.noisy else e

    def x_of(self, state):
        """The generator's sample."""
        z, e = self.parts(state)
        if not self.noisy:
            return self.model.generate(z)
        likelihood = self.model.likelihood(z)
        return likelihood.mean() + likelihood.stddev() * e

    def log_base(self, state):
        """log P(z) N(e), up to a constant."""
        z, e = self.parts(state)
        return self.model.prior().log_prob(z) - (tf.reduce_sum(_flat(e) ** 2, 1) / 2 if self.noisy else 0)

    def weight(self, state):
        """The log of what turns P(z) N(e) into the target at temperature 1; f of a potential."""
        x = self.x_of(state)
        if self.critic.kind != "density":
            return self.critic.f(x)
        at = self.model.log_densities(x, self.parts(state)[0])
        return self.critic.f(x) + at.log_q_z_given_x - at.log_p_x_given_z - at.log_p_z

    def propose(self, count, seed):
        """z ~ P(z), e ~ N(0, I)."""
        ours, theirs = tf.unstack(tfp.random.split_seed(seed, 2))
        z = self.model.prior().sample(count, seed=ours)
        return tf.concat([z, noise.standard_normal([count, self.dimensions], theirs, z.dtype)], 1) if self.noisy else z

    def start_at(self, x, seed):
        """z ~ Q(z|x), and the e that makes x of it."""
        z = self.model.posterior(x).sample(seed=seed)
        if not self.noisy:
            return z
        likelihood = self.model.likelihood(z)
        return tf.concat([z, _flat((x - likelihood.mean()) / likelihood.stddev())], 1)


def _flat(e):
    return tf.reshape(e, [tf.shape(e)[0], -1])


def _check_normal(model):
    if not model.has_distributions:
        raise ValueError("P(x|z) of this model draws x, and an exported one does not tell how; sample its run, with --workdir")
    likelihood = model.likelihood(model.prior().sample(1, seed=[0, 0]))
    if not (isinstance(likelihood, tfd.Independent) and isinstance(likelihood.distribution, tfd.Normal)):
        raise ValueError(
            "sampling in z takes the noise of P(x|z) as a part of the code, and so a normal or deterministic P(x|z); this "
            "model's is neither"
        )
