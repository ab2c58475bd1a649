"""WGAN with gradient penalty on eight Gaussians on a circle: does it find all modes?

Source: Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), algorithm 1, with the penalty's weight of the toy
experiments in the authors' code.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=1e-4, beta_1=0.5, beta_2=0.9)
    return zoo.experiment(
        data=dict(name="rings", batch_size=256),
        model=dict(
            latent_size=2,
            decoder=mlp,
            likelihood="deterministic",
            objective="gan",
            approximators=dict(log_q_x=dict(name="wasserstein", network=mlp, penalty_weight=0.1, steps=5)),
        ),
        training=dict(steps=20_000, log_every=200, steps_per_execution=100),
        optimizers=dict(decoder=adam, log_q_x=adam),
    )
