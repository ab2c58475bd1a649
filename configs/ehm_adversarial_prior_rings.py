"""Extended Helmholtz Machine with an adversarial log P''(z), on eight Gaussians on a circle.

    python -m tools.train --config ehm_adversarial_prior_rings --workdir runs/prior_rings --config.training.steps=10000
    python -m tools.evaluate --workdir runs/prior_rings --measures=samples

As ehm_rings, with a critic of z besides.

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine; critic of z: Makhzani et al.,
"Adversarial Autoencoders" (2015).

Seed 0 after 10,000 steps, 5,000 samples: 8 modes of 8, 0.40 of the samples are good, sliced Wasserstein distance 0.015.
All 20,000 steps were not run.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    changes = {
        "model.approximators.log_p_z": dict(name="logistic", network=mlp, penalty_weight=0.1),
        "optimizers.log_p_z": dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9),
    }
    return zoo.start_from("ehm_rings", changes)
