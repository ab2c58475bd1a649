"""VAE on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config configs/vae_mnist.py --workdir runs/vae_mnist
    python -m tools.evaluate --workdir runs/vae_mnist --num_samples 100

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); networks: Radford et al. (2016).

Two cores: 1.5 minutes. Seed 0, 5,000 steps, 10,000 test images, nats of x in [0, 1]: negative ELBO -418.3 +- 0.4,
importance-weighted bound of log P(x) with 100 samples 430.7 +- 0.3.
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
            encoder=dcgan,
            posterior=dict(name="normal", minimum_scale=0.01),
            decoder=dcgan,
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.2, loc_activation="sigmoid"),
            objective=dict(name="vae", closed_form_kl=True),
        ),
        training=dict(steps=5_000, log_every=100, steps_per_execution=10, pictures_every=1_000),
        optimizers=dict(encoder=adam, decoder=adam),
    )
