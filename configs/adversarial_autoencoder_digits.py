"""Adversarial autoencoder on scikit-learn's 8x8 digits: reconstructions, and a critic that makes Q(z) like P(z).

Source: Makhzani et al., "Adversarial Autoencoders" (2015), section 2.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5)
    return zoo.experiment(
        data=dict(name="digits", batch_size=100),
        model=dict(
            latent_size=8,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.01),
            decoder=mlp,
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.1, loc_activation="sigmoid"),
            objective="adversarial_autoencoder",
            approximators=dict(log_p_z=dict(name="logistic", network=mlp, penalty_weight=0.1)),
        ),
        training=dict(steps=10_000, log_every=200, steps_per_execution=100, pictures_every=2_000),
        optimizers=dict(encoder=adam, decoder=adam, log_p_z=adam),
    )
