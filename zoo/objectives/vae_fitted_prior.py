"""VAE whose prior is fitted to its codes: encoder and decoder are those of the VAE with N(0, I), P(z) is learned beside them.

    wake     E over Q(x,z) of  log Q(z|x) - log P(x|z) - log N(z; 0, I)      moves encoder and decoder
    codes    E over Q(z) of    -log P(z)                                     moves the prior alone

Codes are held fixed for the second, the maximum likelihood of P(z) on Q(z). It changes nothing in the first: the encoder is not
drawn towards P(z), as it is where a VAE learns its prior. So it is the prior that would be fitted once training is over, if
the learning rates fall to 0. It mends the samples and the bound of a VAE whose Q(z) is not N(0, I), and leaves the codes alone.

Source: Ghosh et al., "From Variational to Deterministic Autoencoders" (2020), section 4, ex-post density estimation.
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x", "log_normal_z")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
CODES_MOVES = "P"


def wake_loss(at):
    """Negative ELBO of the model with the prior N(0, I)."""
    return at.log_q_z_given_x - at.log_normal_z - at.log_p_x_given_z


def codes_loss(at):
    """-log P(z)."""
    return -at.log_p_z
