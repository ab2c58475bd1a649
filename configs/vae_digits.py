"""VAE on scikit-learn's 8x8 digits, with the networks of ehm_digits.

    python -m tools.train --config configs/vae_digits.py --workdir runs/vae_digits
    python -m tools.evaluate --workdir runs/vae_digits --num_samples 100

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014).

Two cores: 22 s. Seed 0, 10,000 steps, 297 test images, nats of x in [0, 1]: negative ELBO -26.3 +- 1.5,
importance-weighted bound of log P(x) with 100 samples 36.3 +- 1.2.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=1e-3)
    return zoo.experiment(
        data=dict(name="digits", batch_size=100),
        model=dict(
            latent_size=8,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.01),
            decoder=mlp,
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.1, loc_activation="sigmoid"),
            objective=dict(name="vae", closed_form_kl=True),
        ),
        training=dict(steps=10_000, log_every=200, steps_per_execution=100, pictures_every=2_000),
        optimizers=dict(encoder=adam, decoder=adam),
    )
