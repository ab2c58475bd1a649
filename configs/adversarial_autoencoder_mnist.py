"""Adversarial autoencoder on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config adversarial_autoencoder_mnist --workdir runs/adversarial_autoencoder_mnist
    python -m tools.evaluate --workdir runs/adversarial_autoencoder_mnist --num_samples 100

Source: Makhzani et al., "Adversarial Autoencoders" (2015), section 2.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.objective": "adversarial_autoencoder",
        "training.keep_best": False,  # it minimizes another divergence than the bound's
        "model.approximators.log_p_z": dict(
            name="logistic", network=dict(name="mlp", hidden_sizes=(64, 64)), penalty_weight=0.1
        ),
        "optimizers": dict(encoder=adam, decoder=adam, log_p_z=adam),
    }
    return zoo.start_from("vae_mnist", changes)
