"""Adversarial autoencoder (AAE): the wake phase alone, with a critic log P''(z) in place of log P(z).

    wake    E over Q(x,z) of  -log P(x|z) - log P''(z)

The critic is trained high on P(z) and low on Q(z) = E over Q(x) of Q(z|x). With a logistic critic, log P''(z) =
log P(z)/Q(z) and the second term is KL(Q(z) || P(z)): against the VAE, which has E over Q(x) of KL(Q(z|x) || P(z)), the
mutual information of x and z is not paid for. The loss is no bound of the likelihood; a prior with weights is not trained.

Source: Makhzani et al., "Adversarial Autoencoders" (2015), section 2.
"""

NEEDS = ("log_p_x_given_z", "log_p_z")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
TAKES = {"log_p_z": ("ratio", "potential")}
STAND_INS = ("log_p_z",)


def wake_loss(at):
    """-log P(x|z) - log P''(z)."""
    return -at.log_p_x_given_z - at.log_p_z
