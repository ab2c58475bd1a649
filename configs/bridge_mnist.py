"""Half-way from the EHM to the Symmetric VAE, k = 0.5, on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config bridge_mnist --workdir runs/bridge_mnist
    python -m tools.evaluate --workdir runs/bridge_mnist --num_samples 100

Source: "Symmetric variational loss and GAN" (2017), sections Symmetric VAE and Extended Helmholtz Machine.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("symmetric_vae_mnist", {"model.objective": dict(name="bridge", k=0.5)})
