"""Adversarial variational Bayes (AVB): the VAE whose posterior is only sampled, never evaluated.

    wake    E over Q(x,z) of  -log P(x|z) + T(x,z)      T stands in for log Q(z|x)/P(z)

T is a fixed function of the sample. With the exact ratio the value is the VAE's, and so are the gradients of the encoder
(what a fixed ratio leaves out is the mean of a score, which is zero) and of the decoder. The posterior may be implicit: noise
through a network. A prior with weights is not trained: log P(z) is inside T only.

Source: Mescheder, Nowozin and Geiger, "Adversarial Variational Bayes" (2017).
"""

NEEDS = ("log_p_x_given_z", "log_posterior_ratio")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
TAKES = {"log_posterior_ratio": ("ratio",)}


def wake_loss(at):
    """Negative ELBO, with the rate by its critic."""
    return at.log_posterior_ratio - at.log_p_x_given_z
