"""Extended Helmholtz Machine (EHM): the two cross entropies between the joints, one in each direction.

    wake    E over Q(x,z) of  -log P(x,z)        P(x,z) = P(z) P(x|z)
    sleep   E over P(x,z) of  -log Q(x,z)        Q(x,z) = Q(x) Q(z|x), log Q(x) from its approximator

    sum = KL(Q(x,z) || P(x,z)) + KL(P(x,z) || Q(x,z)) + H[Q(x,z)] + H[P(x,z)]

As losses this is the Helmholtz machine plus -log Q(x); what makes it extended is the pathwise sample, through which each
phase moves both sides and log Q(x) has a gradient at all. It also shrinks the entropies of both joints: with learned scales
it is unbounded below, so a floor under every scale is part of the objective, and its minimum is not at P = Q.

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine.
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x", "log_q_x")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "PQ"
TAKES = {"log_q_x": ("density", "ratio", "potential", "gradient")}


def wake_loss(at):
    """-log P(x, z)."""
    return -(at.log_p_x_given_z + at.log_p_z)


def sleep_loss(at):
    """-log Q(x, z)."""
    return -(at.log_q_z_given_x + at.log_q_x)
