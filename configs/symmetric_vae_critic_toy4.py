"""Symmetric VAE with log Q(x) by noise-contrastive estimation, on five Gaussians in the plane (toy4).

    python -m tools.train --config symmetric_vae_critic_toy4 --workdir runs/symmetric_vae_critic_toy4
    python -m tools.evaluate --workdir runs/symmetric_vae_critic_toy4 --num_samples 100

As symmetric_vae_flow_toy4, with a critic in place of the flow: it tells wake pairs from sleep pairs, and what it learns
is log Q(x) with its constant.

Source: "Symmetric variational loss and GAN" (2017), section Symmetric VAE; data, networks and length of training (200
epochs of 10,000 points): Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    critic = dict(name="mlp", hidden_sizes=(256, 256))
    approximator = dict(name="noise_contrastive", network=critic, steps=2)
    return zoo.start_from("symmetric_vae_flow_toy4", {"model.approximators.log_q_x": approximator})
