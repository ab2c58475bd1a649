"""Bridge from the EHM to the Symmetric VAE, k annealed from 0 to 1, on five Gaussians in the plane (toy4).

Source: networks and training of Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019): 200 epochs of 10,000 draws.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(500,), activation="tanh")
    adam = dict(name="Adam", learning_rate=1e-3)
    k = dict(name="PolynomialDecay", initial_learning_rate=0.0, end_learning_rate=1.0, decay_steps=10_000)
    return zoo.experiment(
        data=dict(name="toy4", batch_size=128),
        model=dict(
            latent_size=2,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.1),
            decoder=mlp,
            likelihood=dict(name="normal", scale="global", initial_scale=0.5, minimum_scale=0.1),
            objective=dict(name="bridge", k=k),
            approximators=dict(log_q_x=dict(name="normalizing_flow", hidden_sizes=(64, 64))),
        ),
        training=dict(steps=15_600, log_every=200, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam),
    )
