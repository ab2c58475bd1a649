"""Helmholtz machine with normal conditionals on MNIST's grey levels by wake-sleep, with the networks of ehm_mnist.

    python -m tools.train --config wake_sleep_mnist --workdir runs/wake_sleep_mnist
    python -m tools.evaluate --workdir runs/wake_sleep_mnist --num_samples 100

Each phase moves one side on what the other drew. The encoder reads clean data and means of P(x|z), with a little noise.

Source: Hinton et al., "The wake-sleep algorithm" (1995); with deep networks, as the symmetric equilibrium of a VAE: Flach,
Schlesinger and Shekhovtsov, "Symmetric equilibrium learning of VAEs" (2024).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.objective": "wake_sleep",
        "training.keep_best": False,  # it has no one function that both phases descend
        "model.encoder_reads": "mean",
        "model.noise_encoder": 0.02,
        "optimizers": dict(encoder=adam, decoder=adam),
    }
    return zoo.start_from("vae_mnist", changes)
