"""Generative adversarial network (GAN): the sleep phase alone, with the term of log Q(x) only.

    sleep   E over P(x,z) of the generator's loss at the critic's f(x)

    generator_loss     loss             f is              source
    wasserstein        -f               a potential       Arjovsky et al. 2017
    hinge              -f               a potential       Lim and Ye 2017
    minimax            -softplus(f)     log Q(x)/P(x)     Goodfellow et al. 2014, equation 1: log(1 - D), D = sigmoid(f)
    non_saturating     softplus(-f)     log Q(x)/P(x)     the same, section 3: -log D
    relativistic       softplus(f'-f)   a potential       Jolicoeur-Martineau 2019; f' at an example of the data

The likelihood is a point mass and there is no posterior, so of the EHM's sleep phase -log Q(z|x) - log Q(x) only the second
term is left. There is no entropy term against it, which is why the critic of a GAN ends up flat.

Source: Goodfellow et al., "Generative Adversarial Networks" (2014); "Symmetric variational loss and GAN" (2017), appendix B.
"""

import tensorflow as tf

NEEDS = ("log_q_x",)
SAMPLES = "pathwise"
SLEEP_MOVES = "P"
TAKES = {"log_q_x": ("potential", "ratio")}

GENERATOR_LOSSES = {
    "wasserstein": lambda f: -f,
    "hinge": lambda f: -f,
    "minimax": lambda f: -tf.nn.softplus(f),
    "non_saturating": lambda f: tf.nn.softplus(-f),
}
SUITED = {"potential": ("wasserstein", "hinge", "relativistic"), "ratio": ("minimax", "non_saturating")}


def sleep_loss(at, *, generator_loss: str = "wasserstein"):
    """The generator's loss at f = log Q''(x)."""
    if generator_loss == "relativistic":
        return tf.nn.softplus(at.batch["wake"].log_q_x - at.log_q_x)
    return GENERATOR_LOSSES[generator_loss](at.log_q_x)


def check(options, kinds):
    """Refuses a generator's loss that is not of the critic's kind."""
    chosen, kind = options["generator_loss"], kinds["log_q_x"]
    if chosen not in SUITED[kind]:
        raise ValueError(
            f"objective gan: generator_loss {chosen} does not go with a critic that is a {kind}; "
            f"choose {' or '.join(SUITED[kind])}"
        )
