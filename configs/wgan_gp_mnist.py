"""WGAN-GP on MNIST's grey levels, with the networks of ehm_mnist: the sleep phase alone.

    python -m tools.train --config configs/wgan_gp_mnist.py --workdir runs/wgan_gp_mnist
    python -m tools.train_classifier --data mnist --output classifiers/mnist
    python -m tools.evaluate --workdir runs/wgan_gp_mnist --measures=samples --features=classifiers/mnist --num_examples 2000

Source: Gulrajani et al., "Improved Training of Wasserstein GANs" (2017); networks: Radford et al. (2016).

Two cores: 4.4 minutes. Seed 0, 5,000 steps, 2,000 samples against as many test images in the classifier's features:
Frechet distance 22.8, kernel distance 1.10 +- 0.16, precision 0.57, recall 0.86.
"""

import zoo


def get_config():
    """The experiment."""
    dcgan = dict(name="dcgan", width=32)
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    return zoo.experiment(
        data=dict(name="mnist", batch_size=100),
        model=dict(
            latent_size=32,
            decoder=dcgan,
            likelihood=dict(name="deterministic", loc_activation="sigmoid"),
            objective="gan",
            approximators=dict(log_q_x=dict(name="wasserstein", network=dcgan, steps=2)),
        ),
        training=dict(steps=5_000, log_every=100, steps_per_execution=10, pictures_every=1_000),
        optimizers=dict(decoder=adam, log_q_x=adam),
    )
