"""VAE on scikit-learn's 8x8 digits, with the networks of ehm_digits.

    python -m tools.train --config vae_digits --workdir runs/vae_digits
    python -m tools.evaluate --workdir runs/vae_digits --num_samples 100

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014).

Two cores: 22 s. Seed 0, 10,000 steps of which step 2,800 is kept, 297 test images, nats of x in [0, 1]: negative ELBO
-30.2 +- 1.3, importance-weighted bound of log P(x) with 100 samples 38.4 +- 1.1.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=1e-3)
    changes = {
        "model.posterior.minimum_scale": 0.01,
        "model.objective": dict(name="vae", closed_form_kl=True),
        "model.approximators": {},
        "model.noise_x": 0.0,
        "training.keep_best": True,
        "optimizers": dict(encoder=adam, decoder=adam),
    }
    return zoo.start_from("ehm_digits", changes)
