"""Extended Helmholtz Machine with a calibrated posterior: as wide as its errors, on pairs of P and on those of its own chain.

    wake    E over Q(x,z) of   -log P(x,z)
    sleep   E over P(x,z) of   -log Q(x,z) - log Q'(z'|x)
    chain   E over its x of    -log Q'(z'|x)

Q(z|x) is narrow, of a fixed scale: the wake phase draws codes from it, and the sleep phase scores codes by it. Inference and
chains draw from Q'(z'|x), where z' is the noisy code (zoo/distributions/calibrated_normal.py). The chain's pairs are where
x -> z' ~ Q'(z'|x) -> x leads (zoo/models/chain.py). They are held fixed and move the encoder alone. Calibrated on pairs of P
only, Q' is as wide as errors that the chain's own codes do not have, and the chain spreads.

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine; training on a chain's own states:
Bengio et al., "Generalized denoising auto-encoders as generative models" (2013), section 4.
"""

NEEDS = ("log_p_x_given_z", "log_p_z", "log_q_z_given_x", "log_q_x", "calibration")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "PQ"
CHAIN_MOVES = "Q"
TAKES = {"log_q_x": ("density", "ratio", "potential", "gradient")}


def wake_loss(at):
    """-log P(x, z)."""
    return -(at.log_p_x_given_z + at.log_p_z)


def sleep_loss(at):
    """-log Q(x, z) - log Q'(z'|x)."""
    return -(at.log_q_z_given_x + at.log_q_x + at.calibration)


def chain_loss(at):
    """-log Q'(z'|x)."""
    return -at.calibration
