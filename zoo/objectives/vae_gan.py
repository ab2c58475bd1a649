"""VAE/GAN: a VAE that scores x in the features of a critic, against which its decoder plays.

    wake              E over Q(x,z) of    log Q(z|x) - log P(z) - log P(h(x)|z)      moves P and Q
    sleep             E over P(x,z) of    w softplus(-f(x))                          moves P
    reconstruction    E over Q(z) P(x|z)  the same                                   moves P

f is a critic that tells data from samples and reconstructions, and h its hidden layer (zoo/approximators/feature_critic.py):
log P(h(x)|z) = -|h(x) - h(m(z))|^2/2 with the mean m(z) of P(x|z). h moves as the critic does, so the sum is no bound of the
likelihood. The encoder plays no game. `adversarial_weight` is w, the 1/gamma of the paper. Where D = sigmoid(f), its
generator's loss is log(1 - D), and this is -log D, whose gradient does not vanish where the critic is sure.

Source: Larsen et al., "Autoencoding beyond pixels using a learned similarity metric" (2016), equation 8 and algorithm 1.
"""

import tensorflow as tf

NEEDS = ("log_p_features_given_z", "log_p_z", "log_q_z_given_x", "log_q_x")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "P"
RECONSTRUCTION_MOVES = "P"
TAKES = {"log_q_x": ("ratio",)}
RANGES = {"adversarial_weight": (0.0, float("inf"))}


def wake_loss(at, *, closed_form_kl: bool = False):
    """The VAE's loss, with the likelihood of the features."""
    rate = at.rate if closed_form_kl else at.log_q_z_given_x - at.log_p_z
    return rate - at.log_p_features_given_z


def sleep_loss(at, *, adversarial_weight: float = 1.0):
    """-w log D."""
    return adversarial_weight * tf.nn.softplus(-at.log_q_x)


def reconstruction_loss(at, *, adversarial_weight: float = 1.0):
    """-w log D."""
    return adversarial_weight * tf.nn.softplus(-at.log_q_x)
