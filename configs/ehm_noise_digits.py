"""Extended Helmholtz Machine with noise on z in the sleep phase, on scikit-learn's 8x8 digits.

    python -m tools.train --config ehm_noise_digits --workdir runs/ehm_noise_digits
    python -m tools.evaluate --workdir runs/ehm_noise_digits --num_samples 100

As ehm_digits, but that the sleep phase reconstructs sqrt(1 - s^2) z + s e: a latent dimension of which x says nothing
costs less. The noise on x is in both.

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("ehm_digits", {"model.noise_z": 0.3})
