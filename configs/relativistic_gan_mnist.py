"""Relativistic GAN with both gradient penalties on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config relativistic_gan_mnist --workdir runs/relativistic_gan_mnist
    python -m tools.evaluate --workdir runs/relativistic_gan_mnist --measures=samples --features=classifiers/mnist

Source: Jolicoeur-Martineau, "The relativistic discriminator" (2019); penalties as in Huang et al., "The GAN is dead; long live
the GAN!" (2024), whose weight for pixels in [-1, 1] is 0.05 on CIFAR-10, a quarter of it for [0, 1].

Two cores: 7 to 15 minutes for 20,000 steps at a rate that falls from 0.001 to 0, with averaged weights and 8 dimensions, as
docs/studies/equal_networks has it. Seeds 0 and 1: Frechet distances of samples 9.7 and 12.2 in the features of a classifier.
"""

import zoo


def get_config():
    """The experiment."""
    critic = dict(name="relativistic", network=dict(name="dcgan", width=32), penalty_weight=0.0125, steps=1)
    changes = {"model.objective.generator_loss": "relativistic", "model.approximators.log_q_x": critic}
    return zoo.start_from("wgan_gp_mnist", changes)
