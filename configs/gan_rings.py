"""GAN with the non-saturating loss on eight Gaussians on a circle: does it find all modes?

    python -m tools.train --config gan_rings --workdir runs/gan_rings --config.training.steps=10000
    python -m tools.evaluate --workdir runs/gan_rings --measures=samples

With the networks of wgan_gp_rings. `--config.model.objective.generator_loss=minimax` gives the game of the paper's
equation 1.

Source: Goodfellow et al., "Generative Adversarial Networks" (2014).

Seeds 0, 1, 2 after 10,000 steps, 5,000 samples: 8, 7, 8 modes of 8; 0.54, 0.59, 0.43 of the samples are good; sliced
Wasserstein distance 0.117, 0.119, 0.159. All 20,000 steps were not run.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5)
    changes = {
        "model.objective.generator_loss": "non_saturating",
        "model.approximators.log_q_x": dict(name="logistic", network=mlp),
        "optimizers": dict(decoder=adam, log_q_x=adam),
    }
    return zoo.start_from("wgan_gp_rings", changes)
