"""AS-VAE: the Symmetric VAE with two ratios by critics of pairs, on five Gaussians in the plane (toy4).

    python -m tools.train --config as_vae_toy4 --workdir runs/as_vae_toy4
    python -m tools.evaluate --workdir runs/as_vae_toy4 --num_samples 100

With the networks of ehm_toy4.

Source: Pu et al., "Adversarial Symmetric Variational Autoencoder" (2017); data, networks and length of training (200
epochs of 10,000 points): Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=1e-3, beta_1=0.5)
    critic = dict(name="mlp", hidden_sizes=(256, 256))
    ratio = dict(name="joint_log_ratio", network=critic, steps=2)
    changes = {
        "model.objective": "as_vae",
        "model.approximators": dict(log_posterior_ratio=ratio, log_likelihood_ratio=ratio),
        "optimizers": dict(encoder=adam, decoder=adam, log_posterior_ratio=adam, log_likelihood_ratio=adam),
    }
    return zoo.start_from("ehm_toy4", changes)
