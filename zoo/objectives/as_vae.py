"""Adversarial Symmetric VAE (AS-VAE): the Symmetric VAE with two ratios by critics, and both reconstructions kept.

    wake    E over Q(x,z) of  T1(x,z) - log P(x|z)      T1 stands in for log Q(z|x)/P(z)
    sleep   E over P(x,z) of  T2(x,z) - log Q(z|x)      T2 stands in for log P(x|z)/Q(x)

The ratios are fixed functions of the sample. With the exact ones both phases have the Symmetric VAE's values, and the
encoder and the decoder its gradients: what a fixed ratio leaves out is the mean of a score, which is zero. A prior with
weights is moved by the sleep phase only (its term of the wake phase, -log P(z), is inside T1).

Source: Pu et al., "Adversarial Symmetric Variational Autoencoder" (2017).
"""

NEEDS = ("log_p_x_given_z", "log_q_z_given_x", "log_posterior_ratio", "log_likelihood_ratio")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "PQ"
TAKES = {"log_posterior_ratio": ("ratio",), "log_likelihood_ratio": ("ratio",)}


def wake_loss(at):
    """log Q(z|x)/P(z) by its critic, minus log P(x|z)."""
    return at.log_posterior_ratio - at.log_p_x_given_z


def sleep_loss(at):
    """log P(x|z)/Q(x) by its critic, minus log Q(z|x)."""
    return at.log_likelihood_ratio - at.log_q_z_given_x
