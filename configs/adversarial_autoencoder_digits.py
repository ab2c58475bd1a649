"""Adversarial autoencoder on scikit-learn's 8x8 digits: reconstructions, and a critic that makes Q(z) like P(z).

    python -m tools.train --config adversarial_autoencoder_digits --workdir runs/adversarial_autoencoder_digits
    python -m tools.evaluate --workdir runs/adversarial_autoencoder_digits --num_samples 100

With the networks of vae_digits.

Source: Makhzani et al., "Adversarial Autoencoders" (2015), section 2.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5)
    changes = {
        "model.objective": "adversarial_autoencoder",
        "training.keep_best": False,  # it minimizes another divergence than the bound's
        "model.approximators.log_p_z": dict(name="logistic", network=mlp, penalty_weight=0.1),
        "optimizers": dict(encoder=adam, decoder=adam, log_p_z=adam),
    }
    return zoo.start_from("vae_digits", changes)
