"""VAE on MNIST's grey levels whose P(x|z) learns its scale, one number, with the networks of ehm_mnist.

    python -m tools.train --config vae_learned_scale_mnist --workdir runs/vae_learned_scale_mnist
    python -m tools.evaluate --workdir runs/vae_learned_scale_mnist --num_samples 100

Source: Rybkin, Daniilidis and Levine, "Simple and effective VAE training with calibrated decoders" (2021), section 3.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.likelihood": dict(name="normal", scale="global", initial_scale=0.2, minimum_scale=0.01, loc_activation="sigmoid")
    }
    return zoo.start_from("vae_mnist", changes)
