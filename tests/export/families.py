"""Small models of the families that export must serve, and what their own methods say."""

import functools

import tensorflow as tf

import zoo
from tests.models import tiny
from zoo import noise, registry
from zoo.config import ConfigError
from zoo.data import Preprocessing
from zoo.evaluation.likelihood import importance_weighted_bound
from zoo.export.endpoints import critic_inputs
from zoo.models.pair import Pair

SHAPE, LATENT = (8, 8, 1), 4
NETWORK = {"name": "mlp", "hidden_sizes": (16,)}
CRITIC = {"approximators": {"log_q_x": {"name": "wasserstein", "network": NETWORK}}}
VAE = {"latent_size": LATENT, "encoder": NETWORK, "posterior": "normal", "decoder": NETWORK, "likelihood": "normal"}
GAN = {"latent_size": LATENT, "decoder": NETWORK, "likelihood": "deterministic", "objective": "gan"}
LAYERS = {"name": "layered_bernoulli", "sizes": (3, 1)}
BATCH = {"name": "mlp", "hidden_sizes": (16, 8), "normalization": "batch"}
JOINT = {"name": "joint_log_ratio", "network": NETWORK, "feature_size": 5, "hidden_sizes": (6,)}
MODELS = {
    "vae": VAE,
    "vae_bernoulli": VAE | {"likelihood": "bernoulli"},
    "ehm": VAE | {"objective": "extended_helmholtz"} | CRITIC,
    "gan": GAN | CRITIC,
    # Its statistics must not move when it is called, but with training=True.
    "batch_normalized": VAE
    | {
        "encoder": BATCH,
        "decoder": {"name": "dcgan", "width": 4, "normalization": "batch"},
        "objective": "extended_helmholtz",
        "approximators": {"log_q_x": {"name": "wasserstein", "network": BATCH, "constraint": "clip"}},
    },
    # Two critics of pairs.
    "as_vae": VAE | {"objective": "as_vae", "approximators": {"log_posterior_ratio": JOINT, "log_likelihood_ratio": JOINT}},
    # A critic of codes, and a posterior of which nothing can be told but samples.
    "adversarial_autoencoder": VAE
    | {
        "posterior": {"name": "implicit", "feature_size": 5, "hidden_sizes": (6,)},
        "objective": "adversarial_autoencoder",
        "approximators": {"log_p_z": {"name": "logistic", "network": NETWORK}},
    },
    # Of its codes only a part is decoded.
    "helmholtz_machine": VAE | {"posterior": LAYERS, "prior": LAYERS, "objective": "wake_sleep"},
}
SLEEP = {"generate", "sample", "prior", "draw", "log_p_z"}
SAMPLED = SLEEP | {"encode", "encode_mean", "reconstruct", "log_p_x_given_z"}
BOUNDED = SAMPLED | {"log_q_z_given_x", "elbo", "log_prob"}
ENDPOINTS = {
    "vae": BOUNDED,
    "vae_bernoulli": BOUNDED,
    "ehm": BOUNDED | {"critic"},
    "gan": SLEEP | {"critic"},
    "batch_normalized": BOUNDED | {"critic"},
    "as_vae": BOUNDED | {"critic"},
    "adversarial_autoencoder": SAMPLED | {"critic"},
    "helmholtz_machine": BOUNDED,
}
SYMMETRIC = {"vae", "ehm", "gan"}


def config(family):
    """The experiment of a family."""
    return zoo.experiment(data={}, training={}, model=MODELS[family])


def preprocessing(family):
    """Some of the models see images in [-1, 1]."""
    return Preprocessing(SHAPE, levels=17, value_range="symmetric" if family in SYMMETRIC else "unit")


def build(family):
    """A model, untrained, with its preprocessing."""
    model = zoo.build(config(family), event_shape=SHAPE)
    model.model.preprocessing = preprocessing(family)
    return model


def with_posterior(name):
    """A model with another posterior family, whether or not an objective could train it."""
    model = zoo.build(
        zoo.experiment(data={}, training={}, model=VAE | {"posterior": {"name": "normal", "scale": "fixed"}}), event_shape=SHAPE
    )
    model.model.posterior_family = registry.make("conditional", {"name": name}, (LATENT,))
    return model


