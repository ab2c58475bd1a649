"""The endpoints of an exported model: what each computes, and which models have it.

Images are float32 [batch, height, width, channels] in [0, 1], whatever range and type the model was trained in; data that are
no images pass as they are. Grey levels 0 to 255 are refused in every type: tensors of integers by TensorFlow, and arrays, which
it casts, for values outside of [0, 1] (tf.errors.InvalidArgumentError). Only where P(x|z) draws real numbers are values that it
may draw taken, up to 32 from that range. XLA leaves the check out.

Endpoints of a class-conditional model take `label` as well, int32, one for all examples or [batch] (zoo/export/labels.py).

Log-densities are in nats and are densities of x in the training range: for images trained in [-1, 1], that of the image in
[0, 1] is larger by log 2 a value. Every random number is a function of the seed alone.
"""

import functools
import inspect

import tensorflow as tf

from zoo import noise
from zoo.evaluation.likelihood import importance_weighted_bound
from zoo.export import labels
from zoo.export.energy_endpoints import EnergyEndpoints
from zoo.export.ranges import OwnRange, UnitRange
from zoo.models import conditional
from zoo.models.inputs import examples
from zoo.models.pair import Pair
from zoo.models.parts import owners
from zoo.stand_ins import STAND_INS


class Endpoints(UnitRange):
    """The endpoints of one model, as methods whose parameters have the names and defaults of the exported functions."""

    def encode(self, x, seed=0):
        """Q(z|x): what its family describes it by (loc and scale, or probs), and one draw `sample`; each [batch, latent]."""
        posterior = self.model.posterior(self.inward(x))
        drawn = {"sample": posterior.sample(seed=noise.seed_for(0, seed, "encode"))}
        return self.model.posterior_family.described(posterior) | drawn

    def encode_mean(self, x):
        """The code of x, [batch, latent], which `reconstruct` decodes: of a normal Q(z|x) its mean; nothing is drawn."""
        return self.model.code(self.inward(x))

    def generate(self, z):
        """The mean of P(x|z), [batch, *event_shape]."""
        return self.outward(self.model.generate(z))

    def reconstruct(self, x):
        """The mean of P(x|z) at the code of x, [batch, *event_shape]."""
        return self.outward(self.model.reconstruct(self.inward(x)))

    def sample(self, num_samples, seed=0):
        """The mean of P(x|z) at z ~ P(z), [num_samples, *event_shape]."""
        return self.generate(self.prior(num_samples, seed))

    def prior(self, num_samples, seed=0):
        """z ~ P(z), [num_samples, latent]."""
        codes = noise.draw_at(self.model.prior(), noise.seed_for(0, seed, "codes"), tf.range(num_samples))
        return tf.ensure_shape(codes, [None, self.model.latent_size])

    def draw(self, z, seed=0):
        """x ~ P(x|z), [batch, *event_shape]: where `generate` gives the mean, one draw."""
        return self.outward(self.model.likelihood(z).sample(seed=noise.seed_for(0, seed, "draw")))

    def log_p_z(self, z):
        """log P(z), [batch]."""
        return self.model.prior().log_prob(z)

    def log_p_x_given_z(self, x, z):
        """log P(x|z), [batch]."""
        return self.model.likelihood(z).log_prob(self.inward(x))

    def log_q_z_given_x(self, x, z):
        """log Q(z|x), [batch]."""
        return self.model.posterior(self.inward(x)).log_prob(z)

    def elbo(self, x, seed=0):
        """log P(x|z) + log P(z) - log Q(z|x) at the z that `encode` draws with this seed, [batch]: the ELBO by one draw."""
        return self.model.log_densities(self.inward(x), self.encode(x, seed)["sample"]).log_weight

    def log_prob(self, x, num_samples, seed=0):
        """The importance-weighted bound of log P(x), [batch]: below it in expectation, and rising with `num_samples`.

        The draws of an example depend on its position in the batch.
        """
        return importance_weighted_bound(self.model, self.inward(x), num_samples, seed)["importance_weighted_bound"]


