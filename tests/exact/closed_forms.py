"""Every objective's sum of phases as entropies and divergences of tables: a function of `t`, a tests.exact.tables.Closed.

`t.held` are the same tables where no derivative is taken. They stand for what an objective holds fixed: samples, weights, and
what approximators were trained to, the exact ratios. A new objective is one function here, by its name.
"""

import itertools

import numpy as np

from tests.exact import complex_step
from tests.exact.tables import NUM_SAMPLES, Closed, divergence, entropy


def vae(t):
    """E over Q(x) of KL(Q(z|x) || P(z|x)) - log P(x)."""
    return divergence(t.q, t.q_x[:, None] * t.p_z_given_x) - (t.q_x * np.log(t.p_x)).sum()


def symmetric_vae(t):
    """KL(Q || P) + KL(P || Q) + H[Q(x)] + H[P(z)]."""
    return divergence(t.q, t.p) + divergence(t.p, t.q) + entropy(t.q_x) + entropy(t.p_z)


def extended_helmholtz(t):
    """KL(Q || P) + KL(P || Q) + H[Q(x, z)] + H[P(x, z)]."""
    return divergence(t.q, t.p) + divergence(t.p, t.q) + entropy(t.q) + entropy(t.p)


def bridge(t, k=0.5):
    """KL(Q || P) + KL(P || Q) + H[Q(x)] + H[P(z)] + (1 - k) (E over Q of H[Q(z|x)] + E over P of H[P(x|z)])."""
    precision = entropy(t.q) - entropy(t.q_x) + entropy(t.p) - entropy(t.p_z)
    return symmetric_vae(t) + (1 - k) * precision


def wake_sleep(t):
    """KL(Q || P) + H[Q(x, z)], moving P, and E over P(x) of KL(P(z|x) || Q(z|x)) + H[P(z|x)], moving Q."""
    fixed = t.held
    sleep = divergence(fixed.p, fixed.p_x[:, None] * t.q_z_given_x) + entropy(fixed.p) - entropy(fixed.p_x)
    return divergence(fixed.q, t.p) + entropy(fixed.q) + sleep


def contrastive_divergence(t):
    """Cross entropy of P(x, z) under Q held, less the one under P held, of gradient 0: log Z is in both, and drops out."""
    fixed = t.held
    return divergence(fixed.q, t.p) + entropy(fixed.q) - divergence(fixed.p, t.p) - entropy(fixed.p)


def mim(t):
    """(KL(Q || P) + KL(P || Q)) / 2 + H[Q(x, z)] + H[P(x, z)]."""
    return (divergence(t.q, t.p) + divergence(t.p, t.q)) / 2 + entropy(t.q) + entropy(t.p)


def gan(t):
    """With f = log Q(x): KL(P(x) || Q(x)) + H[P(x)]; without the entropy's term nothing keeps P(x) from a single point."""
    return divergence(t.p_x, t.q_x) + entropy(t.p_x)


def latent_regressor(t):
    """The GAN's, moving P, and E over P(x) of KL(P(z|x) || Q(z|x)) + H[P(z|x)], moving Q."""
    fixed = t.held
    return gan(t) + divergence(fixed.p, fixed.p_x[:, None] * t.q_z_given_x) + entropy(fixed.p) - entropy(fixed.p_x)


def adversarial_autoencoder(t):
    """With log P''(z) = log P(z)/Q(z): E over Q of -log P(x|z), plus KL(Q(z) || P(z)), of which P(z) gets nothing."""
    return -(t.q * np.log(t.p_x_given_z)).sum() + divergence(t.q.sum(0), t.held.p_z)


def joint_ratio(t):
    """KL(Q || P), of which only Q gets the gradient, plus KL(P || Q), of which only P does."""
    return divergence(t.q, t.held.p) + divergence(t.p, t.held.q)


def as_vae(t):
    """The Symmetric VAE, but that its wake phase does not move P(z)."""
    return symmetric_vae(t) - _prior_term(t)


def adversarial_variational_bayes(t):
    """The VAE, but that it does not move P(z)."""
    return vae(t) - _prior_term(t)


def _prior_term(t):
    """E over Q(z), held, of log P(z) held - log P(z): 0, and the gradient of P(z) in a negative ELBO."""
    return (t.held.q.sum(0) * (np.log(t.held.p_z) - np.log(t.p_z))).sum()


def vae_gan(t):
    """With h(x) = x and f = log Q(x): the VAE, and E over P(x) and over reconstructions of log (1 + 1/Q(x)), moving P."""
    rebuilt = (t.held.q.sum(0) * t.p_x_given_z).sum(1)
    return vae(t) + ((t.p_x + rebuilt) * np.log1p(1 / t.q_x)).sum()


def iwae(t, k=NUM_SAMPLES):
    """E over Q(x) and k codes of -log mean P(x, z_k)/Q(z_k|x)."""
    w = t.p / t.q_z_given_x
    return -sum((t.q_x * drawn * np.log(w[:, codes].mean(1))).sum() for codes, drawn in _draws(t, k))


def reweighted_wake_sleep(t, k=NUM_SAMPLES):
    """Cross entropies from the reweighted codes R(x, z) to P(x, z) and Q(z|x); sleep phase as in wake-sleep."""
    fixed = t.held
    w, r = fixed.p / fixed.q_z_given_x, np.zeros_like(fixed.q)
    for codes, drawn in _draws(fixed, k):
        for code in codes:
            r[:, code] += fixed.q_x * drawn * w[:, code] / w[:, codes].sum(1)
    return -(r * (np.log(t.p) + np.log(t.q_z_given_x))).sum() - (fixed.p * np.log(t.q_z_given_x)).sum()


def _draws(t, k):
    """Every list of k codes, with its probability under Q(z|x) at each x."""
    for codes in itertools.product(range(t.q.shape[1]), repeat=k):
        yield list(codes), t.q_z_given_x[:, list(codes)].prod(1)


CLOSED_FORMS = {
    form.__name__: form
    for form in (
        *(vae, symmetric_vae, extended_helmholtz, bridge, wake_sleep, mim, gan, latent_regressor),
        *(
            adversarial_autoencoder,
            joint_ratio,
            as_vae,
            adversarial_variational_bayes,
            vae_gan,
            iwae,
            reweighted_wake_sleep,
            contrastive_divergence,
        ),
    )
}


def gradient(form, logits, **options):
    """The derivatives of a closed form with respect to every table's logits; what it holds fixed stays at these logits."""
    held = Closed(logits)
    return complex_step.gradient(lambda moved: form(Closed(moved, held), **options), logits)
