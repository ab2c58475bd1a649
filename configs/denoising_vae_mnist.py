"""Denoising VAE on MNIST's grey levels, with the networks of ehm_mnist: the encoder reads noisy x, P(x|z) scores clean x.

    python -m tools.train --config denoising_vae_mnist --workdir runs/denoising_vae_mnist
    python -m tools.evaluate --workdir runs/denoising_vae_mnist --num_samples 100

Source: Im et al., "Denoising criterion for variational auto-encoding framework" (2017), equation 6.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("vae_mnist", {"model.encoder_reads": "mean", "model.noise_encoder": 0.2})
