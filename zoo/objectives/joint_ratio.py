"""Joint ratio (ALI, sVAE): both phases by one critic T(x, z) that stands in for log Q(x,z)/P(x,z), held fixed.

    wake    E over Q(x,z) of  T(x,z)      moves Q only
    sleep   E over P(x,z) of -T(x,z)      moves P only

T is a fixed function of the sample, so a phase reaches only the net that drew it. With the exact ratio

    the encoder gets  the gradient of KL(Q(x,z) || P(x,z))      and nothing of the other divergence;
    the decoder gets  the gradient of KL(P(x,z) || Q(x,z))      and nothing of the other divergence,

because the score of the net that drew the sample has mean zero. The Symmetric VAE gives both divergences to both nets: here
half of each net's gradient is missing (the decoder, say, is not told to cover the data). No density is needed: posterior and
likelihood may be implicit.

Source: Dumoulin et al., "Adversarially Learned Inference" (2017); Chen et al., "Symmetric Variational Autoencoder and
Connections to Adversarial Learning" (2018).
"""

NEEDS = ("log_ratio",)
SAMPLES = "pathwise"
WAKE_MOVES = "Q"
SLEEP_MOVES = "P"
TAKES = {"log_ratio": ("ratio",)}


def wake_loss(at):
    """log Q(x, z)/P(x, z)."""
    return at.log_ratio


def sleep_loss(at):
    """log P(x, z)/Q(x, z)."""
    return -at.log_ratio
