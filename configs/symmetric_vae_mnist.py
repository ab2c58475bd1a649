"""Symmetric VAE on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config symmetric_vae_mnist --workdir runs/symmetric_vae_mnist
    python -m tools.evaluate --workdir runs/symmetric_vae_mnist --num_samples 100

Source: "Symmetric variational loss and GAN" (2017), section Symmetric VAE; networks: Radford et al. (2016).

Two cores: 4.7 minutes. Seed 0, 5,000 steps, 10,000 test images, nats of x in [0, 1]: negative ELBO -361.0 +- 0.5,
importance-weighted bound of log P(x) with 100 samples 410.5 +- 0.4.

6 minutes for 10,000 steps at a rate that falls from 0.001 to 0, with averaged weights and 8 dimensions, as
docs/studies/equal_networks has it. Seed 0: Frechet distance of samples 8.7 in the features of a classifier, squared error of
reconstructions 0.0194.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("ehm_mnist", {"model.objective": "symmetric_vae", "model.posterior.minimum_scale": 0.01})
