"""Extended Helmholtz Machine whose reconstruction losses are closed-form KL divergences, on 8x8 digits.

    python -m tools.train --config ehm_closed_form_kld_digits --workdir runs/ehm_closed_form_kld_digits
    python -m tools.evaluate --workdir runs/ehm_closed_form_kld_digits --num_samples 100

As ehm_digits, but with KL(N(x, s^2) || P(x|z)) in the wake phase and KL(N(z, s^2) || Q(z|x)) in the sleep phase, each
up to a constant, in place of -log P(x|z) and -log Q(z|x).

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("ehm_digits", {"model.kld_scale_x": 0.1, "model.kld_scale_z": 0.3})
