"""Adversarial variational Bayes: a VAE with an implicit posterior, on five Gaussians in the plane (toy4).

    python -m tools.train --config adversarial_variational_bayes_toy4 --workdir runs/adversarial_variational_bayes_toy4
    python -m tools.evaluate --workdir runs/adversarial_variational_bayes_toy4 --num_samples 100

With the networks of vae_toy4.

Source: Mescheder, Nowozin and Geiger, "Adversarial Variational Bayes" (2017); data, networks and length of training
(200 epochs of 10,000 points): Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=1e-3, beta_1=0.5)
    critic = dict(name="mlp", hidden_sizes=(256, 256))
    changes = {
        "model.objective": dict(name="adversarial_variational_bayes"),
        "model.posterior": dict(name="implicit", feature_size=64, hidden_sizes=(256,)),
        "model.approximators.log_posterior_ratio": dict(name="joint_log_ratio", network=critic, steps=2),
        "optimizers": dict(encoder=adam, decoder=adam, log_posterior_ratio=adam),
    }
    return zoo.start_from("vae_toy4", changes)
