"""Bridge between the Extended Helmholtz Machine (k = 0) and the Symmetric VAE (k = 1).

    wake    E over Q(x,z) of  k log Q(z|x) - log P(x|z) - log P(z)
    sleep   E over P(x,z) of  k log P(x|z) - log Q(z|x) - log Q(x)

    sum = (1 - k) EHM + k Symmetric VAE

k puts the precision of the two conditionals back into the EHM, as much of it as one likes; it is a constant or a schedule.
Below k = 1 the entropies of both joints still shrink: with learned scales the sum is unbounded below, so a floor under every
scale is part of the objective, and its minimum is not at P = Q. With fixed scales every k has the same gradient.

Source: "Symmetric variational loss and GAN" (2017), sections Symmetric VAE and Extended Helmholtz Machine.
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x", "log_q_x")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "PQ"
TAKES = {"log_q_x": ("density", "ratio", "potential", "gradient")}
RANGES = {"k": (0.0, 1.0)}


def wake_loss(at, *, k: float = 0.5):
    """-log P(x, z), with the share k of log Q(z|x)."""
    return k * at.log_q_z_given_x - at.log_p_z - at.log_p_x_given_z


def sleep_loss(at, *, k: float = 0.5):
    """-log Q(x, z), with the share k of log P(x|z)."""
    return k * at.log_p_x_given_z - at.log_q_z_given_x - at.log_q_x
