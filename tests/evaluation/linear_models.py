"""Linear Gaussian models with given weights: real models of the zoo, whose answers have closed forms.

P(z) = N(0, I)      P(x|z) = N(z W + b, s^2 I)      Q(z|x) = N(x A + c, t^2 I)
"""

import numpy as np

import zoo
from zoo.data import Dataset, Preprocessing, Split

LINEAR = {"name": "mlp", "hidden_sizes": ()}
GENERATOR = np.random.default_rng(0)
SIZE, LATENT, S, T = 3, 2, 0.5, 0.6
W, B = 0.8 * GENERATOR.normal(size=(LATENT, SIZE)), GENERATOR.normal(size=SIZE)
A, C = 0.3 * GENERATOR.normal(size=(SIZE, LATENT)), 0.2 * GENERATOR.normal(size=LATENT)
MARGINAL = W.T @ W + S**2 * np.eye(SIZE)


def build(encoder=(A, C), decoder=(W, B), s=S, t=T, **model):
    """A model with these weights; more fields of `config.model` may be given."""
    sections = {"latent_size": len(decoder[0]), "encoder": LINEAR, "decoder": LINEAR} | model
    fixed = {"name": "normal", "scale": "fixed"}
    sections = {"posterior": fixed | {"initial_scale": t}, "likelihood": fixed | {"initial_scale": s}} | sections
    training = {"jit_compile": "off", "steps_per_execution": 1}
    made = zoo.build(zoo.experiment(data={}, model=sections, training=training), event_shape=(decoder[0].shape[1],))
    for network, values in ((made.encoder, encoder), (made.decoder, decoder)):
        for variable, value in zip(network.trainable_variables if network else (), values, strict=True):
            variable.assign(value)
    return made


def draw(count, seed=0):
    """x ~ P(x), float32 [count, 3]."""
    generator = np.random.default_rng(seed)
    noise = S * generator.normal(size=(count, SIZE))
    return (generator.normal(size=(count, LATENT)) @ W + B + noise).astype(np.float32)


def dataset(count=600, labels=None, x=None):
    """A data set of such x, of which train and test are different draws."""
    splits = {name: Split(draw(count, seed) if x is None else x, labels) for seed, name in enumerate(("train", "test"))}
    shape = splits["train"].array.shape[1:]
    return Dataset("linear", splits, Preprocessing(event_shape=shape, levels=0))
