"""The endpoints of an exported model: what each computes, and which models have it.

Images are float32 [batch, height, width, channels] in [0, 1], whatever range the model was trained in; data that are no
images pass as they are. Log-densities are in nats and are densities of x in the training range: for images trained in
[-1, 1], that of the image in [0, 1] is larger by log 2 a value. Every random number is a function of the seed alone.
"""

import inspect

import tensorflow as tf

from zoo import noise
from zoo.evaluation.likelihood import importance_weighted_bound, log_weight


class Endpoints:
    """The endpoints of one model, as methods whose parameters have the names and defaults of the exported functions."""

    def __init__(self, model):
        self.model = model

    def _inward(self, x):
        preprocessing = self.model.preprocessing
        return preprocessing.from_unit(x) if preprocessing else x

    def _outward(self, x):
        preprocessing = self.model.preprocessing
        return preprocessing.to_unit(x) if preprocessing else x

    def encode(self, x, seed=0):
        """Q(z|x): what its family describes it by (loc and scale, or probs), and one draw `sample`; each [batch, latent]."""
        posterior = self.model.posterior(self._inward(x))
        drawn = {"sample": posterior.sample(seed=noise.seed_for(0, seed, "encode"))}
        return self.model.posterior_family.described(posterior) | drawn

    def generate(self, z):
        """The mean of P(x|z), [batch, *event_shape]."""
        return self._outward(self.model.generate(z))

    def reconstruct(self, x):
        """The mean of P(x|z) at the mode of Q(z|x), [batch, *event_shape]."""
        return self._outward(self.model.reconstruct(self._inward(x)))

    def sample(self, num_samples, seed=0):
        """The mean of P(x|z) at z ~ P(z), [num_samples, *event_shape]."""
        return self._outward(self.model.sample(num_samples, seed))

    def elbo(self, x, seed=0):
        """log P(x|z) + log P(z) - log Q(z|x) at the z that `encode` draws with this seed, [batch]: the ELBO by one draw."""
        return log_weight(self.model, self._inward(x), self.encode(x, seed)["sample"])

    def log_prob(self, x, num_samples, seed=0):
        """The importance-weighted bound of log P(x), [batch]: below it in expectation, and rising with `num_samples`.

        The draws of an example depend on its position in the batch.
        """
        return importance_weighted_bound(self.model, self._inward(x), num_samples, seed)["importance_weighted_bound"]

    def critic(self, x):
        """What stands in for log Q(x), [batch]; whether it is in nats depends on the approximator's kind."""
        return self.model.log_densities(self._inward(x), None).log_q_x


# Endpoint -> whether a model has it.
CONTRACT = {
    "encode": lambda model: model.encoder is not None,
    "generate": lambda model: True,
    "reconstruct": lambda model: model.encoder is not None,
    "sample": lambda model: True,
    "elbo": lambda model: model.has_likelihood_bound,
    "log_prob": lambda model: model.has_likelihood_bound,
    "critic": lambda model: model.has("log_q_x"),
}


def functions(model):
    """Name -> tf.function of every endpoint that a model has, for any batch size."""
    specs = {
        "x": tf.TensorSpec([None, *model.event_shape], tf.float32, "x"),
        "z": tf.TensorSpec([None, model.latent_size], tf.float32, "z"),
        "num_samples": tf.TensorSpec([], tf.int32, "num_samples"),
        "seed": tf.TensorSpec([], tf.int32, "seed"),
    }
    found = {}
    for name in (name for name, has in CONTRACT.items() if has(model)):
        endpoint = getattr(Endpoints(model), name)
        signature = [specs[parameter] for parameter in inspect.signature(endpoint).parameters]
        found[name] = tf.function(endpoint, input_signature=signature, autograph=False)
    return found
