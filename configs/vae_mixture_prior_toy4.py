"""VAE with a learned mixture of five normals as prior, on five Gaussians in the plane (toy4): how near one gets to the floor.

Source: data, networks and training of Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019): 200 epochs of 10,000
draws; prior: Jiang et al., "Variational Deep Embedding" (2017).
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(500,), activation="tanh")
    adam = dict(name="Adam", learning_rate=1e-3)
    return zoo.experiment(
        data=dict(name="toy4", batch_size=128),
        model=dict(
            latent_size=2,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.01),
            decoder=mlp,
            likelihood=dict(name="normal", scale="global", initial_scale=0.5, minimum_scale=0.01),
            prior=dict(name="mixture", components=5),
            objective="vae",
        ),
        training=dict(steps=15_600, log_every=200, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam, prior=adam),
    )
