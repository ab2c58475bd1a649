"""Extended Helmholtz Machine on MNIST's grey levels, with DCGAN-like networks.

    python -m tools.train --config ehm_mnist --workdir runs/ehm_mnist
    python -m tools.evaluate --workdir runs/ehm_mnist --num_samples 100

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM; networks: Radford et al. (2016).

Two cores: 4.4 minutes. Seed 0, 5,000 steps, 10,000 test images, nats of x in [0, 1]: negative ELBO -371.4 +- 0.5,
importance-weighted bound of log P(x) with 100 samples 412.2 +- 0.4.
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
            # The EHM shrinks entropies: a learned scale runs to its floor, so the floor is a choice of the experiment.
            posterior=dict(name="normal", minimum_scale=0.1),
            decoder=dcgan,
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.2, loc_activation="sigmoid"),
            objective="extended_helmholtz",
            approximators=dict(log_q_x=dict(name="wasserstein", network=dcgan, scale=100.0)),
            # Data and samples carry the same noise, so that the critic cannot tell them apart by it.
            noise_x=0.2,
        ),
        training=dict(steps=5_000, log_every=100, steps_per_execution=10, validate_every=500, pictures_every=1_000),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam),
    )