def every_part():
    """Name -> a function that builds a tiny model: every objective with every approximator that it takes, and every
    prior, conditional and network in a model that takes it."""
    found = {}
    for objective, approximators in tiny.legal():
        if "unnormalized_log_p" in registry.find("objective", objective).NEEDS:
            continue  # a joint has endpoints of its own: tests/export/energy_endpoints_test.py
        name = "-".join([objective, *approximators.values()])
        found[name] = functools.partial(tiny.build, objective, approximators=approximators)
    for kind, place in PLACES:
        more = {"event_shape": tiny.IMAGE} if kind == "network" else {}
        for name in {*registry.names(kind)} - NOT_TAKEN.get(place, set()):
            chosen = tiny.network(name) if kind == "network" else tiny.part(kind, name)
            found[f"{place}-{name}"] = functools.partial(_that_takes, place, chosen, **more)
    return found


PLACES = (
    ("prior", "prior"),
    ("conditional", "likelihood"),
    ("conditional", "posterior"),
    ("network", "encoder"),
    ("network", "decoder"),
)
# They have no mean, or no mode, that could be shown, so no model takes them.
NOT_TAKEN = {"likelihood": {"implicit", "layered_bernoulli"}, "posterior": {"discretized_logistic"}}
BESIDE = ({}, {"prior": "bernoulli"}, {"posterior": "bernoulli"}, {"prior": "vamp_prior"})


def _that_takes(place, chosen, **more):
    """The first model that takes a part: objectives and supports differ in what they ask for."""
    refusals = []
    for objective in ("vae", "wake_sleep", "adversarial_autoencoder", "gan", "joint_ratio"):
        for beside in BESIDE:
            try:
                return tiny.build(objective, **beside | {place: chosen}, **more)
            except ConfigError as error:
                refusals.append(str(error))
    raise AssertionError(refusals)


def critic(model, x, z):
    """What the approximators say of x in the model's range."""
    inputs = critic_inputs(model)  # of pairs, what it is not a function of is missing
    pair = Pair(model, x if "x" in inputs else None, z if "z" in inputs else None)
    values = {name: part.value(pair) for name, part in model.approximators.items()}
    return (
        {f"critic/{name}": value for name, value in values.items()}
        if len(values) > 1
        else {"critic": next(iter(values.values()))}
    )


def expected(model, x, z, num_samples, seed):
    """What every endpoint should give for images x in [0, 1], by the model's own methods: "endpoint" or "endpoint/output"."""
    preprocessing = model.preprocessing
    to_unit, inner = (preprocessing.to_unit, preprocessing.from_unit(x)) if preprocessing else (tf.identity, tf.constant(x))
    values = {"generate": to_unit(model.generate(tf.constant(z))), "sample": to_unit(model.sample(num_samples, seed))}
    values["prior"] = noise.draw_at(model.prior(), noise.seed_for(0, seed, "codes"), tf.range(num_samples))
    values["draw"] = to_unit(model.likelihood(tf.constant(z)).sample(seed=noise.seed_for(0, seed, "draw")))
    values["log_p_z"] = model.prior().log_prob(tf.constant(z))
    if model.has("log_p_x_given_z"):
        values["log_p_x_given_z"] = model.likelihood(tf.constant(z[: len(x)])).log_prob(inner)
    if model.encoder is not None:
        posterior = model.posterior(inner)
        described = model.posterior_family.described(posterior)
        values |= {f"encode/{name}": value for name, value in described.items()}
        values["encode/sample"] = posterior.sample(seed=noise.seed_for(0, seed, "encode"))
        values["encode_mean"] = posterior.mode()
        values["reconstruct"] = to_unit(model.reconstruct(inner))
    if model.has("log_q_z_given_x"):
        values["log_q_z_given_x"] = model.posterior(inner).log_prob(tf.constant(z[: len(x)]))
    if model.has_likelihood_bound:
        values["elbo"] = model.log_densities(inner, values["encode/sample"]).log_weight
        bound = tf.function(lambda: importance_weighted_bound(model, inner, num_samples, seed))()
        values["log_prob"] = bound["importance_weighted_bound"]
    if model.approximators:
        values |= critic(model, inner, tf.constant(z[: len(x)]))
    return {name: value.numpy() for name, value in values.items()}
