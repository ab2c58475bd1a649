"""Generative adversarial network (GAN): the sleep phase alone, with the term of log Q(x) only.

    sleep   E over P(x,z) of the generator's loss at f(x) = log Q''(x)

    wasserstein     -f                 for a potential (Arjovsky et al. 2017)

The likelihood is a point mass and there is no posterior, so of the EHM's sleep phase -log Q(z|x) - log Q(x) only the second
term is left. There is no entropy term against it, which is why the critic of a GAN ends up flat.

Source: Goodfellow et al., "Generative Adversarial Networks" (2014); "Symmetric variational loss and GAN" (2017), appendix B.
"""

NEEDS = ("log_q_x",)
SAMPLES = "pathwise"
SLEEP_MOVES = "P"
TAKES = {"log_q_x": ("potential",)}


def sleep_loss(at):
    """-log Q''(x)."""
    return -at.log_q_x
