"""Latent regressor: a GAN, and an encoder that learns codes from the GAN's samples alone.

    sleep      E over P(x,z) of  -log Q(x)          moves P only
    fantasy    E over P(x,z) of  -log Q(z|x)        moves Q only

The pairs of the second are those of the first, held fixed, so that the encoder does not move the generator: it is the one that
would be trained afterwards. Data it never sees.

Source: Donahue, Krähenbühl and Darrell, "Adversarial Feature Learning" (2017), section 3.4; the sleep phase of Hinton et al.,
"The wake-sleep algorithm" (1995).
"""

NEEDS = ("log_q_x", "log_q_z_given_x")
SAMPLES = "pathwise"
SLEEP_MOVES = "P"
FANTASY_MOVES = "Q"
TAKES = {"log_q_x": ("density", "ratio", "potential")}


def sleep_loss(at):
    """-log Q(x)."""
    return -at.log_q_x


def fantasy_loss(at):
    """-log Q(z|x)."""
    return -at.log_q_z_given_x
