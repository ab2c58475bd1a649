"""What samplers are run on: log-densities up to a constant, of what is known about a model.

    density    in x            f(x) / T
    ratio      in z and e      (log P(z) + log N(e; 0, I) + f(x(z, e))) / T,     x(z, e) the generator's sample
    potential  in x, as a tilt f(x) / T: T has no natural value, since the scale of f is a free choice

f of a ratio is log Q(x)/P(x): with it the samples' P(x) is turned into Q(x) (DDLS). A temperature T of 1 is the distribution
itself, lower ones its modes.

Source: Che et al., "Your GAN is Secretly an Energy-based Model and You Should Use Discriminator Driven Latent Sampling" (2020),
equation 4.
"""

import tensorflow as tf

KINDS_OF_X = ("density", "potential")


def tempered(log_density, temperature=1.0):
    """log p(x) / T, normalized or not.

    Raises:
      ValueError: for a temperature that is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, found {temperature:g}")
    return lambda state: log_density(state) / temperature


def in_x(f, kind, temperature=None):
    """The log-density of x by a critic f: [chains, *event] -> [chains].

    Args:
      f: the critic.
      kind: density, or potential: a tilt, whose temperature has to be given.
      temperature: T; 1 for a density where it is None.

    Raises:
      ValueError: one line, for another kind, or a potential without temperature.
    """
    if kind not in KINDS_OF_X:
        raise ValueError(
            f"a critic that is a {kind} is no density of x: sample it in z (a ratio), or train one of {KINDS_OF_X}"
        )
    if kind == "potential" and temperature is None:
        raise ValueError("a potential has no scale: say by a temperature how strongly it is to tilt x")
    return tempered(f, 1.0 if temperature is None else temperature)


def in_z(f, kind, log_prior, generate, temperature=1.0):
    """The log-density of codes by a critic f of x: what turns the generator's P(x) into Q(x).

    Args:
      f: the critic, a log-ratio log Q(x)/P(x).
      kind: of the critic.
      log_prior: log P(z), of codes [chains, ...]; with P(x|z) noisy, of (z, e) in one row.
      generate: codes -> x.
      temperature: T.

    Raises:
      ValueError: one line, for a critic that is no ratio.
    """
    if kind != "ratio":
        raise ValueError(f"sampling in z needs a critic that is a ratio log Q(x)/P(x), and this one is a {kind}")
    return tempered(lambda z: tf.convert_to_tensor(log_prior(z)) + f(generate(z)), temperature)
