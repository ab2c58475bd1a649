"""Extended Helmholtz Machine with a VampPrior (the third repair), on scikit-learn's digits.

-log P(z) alone pulls Q(z) to the prior's mode; a VampPrior has its modes where the codes of its pseudo-inputs are.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    return zoo.experiment(
        data=dict(name="digits", batch_size=100),
        model=dict(
            latent_size=8,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.1),
            decoder=mlp,
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.1, loc_activation="sigmoid"),
            objective="extended_helmholtz",
            prior=dict(name="vamp_prior", components=100),
            approximators=dict(log_q_x=dict(name="wasserstein", network=mlp, scale=100.0)),
            noise_x=0.1,
        ),
        training=dict(steps=10_000, log_every=200, steps_per_execution=100, pictures_every=2_000),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam, prior=adam),
    )
