"""Small models of the families that export must serve, and what their own methods say."""

import tensorflow as tf

import zoo
from zoo import noise, registry
from zoo.data import Preprocessing
from zoo.evaluation.likelihood import importance_weighted_bound, log_weight

SHAPE, LATENT = (8, 8, 1), 4
NETWORK = {"name": "mlp", "hidden_sizes": (16,)}
CRITIC = {"approximators": {"log_q_x": {"name": "wasserstein", "network": NETWORK}}}
VAE = {"latent_size": LATENT, "encoder": NETWORK, "posterior": "normal", "decoder": NETWORK, "likelihood": "normal"}
GAN = {"latent_size": LATENT, "decoder": NETWORK, "likelihood": "deterministic", "objective": "gan"}
MODELS = {
    "vae": VAE,
    "vae_bernoulli": VAE | {"likelihood": "bernoulli"},
    "ehm": VAE | {"objective": "extended_helmholtz"} | CRITIC,
    "gan": GAN | CRITIC,
}
BOUNDED = {"encode", "generate", "reconstruct", "sample", "elbo", "log_prob"}
ENDPOINTS = {"vae": BOUNDED, "vae_bernoulli": BOUNDED, "ehm": BOUNDED | {"critic"}, "gan": {"generate", "sample", "critic"}}


def config(family):
    """The experiment of a family."""
    return zoo.experiment(data={}, training={}, model=MODELS[family])


def preprocessing(family):
    """All but the Bernoulli model see images in [-1, 1]."""
    return Preprocessing(SHAPE, levels=17, value_range="unit" if family == "vae_bernoulli" else "symmetric")


def build(family):
    """A model, untrained, with its preprocessing."""
    model = zoo.build(config(family), event_shape=SHAPE)
    model.preprocessing = preprocessing(family)
    return model


def with_posterior(name):
    """A model with another posterior family; no objective that is there yet could train it."""
    model = zoo.build(
        zoo.experiment(data={}, training={}, model=VAE | {"posterior": {"name": "normal", "scale": "fixed"}}), event_shape=SHAPE
    )
    model.posterior_family = registry.make("conditional", {"name": name}, (LATENT,))
    return model


def expected(model, x, z, num_samples, seed):
    """What every endpoint should give for images x in [0, 1], by the model's own methods: "endpoint" or "endpoint/output"."""
    to_unit, inner = model.preprocessing.to_unit, model.preprocessing.from_unit(x)
    values = {"generate": to_unit(model.generate(tf.constant(z))), "sample": to_unit(model.sample(num_samples, seed))}
    if model.encoder is not None:
        posterior = model.posterior(inner)
        values["encode/loc"] = posterior.mean()
        values["encode/scale"] = posterior.stddev()
        values["encode/sample"] = posterior.sample(seed=noise.seed_for(0, seed, "encode"))
        values["reconstruct"] = to_unit(model.reconstruct(inner))
    if model.has_likelihood_bound:
        values["elbo"] = log_weight(model, inner, values["encode/sample"])
        bound = tf.function(lambda: importance_weighted_bound(model, inner, num_samples, seed))()
        values["log_prob"] = bound["importance_weighted_bound"]
    if model.approximators:
        values["critic"] = model.log_densities(inner, None).log_q_x
    return {name: value.numpy() for name, value in values.items()}
