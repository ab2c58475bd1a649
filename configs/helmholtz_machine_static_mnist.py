"""Helmholtz machine 784-200-200-200 on static MNIST by wake-sleep.

    python -m tools.train --config helmholtz_machine_static_mnist --workdir runs/helmholtz_machine_static_mnist
    python -m tools.evaluate --workdir runs/helmholtz_machine_static_mnist --num_samples 100

Source: Hinton, Dayan, Frey and Neal, "The wake-sleep algorithm for unsupervised neural networks" (1995); sizes of
Bornschein and Bengio, "Reweighted Wake-Sleep" (2015).

One core, beside another run: 38 minutes; validation is best at the last step. Seed 0, 10,000 test images: bound of log P(x)
-96.57 +- 0.25 nats with 200 samples, negative ELBO 104.17 +- 0.27.
"""

import zoo


def get_config():
    """The experiment."""
    # The layers have their own weights: to the first and from the first it is one dense layer.
    dense = dict(name="mlp", hidden_sizes=())
    adam = dict(name="Adam", learning_rate=1e-3)
    return zoo.experiment(
        data=dict(name="binarized_mnist", batch_size=100, binarization="static"),
        model=dict(
            latent_size=600,
            encoder=dense,
            posterior=dict(name="layered_bernoulli", sizes=(200, 200, 200)),
            decoder=dense,
            likelihood="bernoulli",
            prior=dict(name="layered_bernoulli", sizes=(200, 200, 200)),
            objective="wake_sleep",
        ),
        training=dict(steps=250_000, log_every=500, steps_per_execution=100, validate_every=5_000, pictures_every=5_000),
        optimizers=dict(encoder=adam, decoder=adam, prior=adam),
    )