class Networks(Endpoints):
    """What is called `encoder`, `decoder` and `critic`, to be trained on: the networks, in training or not."""

    NETWORKS = {"decoder": (("z",), "decoder"), "encoder": (("x",), "encoder")}  # noqa: RUF012

    def encoder(self, x, training=False):
        """The code of x, [batch, latent]: the first that describes Q(z|x) (loc, or probs), or else its mode."""
        posterior = self.model.posterior(self.inward(x), training=training)
        described = self.model.posterior_family.described(posterior)
        return next(iter(described.values())) if described else posterior.mode()

    def decoder(self, z, training=False):
        """The mean of P(x|z), [batch, *event_shape]."""
        return self.outward(self.model.likelihood(z, training=training).mean())

    def critic(self, *, x=None, z=None, training=False):
        """What each approximator of the model says, [batch]; the tensor itself if there is one, else a dictionary.

        Whether it is in nats depends on the approximator's kind.
        """
        pair = Pair(self.model, None if x is None else self.inward(x), z, training=training)
        values = {name: part.value(pair) for name, part in self.model.approximators.items()}
        return values if len(values) > 1 else next(iter(values.values()))

    @property
    def critic_by_position(self):
        """The critic as a function whose parameters are its inputs by name: of x, of z, or of both."""
        inputs = {field for name in self.model.approximators for field in STAND_INS[name].inputs}
        if inputs == {"x", "z"}:
            return lambda x, z, training=False: self.critic(x=x, z=z, training=training)
        if inputs == {"x"}:
            return lambda x, training=False: self.critic(x=x, training=training)
        return lambda z, training=False: self.critic(z=z, training=training)


# Endpoint -> whether a model has it. `critic` comes last in an export, and is a sub-object too.
CONTRACT = {
    "encode": lambda model: model.has_posterior,
    "encode_mean": lambda model: model.has_posterior,
    "generate": lambda model: True,
    "reconstruct": lambda model: model.has_posterior,
    "sample": lambda model: True,
    "prior": lambda model: True,
    "draw": lambda model: True,
    "log_p_z": lambda model: model.has("log_p_z"),
    "log_p_x_given_z": lambda model: model.has("log_p_x_given_z"),
    "log_q_z_given_x": lambda model: model.has("log_q_z_given_x"),
    "elbo": lambda model: model.has_likelihood_bound,
    "log_prob": lambda model: model.has_likelihood_bound,
    "critic": lambda model: bool(model.approximators),
}
Networks.CONTRACT = CONTRACT
ALL = (*CONTRACT, *(name for name in EnergyEndpoints.CONTRACT if name not in CONTRACT))


@functools.cache
def _inferring(steps):
    """The endpoints of a model whose posterior descends, so many steps where nothing is said."""

    class Inferring(Networks):
        def encode(self, x, seed=0, num_steps=steps):
            """Q(z|x) after `num_steps` of descent from its start: see Endpoints."""
            x, family = self.inward(x), self.model.posterior_family
            posterior = family.inferred(self.model.encoder(x), self.model, x, num_steps=num_steps)
            return family.described(posterior) | {"sample": posterior.sample(seed=noise.seed_for(0, seed, "encode"))}

    return Inferring


def own(model):
    """The class of a model's endpoints: with a method for each in its CONTRACT, and in NETWORKS for what can be trained on."""
    if model.energy is not None:
        return EnergyEndpoints
    return _inferring(model.posterior_family.num_steps) if hasattr(model.posterior_family, "inferred") else Networks


def names(model):
    """The endpoints of a model, in the order of the contract."""
    return tuple(name for name, has in own(model).CONTRACT.items() if has(model))


