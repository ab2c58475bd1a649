"""GAN with the non-saturating loss on eight Gaussians on a circle: does it find all modes?

`--config.model.objective.generator_loss=minimax` gives the game of the paper's equation 1.

Source: Goodfellow et al., "Generative Adversarial Networks" (2014).
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5)
    return zoo.experiment(
        data=dict(name="rings", batch_size=256),
        model=dict(
            latent_size=2,
            decoder=mlp,
            likelihood="deterministic",
            objective=dict(name="gan", generator_loss="non_saturating"),
            approximators=dict(log_q_x=dict(name="logistic", network=mlp)),
        ),
        training=dict(steps=20_000, log_every=200, steps_per_execution=100),
        optimizers=dict(decoder=adam, log_q_x=adam),
    )
