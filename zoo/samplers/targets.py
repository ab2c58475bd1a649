"""What samplers are run on: log-densities up to a constant, weights and a critic, of what is known about a model.

    space   critic      density of a state                                     state
    x       density     exp(f(x) / T)                                          x
            potential   exp(f(x) / T), a tilt: T has no natural value, since the scale of f is a free choice
            gradient    of its logarithm only the gradient is known
            ratio       P(x) exp f(x), with P(x) known by its samples alone: for independent proposals
    z       ratio       (P(z) N(e) exp f(x))^(1/T)                             z, or (z, e) of a noisy P(x|z)
            density     (P(z) N(e) exp w)^(1/T), w = f(x) + log Q(z|x) - log P(x|z) - log P(z): on pairs exp f(x) Q(z|x)
            potential   P(z) N(e) exp(f(x) / T), a tilt
    z of x  none        P(z|x)^(1/T), by P(z) P(x|z)                           z

In z, x = x(z, e) is the generator's sample, e ~ N(0, I) the noise of P(x|z) where that is a normal distribution and the critic
read its draws. f of a ratio is log Q(x)/P(x): with it the samples' P(x) is turned into Q(x) (DDLS). A temperature T of 1 is the
distribution itself, lower ones its modes.

Source: Che et al., "Your GAN is Secretly an Energy-based Model and You Should Use Discriminator Driven Latent Sampling" (2020),
equation 4.
"""

import typing

import tensorflow as tf

from zoo.samplers.generator import Generator, generated

BINARY_X = "the model's x are binary, and chains in x move through real numbers: sample it in z"
BINARY_CODES = "codes of this model are binary, and have no gradient: choose independent_metropolis_hastings"


class Target(typing.NamedTuple):
    """What a sampler may know. A field that is None is not known, and `why_not` says why.

    Attributes:
      log_density: of states [chains, *event], [chains] in nats up to a constant.
      log_weight: that less the log-density of the proposals.
      critic: f at the x of states, [chains].
      propose: (count, seed) -> states, [count, *event].
      start_at: (x [n, *event_shape], seed) -> states that have these x.
      x_of: states -> x.
      space: "x" or "z".
      critic_kind: of `critic`, where that is not None.
      has_values: False where only the gradient of `log_density` means anything.
      formula: of the density, for people.
      why_not: {field: reason, one line}.
    """

    log_density: typing.Callable | None = None
    log_weight: typing.Callable | None = None
    critic: typing.Callable | None = None
    propose: typing.Callable | None = None
    start_at: typing.Callable | None = None
    x_of: typing.Callable = staticmethod(lambda state: state)
    space: str = "x"
    critic_kind: str = ""
    has_values: bool = True
    formula: str = ""
    why_not: dict = {}  # noqa: RUF012


def tempered(log_density, temperature=1.0):
    """log p(x) / T, normalized or not."""
    return lambda state: log_density(state) / temperature


def _checked(temperature, kind):
    """T: 1 where it is None, but for a potential, whose scale says nothing."""
    if temperature is None and kind == "potential":
        raise ValueError("a potential has no scale: say by a temperature how strongly it is to tilt, or calibrate it")
    if temperature is not None and not temperature > 0:
        raise ValueError(f"temperature must be above 0, found {temperature:g}")
    return 1.0 if temperature is None else temperature


def in_x(model, critic, temperature=None):
    """The target of x.

    Args:
      model: a zoo.evaluation.subject.Subject, of which proposals are drawn.
      critic: a zoo.samplers.critics.Critic.
      temperature: T.

    Raises:
      ValueError: one line, for a potential without temperature, or one that is not above 0.
    """
    temperature, binary = _checked(temperature, critic.kind), model.likelihood_support == "binary"
    reason = BINARY_X if binary else ""
    if critic.kind == "ratio":
        reason = "a critic that is a ratio log Q(x)/P(x) is no density of x: sample it in z"
    proposals = critic.kind == "ratio" and temperature == 1
    return Target(
        log_density=None if reason else tempered(critic.f, temperature),
        log_weight=critic.f if proposals else None,
        critic=None if binary else critic.f,
        propose=lambda count, seed: generated(model, critic, count, seed),
        start_at=lambda x, seed: x,
        critic_kind=critic.kind,
        has_values=critic.kind != "gradient",
        formula="P(x) exp(f(x))" if proposals else "exp(f(x) / T)",
        why_not={
            "log_density": reason,
            "critic": BINARY_X,
            "log_weight": "weights of the generator's samples in x need a ratio as critic, at temperature 1: sample in z",
        },
    )


