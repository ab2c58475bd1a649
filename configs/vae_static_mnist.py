"""VAE 784-400-z40 on static MNIST, with the training of the pythae library's comparison.

    python -m tools.train --config vae_static_mnist --workdir runs/vae_static_mnist
    python -m tools.evaluate --workdir runs/vae_static_mnist --num_samples 200

500 epochs, of 500 steps each; the learning rate is multiplied by 10^-0.2 after epochs 200 and 350. Published:
89.78 nats there, by importance sampling with 200 samples a point, and 89.9 in the paper that it compares with.

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); Chadebec et al., "Pythae: unifying generative autoencoders
in Python" (2022).

Two cores: 7 minutes. Seed 0, 10,000 test images, nats: negative ELBO 98.70 +- 0.24, importance-weighted bound of log P(x) with
200 samples -93.22 +- 0.23. At ten times the rate (docs/studies/static_mnist): 97.10 +- 0.25 and -91.33 +- 0.24, with averaged
weights 96.26 +- 0.25 and -91.07 +- 0.23. The published figure is not reached.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(400,))
    rate = dict(name="PiecewiseConstantDecay", boundaries=(100_000, 175_000), values=(1e-4, 1e-4 * 10**-0.2, 1e-4 * 10**-0.4))
    adam = dict(name="Adam", learning_rate=rate)
    return zoo.experiment(
        data=dict(name="binarized_mnist", batch_size=100, binarization="static"),
        model=dict(
            latent_size=40,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=1e-4),
            decoder=mlp,
            likelihood="bernoulli",
            objective=dict(name="vae", closed_form_kl=True),
        ),
        training=dict(steps=250_000, log_every=500, steps_per_execution=250, validate_every=5_000, pictures_every=25_000),
        optimizers=dict(encoder=adam, decoder=adam),
    )
