"""beta-VAE on MNIST's grey levels, with the networks of ehm_mnist: a code of fewer nats, and pictures that lose more.

    python -m tools.train --config beta_vae_mnist --workdir runs/beta_vae_mnist
    python -m tools.evaluate --workdir runs/beta_vae_mnist --num_samples 100

Source: Higgins et al., "beta-VAE" (2017), equation 4.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("vae_mnist", {"model.objective.kl_weight": 4.0})
