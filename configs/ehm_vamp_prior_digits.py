"""Extended Helmholtz Machine with a VampPrior, on scikit-learn's 8x8 digits.

    python -m tools.train --config ehm_vamp_prior_digits --workdir runs/ehm_vamp_prior_digits
    python -m tools.evaluate --workdir runs/ehm_vamp_prior_digits --num_samples 100

As ehm_digits, but that -log P(z) does not pull Q(z) to one mode: a VampPrior has its modes where the codes of its
pseudo-inputs are.

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine; prior: Tomczak and Welling,
"VAE with a VampPrior" (2018).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.prior": dict(name="vamp_prior", components=100),
        "optimizers.prior": dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9),
    }
    return zoo.start_from("ehm_digits", changes)
