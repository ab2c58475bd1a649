"""Symmetric VAE: the two Kullback-Leibler divergences between the joints, one in each direction.

    wake    E over Q(x,z) of  log Q(z|x) - log P(x,z)        P(x,z) = P(z) P(x|z)
    sleep   E over P(x,z) of  log P(x|z) - log Q(x,z)        Q(x,z) = Q(x) Q(z|x), log Q(x) from its approximator

    sum = KL(Q(x,z) || P(x,z)) + KL(P(x,z) || Q(x,z)) + H[Q(x)] + H[P(z)]

H[P(z)] is a constant only while the prior is fixed. The minimum is at P = Q. Each phase undoes a part of the other
(log Q(z|x) and log P(x|z) stand with both signs), which makes it hard to optimize.

Source: "Symmetric variational loss and GAN" (2017), section Symmetric VAE.
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x", "log_q_x")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "PQ"
TAKES = {"log_q_x": ("density", "ratio", "potential", "gradient")}
RANGES = {"kl_weight": (0.0, float("inf"))}


def wake_loss(at, *, kl_weight: float = 1.0):
    """The VAE's loss; kl_weight is 1, or a schedule that ends there (KL warm-up)."""
    return kl_weight * (at.log_q_z_given_x - at.log_p_z) - at.log_p_x_given_z


def sleep_loss(at):
    """The VAE's loss with the roles of x and z exchanged."""
    return at.log_p_x_given_z - at.log_q_z_given_x - at.log_q_x
