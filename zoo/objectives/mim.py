"""Mutual information machine (MIM): the mean cross entropy of both joints, over both.

    wake    E over Q(x,z) of  -(log P(x,z) + log Q(x,z)) / 2
    sleep   the same over P(x,z)

    2 sum = KL(Q(x,z) || P(x,z)) + KL(P(x,z) || Q(x,z)) + 2 H[Q(x,z)] + 2 H[P(x,z)]

The published loss averages over the mixture of the two joints: it is half of this sum. It shrinks the entropies of both
joints, more than the EHM does: with learned scales it is unbounded below, so a floor under every scale is part of the
objective, and its minimum is not at P = Q.

Source: Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x", "log_q_x")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "PQ"
TAKES = {"log_q_x": ("density", "ratio", "potential", "gradient")}


def wake_loss(at):
    """-(log P(x, z) + log Q(x, z)) / 2."""
    return -(at.log_p_x_given_z + at.log_p_z + at.log_q_z_given_x + at.log_q_x) / 2


def sleep_loss(at):
    """-(log P(x, z) + log Q(x, z)) / 2."""
    return -(at.log_p_x_given_z + at.log_p_z + at.log_q_z_given_x + at.log_q_x) / 2
