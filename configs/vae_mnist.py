"""VAE on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config vae_mnist --workdir runs/vae_mnist
    python -m tools.evaluate --workdir runs/vae_mnist --num_samples 100

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); networks: Radford et al. (2016).

Two busy cores: 4.5 minutes. Seed 0, 5,000 steps, the last being the best in validation; 10,000 test images, nats of x in
[0, 1]: negative ELBO -418.4 +- 0.4, importance-weighted bound of log P(x) with 100 samples 430.8 +- 0.3.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.posterior.minimum_scale": 0.01,
        "model.objective": dict(name="vae", closed_form_kl=True),
        "model.approximators": {},
        "model.noise_x": 0.0,
        "training.keep_best": True,
    }
    return zoo.start_from("ehm_mnist", changes)
