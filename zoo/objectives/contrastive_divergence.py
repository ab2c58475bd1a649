"""Contrastive divergence: the likelihood gradient of a joint that is known up to its normalizing constant.

    wake    E over Q(x) P(z|x) of  -f        f = log P + log Z: of x where z can be summed over, else of (x, z)
    sleep   E over P(x,z)      of   f        moves the same weights

The gradient of the sum is that of -log P(x), since that of log Z is the mean of f's under P(x, z); the loss itself is none. The
sleep phase's samples are held fixed. They are of P only once the chains have mixed: after k sweeps from the data (CD-k) the
gradient is biased, and persistent chains lag behind the weights.

Source: Hinton, "Training Products of Experts by Minimizing Contrastive Divergence" (2002); Tieleman (2008).
"""

NEEDS = ("unnormalized_log_p",)
SAMPLES = "held_fixed"
WAKE_MOVES = "P"
SLEEP_MOVES = "P"


def wake_loss(at):
    """-f."""
    return -at.unnormalized_log_p


def sleep_loss(at):
    """f."""
    return at.unnormalized_log_p