def in_z(model, critic, temperature=None):
    """The target of codes, and of the noise of P(x|z) beside them.

    Raises:
      ValueError: one line, for a critic that says nothing of codes, or a model whose densities are not known.
    """
    kind, temperature = critic.kind, _checked(temperature, critic.kind)
    _check_codes(model, kind)
    made = Generator(model, critic)

    def log_density(state):
        if kind == "potential":
            return made.log_base(state) + made.weight(state) / temperature
        return (made.log_base(state) + made.weight(state)) / temperature

    return Target(
        log_density=None if model.code_support == "binary" else log_density,
        log_weight=made.weight if temperature == 1 else lambda state: log_density(state) - made.log_base(state),
        critic=None if model.code_support == "binary" else lambda state: critic.f(made.x_of(state)),
        propose=made.propose,
        start_at=made.start_at if model.has_posterior else None,
        x_of=made.x_of,
        space="z",
        critic_kind=kind,
        formula=_formula(kind, "N(e) " if made.noisy else ""),
        why_not={
            "log_density": BINARY_CODES,
            "critic": BINARY_CODES,
            "start_at": "the model has no encoder, so data have no codes to start from",
        },
    )


def _check_codes(model, kind):
    if kind == "gradient":
        raise ValueError("sampling in z needs the values of a critic, and of this one only the gradient means anything")
    if not model.has("log_p_z"):
        raise ValueError("sampling in z needs log P(z), which this model has not")
    if kind == "density" and not (model.has("log_p_x_given_z") and model.has("log_q_z_given_x")):
        raise ValueError("a density is sampled in z on pairs, and this model has no log P(x|z) and log Q(z|x): sample in x")


def _formula(kind, e):
    if kind == "potential":
        return f"P(z) {e}exp(f(x(z)) / T)"
    return f"(P(z) {e}exp(f(x(z))))^(1/T)" if kind == "ratio" else "(exp(f(x)) Q(z|x))^(1/T)"


class _Codes:
    """The codes of one x, by P(z) P(x|z) and with proposals from Q(z|x), or from P(z) where there is no encoder."""

    def __init__(self, model, x, temperature):
        self.model, self.x, self.temperature = model, x, temperature

    def at(self, z):
        """The log-densities at (x, z)."""
        return self.model.log_densities(tf.repeat(self.x, tf.shape(z)[0], 0), z)

    def log_density(self, z):
        """log P(x, z) / T."""
        at = self.at(z)
        return (at.log_p_z + at.log_p_x_given_z) / self.temperature

    def log_weight(self, z):
        """That less log Q(z|x)."""
        own = self.at(z).log_q_z_given_x if self.model.has_posterior else self.model.prior().log_prob(z)
        return self.log_density(z) - own

    def propose(self, count, seed):
        """z ~ Q(z|x)."""
        if not self.model.has_posterior:
            return self.model.prior().sample(count, seed=seed)
        return self.model.posterior(tf.repeat(self.x, count, 0)).sample(seed=seed)


def of_codes(model, x, temperature=None):
    """The target of the codes of one x [1, *event_shape]: P(z|x), with proposals from Q(z|x) where there is an encoder.

    Raises:
      ValueError: one line, for a model without log P(x|z).
    """
    if not model.has("log_p_x_given_z"):
        raise ValueError("the posterior of codes needs log P(x|z), which this model has not: its P(x|z) has no density")
    codes = _Codes(model, x, _checked(temperature, "posterior"))
    return Target(
        log_density=None if model.code_support == "binary" else codes.log_density,
        log_weight=codes.log_weight if model.has("log_q_z_given_x") or not model.has_posterior else None,
        propose=codes.propose,
        start_at=lambda x, seed: codes.propose(len(x), seed),
        x_of=model.generate,
        space="z",
        formula="P(z|x)^(1/T)",
        why_not={
            "log_density": BINARY_CODES,
            "log_weight": "the encoder's Q(z|x) has no density to weight its codes by",
            "critic": "the posterior of codes is sampled without a critic: choose another sampler",
        },
    )
