"""Importance weighted autoencoder with 50 samples and the doubly reparameterized gradient, on static MNIST.

    python -m tools.train --config iwae_static_mnist --workdir runs/iwae_static_mnist
    python -m tools.evaluate --workdir runs/iwae_static_mnist --num_samples 100

Source: Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders" (2016), section 5 (one stochastic layer, its
optimizer, and its schedule up to pass 121, with 2,500 steps a pass); gradient of Tucker et al. (2019).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(200, 200), activation="tanh")
    # Of the learning rate 10^(-3 - i/7), 3^i passes.
    passes = (1, 4, 13, 40)
    rate = dict(
        name="PiecewiseConstantDecay",
        boundaries=tuple(2_500 * number for number in passes),
        values=tuple(10 ** (-3 - i / 7) for i in range(5)),
    )
    adam = dict(name="Adam", learning_rate=rate, epsilon=1e-4)
    return zoo.experiment(
        data=dict(name="binarized_mnist", batch_size=20, binarization="static"),
        model=dict(
            latent_size=50,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=1e-3),
            decoder=mlp,
            likelihood="bernoulli",
            objective=dict(name="iwae", encoder_gradient="doubly_reparameterized"),
            num_samples=50,
        ),
        training=dict(steps=302_500, log_every=500, steps_per_execution=100, validate_every=2_500, pictures_every=25_000),
        optimizers=dict(encoder=adam, decoder=adam),
    )
