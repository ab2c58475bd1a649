"""Extended Helmholtz Machine whose Q(z|x) is calibrated: as wide as its errors, on pairs of P and on its own chain's.

    wake    E over Q(x,z) of  -log P(x,z)
    sleep   E over P(x,z) of  -log Q(x,z) - log Q'(z'|x)
    chain   E over the chain of  -log Q'(z'|x)

Q(z|x) is narrow, of a fixed scale: by it the wake phase draws codes and the sleep phase scores them, as the EHM does. Q'(z|x) is
what inference and chains draw from, and z' the noisy code (zoo/distributions/calibrated_normal.py). The chain's pairs are where
x -> z ~ Q'(z|x) -> x leads (zoo/models/chain.py), and move the encoder alone: calibrated on pairs of P only, Q' is as wide as the
errors of codes that the chain has left, and the chain spreads.

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine; training on a chain's own states: Bengio
et al., "Generalized denoising auto-encoders as generative models" (2013), section 4 (walkback).
"""

from zoo.objectives import extended_helmholtz

NEEDS = (*extended_helmholtz.NEEDS, "calibration")
SAMPLES = "pathwise"
WAKE_MOVES = "PQ"
SLEEP_MOVES = "PQ"
CHAIN_MOVES = "Q"
TAKES = extended_helmholtz.TAKES

wake_loss = extended_helmholtz.wake_loss


def sleep_loss(at):
    """-log Q(x, z) - log Q'(z'|x)."""
    return extended_helmholtz.sleep_loss(at) - at.calibration


def chain_loss(at):
    """-log Q'(z'|x)."""
    return -at.calibration
