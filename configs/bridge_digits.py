"""Bridge from the EHM to the Symmetric VAE, k annealed from 0 to 1, on scikit-learn's 8x8 digits.

    python -m tools.train --config bridge_digits --workdir runs/bridge_digits
    python -m tools.evaluate --workdir runs/bridge_digits --num_samples 100

As ehm_digits; k puts the precision of both conditionals back, and at its end the objective is symmetric_vae's.

Source: "Symmetric variational loss and GAN" (2017), sections Symmetric VAE and Extended Helmholtz Machine.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    k = dict(name="PolynomialDecay", initial_learning_rate=0.0, end_learning_rate=1.0, decay_steps=8_000)
    return zoo.start_from("ehm_digits", {"model.objective": dict(name="bridge", k=k)})
