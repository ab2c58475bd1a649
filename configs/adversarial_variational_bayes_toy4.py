"""Adversarial variational Bayes: a VAE with an implicit posterior, on five Gaussians in the plane (toy4)."""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(500,), activation="tanh")
    adam = dict(name="Adam", learning_rate=1e-3, beta_1=0.5)
    critic = dict(name="mlp", hidden_sizes=(256, 256))
    return zoo.experiment(
        data=dict(name="toy4", batch_size=128),
        model=dict(
            latent_size=2,
            encoder=mlp,
            posterior=dict(name="implicit", feature_size=64, hidden_sizes=(256,)),
            decoder=mlp,
            likelihood=dict(name="normal", scale="global", initial_scale=0.5, minimum_scale=0.01),
            objective="adversarial_variational_bayes",
            approximators=dict(log_posterior_ratio=dict(name="joint_log_ratio", network=critic, steps=2)),
        ),
        training=dict(steps=15_600, log_every=200, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam, log_posterior_ratio=adam),
    )
