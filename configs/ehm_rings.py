"""Extended Helmholtz Machine on eight Gaussians on a circle: does it find all modes?

    python -m tools.train --config ehm_rings --workdir runs/ehm_rings --config.training.steps=10000
    python -m tools.evaluate --workdir runs/ehm_rings --measures=samples

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine; critic: Gulrajani et al.
(2017).

Seeds 0, 1, 2 after 10,000 steps, 5,000 samples: 8, 8, 8 modes of 8; 0.16, 0.44, 0.48 of the samples are good (within 3
standard deviations of a mode); sliced Wasserstein distance 0.018, 0.010, 0.010. All 20,000 steps were not run.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    return zoo.experiment(
        data=dict(name="rings", batch_size=256),
        model=dict(
            latent_size=2,
            encoder=mlp,
            # A wide floor: from x within one Gaussian no more than a region of z can be told.
            posterior=dict(name="normal", minimum_scale=0.3),
            decoder=mlp,
            # The scale of the data's Gaussians.
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.02),
            objective="extended_helmholtz",
            approximators=dict(log_q_x=dict(name="wasserstein", network=mlp, scale=1000.0, penalty_weight=0.1, steps=5)),
        ),
        training=dict(steps=20_000, log_every=200, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam),
    )
