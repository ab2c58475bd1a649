"""Extended Helmholtz Machine with an adversarial log P''(z), on eight Gaussians on a circle."""

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
            approximators=dict(
                log_q_x=dict(name="wasserstein", network=mlp, scale=1000.0, penalty_weight=0.1, steps=5),
                log_p_z=dict(name="logistic", network=mlp, penalty_weight=0.1),
            ),
        ),
        training=dict(steps=20_000, log_every=200, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam, log_p_z=adam),
    )
