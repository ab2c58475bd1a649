"""The models of the comparison in stock Keras: a custom train_step each, in the manner of Keras' own examples.

The networks are the zoo's, with its faster layers, so the sizes are the same. Everything else is written out: the
densities by their formulas, one gradient tape for each gradient, keras.metrics.Mean for what is shown.
"""

import math

import keras
import tensorflow as tf
from keras import ops

LOG_2_PI = math.log(2 * math.pi)


def _log_normal(x, loc, scale):
    each = -ops.square((x - loc) / scale) / 2 - ops.log(scale) - LOG_2_PI / 2
    return ops.sum(each, axis=list(range(1, len(x.shape))))


class Normal:
    """The parameters of a normal posterior, from what the encoder puts out."""

    def __init__(self, section):
        self.floor, initial = section["minimum_scale"], section["initial_scale"]
        self.offset = math.log(math.expm1(initial - self.floor))

    def __call__(self, outputs):
        loc, raw = ops.split(outputs, 2, axis=-1)
        return loc, self.floor + ops.softplus(raw + self.offset)


class Stock(keras.Model):
    """What the three models share."""

    TERMS = ("loss",)

    def __init__(self, config, event_shape, make):
        super().__init__()
        sections, latent = config["model"], config["model"]["latent_size"]
        self.latent_size, self.sections = latent, sections
        self.seeds = keras.random.SeedGenerator(0)
        self.decoder = make("network", sections["decoder"], (latent,), event_shape)
        self.optimizers = {}
        if sections["encoder"]["name"]:
            self.encoder = make("network", sections["encoder"], event_shape, (2 * latent,))
            self.posterior = Normal(sections["posterior"])
        if "log_q_x" in sections["approximators"]:
            self.section = sections["approximators"]["log_q_x"]
            self.critic = make("network", self.section["network"], event_shape, (1,))
        for name in ("encoder", "decoder", "critic"):
            if hasattr(self, name):
                self.optimizers[name] = self._optimizer(config["optimizers"]["log_q_x" if name == "critic" else name], name)
        self.shown = {name: keras.metrics.Mean(name=name) for name in self.TERMS}
        self.built = True

    def _optimizer(self, section, name):
        rate = section["learning_rate"]
        rate = rate["values"][0] if isinstance(rate, dict) else rate
        chosen = keras.optimizers.Adam(rate, section["beta_1"], section["beta_2"])
        chosen.build(getattr(self, name).trainable_variables)
        return chosen

    @property
    def metrics(self):
        """Reset by `fit` at each epoch."""
        return list(self.shown.values())

    def _noise(self, shape):
        return keras.random.normal(shape, seed=self.seeds)

    def _apply(self, tape, loss, names):
        variables = [getattr(self, name).trainable_variables for name in names]
        for name, gradients in zip(names, tape.gradient(loss, variables), strict=True):
            self.optimizers[name].apply(gradients, getattr(self, name).trainable_variables)

    def _show(self, **values):
        for name, value in values.items():
            self.shown[name].update_state(value)
        return {name: metric.result() for name, metric in self.shown.items()}

    def _likelihood(self, x, outputs):
        section = self.sections["likelihood"]
        if section["name"] == "bernoulli":
            each = ops.maximum(outputs, 0) - outputs * x + ops.log1p(ops.exp(-ops.abs(outputs)))
            return -ops.sum(each, axis=list(range(1, len(x.shape))))
        return _log_normal(x, ops.sigmoid(outputs), ops.convert_to_tensor(section["initial_scale"]))

    def _move_critic(self, real, fake):
        mix = keras.random.uniform((ops.shape(real)[0], 1, 1, 1), seed=self.seeds)
        between = mix * real + (1 - mix) * fake
        with tf.GradientTape() as tape:
            high, low = ops.split(self.critic(ops.concatenate([real, fake]), training=True), 2)
            with tf.GradientTape() as inner:
                inner.watch(between)
                values = self.critic(between, training=True)
            slope = ops.sqrt(ops.sum(ops.square(inner.gradient(values, between)), axis=(1, 2, 3)) + 1e-12)
            loss = ops.mean(low - high) + self.section["penalty_weight"] * ops.mean(ops.square(slope - 1))
        self._apply(tape, loss, ["critic"])
        return loss


class Vae(Stock):
    """The negative ELBO, with the KL divergence in closed form."""

    TERMS = ("loss", "reconstruction", "rate")

    def train_step(self, x):
        """One step."""
        with tf.GradientTape() as tape:
            loc, scale = self.posterior(self.encoder(x, training=True))
            z = loc + scale * self._noise(ops.shape(loc))
            reconstruction = -self._likelihood(x, self.decoder(z, training=True))
            rate = ops.sum((ops.square(loc) + ops.square(scale) - 1) / 2 - ops.log(scale), axis=1)
            loss = ops.mean(reconstruction + rate)
        self._apply(tape, loss, ["encoder", "decoder"])
        return self._show(loss=loss, reconstruction=reconstruction, rate=rate)


class Gan(Stock):
    """WGAN-GP."""

    TERMS = ("loss", "critic")

    def train_step(self, x):
        """One step."""
        with tf.GradientTape() as tape:
            fake = ops.sigmoid(self.decoder(self._noise((ops.shape(x)[0], self.latent_size)), training=True))
            with tape.stop_recording():
                critic = self._move_critic(x, fake)
            loss = -self.section["scale"] * ops.mean(self.critic(fake, training=True))
        self._apply(tape, loss, ["decoder"])
        return self._show(loss=loss, critic=critic)


class ExtendedHelmholtz(Stock):
    """EHM: both phases in one tape, the critic moved on their pairs."""

    TERMS = ("wake", "sleep", "critic")

    def train_step(self, x):
        """One step."""
        x += self.sections["noise_x"] * self._noise(ops.shape(x))
        observed = self.sections["likelihood"]["initial_scale"]
        with tf.GradientTape() as tape:
            loc, scale = self.posterior(self.encoder(x, training=True))
            z = loc + scale * self._noise(ops.shape(loc))
            wake = -self._likelihood(x, self.decoder(z, training=True)) + ops.sum(ops.square(z) + LOG_2_PI, axis=1) / 2
            code = self._noise(ops.shape(loc))
            mean = ops.sigmoid(self.decoder(code, training=True))
            fake = mean + observed * self._noise(ops.shape(mean))
            with tape.stop_recording():
                critic = self._move_critic(x, fake)
            sleep = -_log_normal(code, *self.posterior(self.encoder(fake, training=True)))
            sleep -= self.section["scale"] * self.critic(fake, training=True)[:, 0]
            loss = ops.mean(wake + sleep)
        self._apply(tape, loss, ["encoder", "decoder"])
        return self._show(wake=wake, sleep=sleep, critic=critic)


OF_OBJECTIVE = {"vae": Vae, "gan": Gan, "extended_helmholtz": ExtendedHelmholtz}


def build(config, event_shape, make):
    """The stock model of an experiment's sections; `make` builds its networks."""
    return OF_OBJECTIVE[config["model"]["objective"]["name"]](config, tuple(event_shape), make)
