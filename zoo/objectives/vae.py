"""Variational autoencoder (VAE): the wake phase alone, the negative evidence lower bound.

    wake    E over Q(x,z) of  log Q(z|x) - log P(x|z) - log P(z)
            = E over Q(x) of  KL(Q(z|x) || P(z|x)) - log P(x)

With `closed_form_kl` the first and last term are replaced by their exact mean, KL(Q(z|x) || P(z)).

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014), equations 3 and 10.
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
RANGES = {"kl_weight": (0.0, float("inf"))}


def wake_loss(at, *, kl_weight: float = 1.0, closed_form_kl: bool = False):
    """Negative ELBO at kl_weight = 1; the warm-up of the KL term is a schedule of kl_weight from 0 to 1."""
    rate = at.rate if closed_form_kl else at.log_q_z_given_x - at.log_p_z
    return kl_weight * rate - at.log_p_x_given_z
