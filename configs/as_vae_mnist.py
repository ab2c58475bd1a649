"""AS-VAE on MNIST's grey levels: the Symmetric VAE with two ratios by critics of pairs, with the networks of ehm_mnist.

    python -m tools.train --config as_vae_mnist --workdir runs/as_vae_mnist
    python -m tools.evaluate --workdir runs/as_vae_mnist --num_samples 100

Source: Pu et al., "Adversarial Symmetric Variational Autoencoder" (2017).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    ratio = dict(name="joint_log_ratio", network=dict(name="dcgan", width=32), steps=2)
    changes = {
        "model.objective": "as_vae",
        "training.keep_best": False,  # it minimizes another divergence than the bound's
        "model.approximators": dict(log_posterior_ratio=ratio, log_likelihood_ratio=ratio),
        "optimizers": dict(encoder=adam, decoder=adam, log_posterior_ratio=adam, log_likelihood_ratio=adam),
    }
    return zoo.start_from("vae_mnist", changes)
