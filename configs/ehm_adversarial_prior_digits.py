"""Extended Helmholtz Machine with an adversarial log P''(z) in place of log P(z), on scikit-learn's digits.

The critic of z is trained high on P(z) and low on Q(z). With a logistic one the mean of -log P''(z) is KL(Q(z) || P(z)), which
does not pull Q(z) to the prior's mode. Likelihoods are reported with the true log P(z).
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
            approximators=dict(
                log_q_x=dict(name="wasserstein", network=mlp, scale=100.0),
                log_p_z=dict(name="logistic", network=mlp, penalty_weight=0.1),
            ),
            noise_x=0.1,
        ),
        training=dict(steps=10_000, log_every=200, steps_per_execution=100, pictures_every=2_000),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam, log_p_z=adam),
    )
