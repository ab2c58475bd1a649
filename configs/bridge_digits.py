"""Bridge from the EHM to the Symmetric VAE with k annealed from 0 to 1 (the fourth repair), on scikit-learn's digits.

k puts the precision of both conditionals back. At its end this is symmetric_vae_digits, begun from an EHM.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    k = dict(name="PolynomialDecay", initial_learning_rate=0.0, end_learning_rate=1.0, decay_steps=8_000)
    return zoo.experiment(
        data=dict(name="digits", batch_size=100),
        model=dict(
            latent_size=8,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.1),
            decoder=mlp,
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.1, loc_activation="sigmoid"),
            objective=dict(name="bridge", k=k),
            approximators=dict(log_q_x=dict(name="wasserstein", network=mlp, scale=100.0)),
            noise_x=0.1,
        ),
        training=dict(steps=10_000, log_every=200, steps_per_execution=100, pictures_every=2_000),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam),
    )
