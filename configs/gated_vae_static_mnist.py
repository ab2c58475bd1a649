"""VAE on static MNIST with the gated networks of vamp_prior_static_mnist, and N(0, I) in place of its VampPrior.

    python -m tools.train --config gated_vae_static_mnist --workdir runs/gated_vae_static_mnist
    python -m tools.evaluate --workdir runs/gated_vae_static_mnist --num_samples 5000

Source: Tomczak and Welling, "VAE with a VampPrior" (2018), table 1: log P(x) of -88.56 nats.

Two busy cores: 11 minutes; early stopping after 152,500 steps, kept is step 127,500. Seed 0, 10,000 test images: bound of log
P(x) -88.02 +- 0.23 nats with 5,000 samples, -88.81 +- 0.23 with 200.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("vamp_prior_static_mnist", {"model.prior": "standard_normal"})