def specs(model):
    """Parameter -> what it takes: a tf.TensorSpec, for any batch size."""
    return {
        "x": tf.TensorSpec([None, *model.event_shape], tf.float32, "x"),
        "z": tf.TensorSpec([None, model.latent_size], tf.float32, "z"),
        "num_samples": tf.TensorSpec([], tf.int32, "num_samples"),
        "seed": tf.TensorSpec([], tf.int32, "seed"),
        "num_steps": tf.TensorSpec([], tf.int32, "num_steps"),
        "label": tf.TensorSpec(None, tf.int32, "label"),
        "new_label": tf.TensorSpec(None, tf.int32, "new_label"),
    }


def functions(model):
    """Name -> tf.function of every endpoint that a model has but `critic`, for any batch size."""
    found = {}
    for name in names(model):
        if name != "critic":
            endpoint = _of_float32(getattr(labels.told(own(model), model), name), model)
            signature = [specs(model)[parameter] for parameter in inspect.signature(endpoint).parameters]
            found[name] = tf.function(endpoint, input_signature=signature, autograph=False)
    return found


def dtype(model):
    """What the model computes in: "float32" or "float64"."""
    return next((v.dtype for parts in owners(model).values() for part in parts for v in part.variables), "float32")


def _of_float32(function, model):
    """A function of a model that computes in float64 as one of float32, and any other as it is."""
    if dtype(model) == "float32":
        return function

    def cast(values, to):
        floats = lambda value: tf.is_tensor(value) and value.dtype.is_floating  # noqa: E731
        return tf.nest.map_structure(lambda value: tf.cast(value, to) if floats(value) else value, values)

    @functools.wraps(function)
    def of_float32(*arguments, **named):
        return cast(function(*cast(arguments, dtype(model)), **cast(named, dtype(model))), tf.float32)

    return of_float32


def critic_inputs(model):
    """What the critic is a function of: ("x",), ("z",) or ("x", "z"); and "label"."""
    fields = (field for field in ("x", "z") if any(field in STAND_INS[name].inputs for name in model.approximators))
    return (*fields, *labels.parameters(model))


def networks(model):
    """Name -> (tf.function of a network for both values of `training`, the parts that own its weights)."""
    endpoints, owned, label = labels.told(own(model), model), owners(model), labels.parameters(model)
    named = {name: (*how, owned[how[1]]) for name, how in own(model).NETWORKS.items() if owned[how[1]]}
    found = {name: (getattr(endpoints, name), (*inputs, *label), parts) for name, (inputs, _, parts) in named.items()}
    if model.approximators:
        found["critic"] = (endpoints.critic_by_position, critic_inputs(model), tuple(model.approximators.values()))
    return {name: (_both(function, model, inputs), parts) for name, (function, inputs, parts) in found.items()}


def in_memory(model, name):
    """An endpoint of a model that was not exported, `critic` included, as a function of arrays; x is as `fit` takes it."""
    kind = type("InMemory", (OwnRange, own(model)), {})
    function = getattr(labels.told(kind, model), "critic_by_position" if name == "critic" else name)
    compiled, signature = tf.function(function, autograph=False, reduce_retracing=True), inspect.signature(function)

    @functools.wraps(getattr(own(model), name))
    def endpoint(*arguments, **named):
        given = signature.bind(*arguments, **named).arguments
        if "x" in given:
            given["x"] = examples(given["x"], model, None, noise.seed_for(0, 0, "inward"))
        if "z" in given:
            given["z"] = tf.cast(given["z"], dtype(model))
        if "label" in given:
            given["label"] = conditional.checked(given["label"], conditional.classes(model), labels.count(given))
        # A Python number would be traced anew for each value.
        return compiled(**{key: tf.constant(value, tf.int32) if type(value) is int else value for key, value in given.items()})

    return endpoint


def _both(function, model, inputs):
    traced = tf.function(_of_float32(function, model), autograph=False)
    for training in (False, True):
        traced.get_concrete_function(*(specs(model)[name] for name in inputs), training=training)
    return traced
