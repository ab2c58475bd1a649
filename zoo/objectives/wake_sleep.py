"""Helmholtz machine: the wake-sleep algorithm, each phase training one side on samples that the other side drew.

    wake    E over Q(x,z) of  -log P(x|z) - log P(z)      moves P only
    sleep   E over P(x,z) of  -log Q(z|x)                 moves Q only

The samples are held fixed, so they may be discrete. The wake phase descends KL(Q(x,z) || P(x,z)) over P. The sleep phase
descends KL(P(z|x) || Q(z|x)) over Q, which is not the wake phase's divergence: there is no one function that both descend.
Where the prior contains encoder weights (a VampPrior), P's own weights are its pseudo-inputs: the wake phase moves those,
and leaves the encoder alone.

Source: Hinton, Dayan, Frey and Neal, "The wake-sleep algorithm for unsupervised neural networks" (1995).
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x")
SAMPLES = "held_fixed"
WAKE_MOVES = "P"
SLEEP_MOVES = "Q"


def wake_loss(at):
    """-log P(x, z)."""
    return -(at.log_p_x_given_z + at.log_p_z)


def sleep_loss(at):
    """-log Q(z|x)."""
    return -at.log_q_z_given_x
