"""Helmholtz machine 16-10-4 on 4x4 bars by wake-sleep: its likelihood can be enumerated.

The data's entropy, 3.379 nats, is the least negative log-likelihood there is.

    python -m pytest -m slow tests/models/helmholtz_machine_test.py

trains this config and sums over all codes and images. Seed 0, 50,000 steps, 2 minutes on two busy cores: 3.70 nats.

Source: Hinton, Dayan, Frey and Neal, "The wake-sleep algorithm for unsupervised neural networks" (1995).
"""

import zoo


def get_config():
    """The experiment."""
    # The layers have their own weights: to the first and from the first it is one dense layer.
    dense = dict(name="mlp", hidden_sizes=())
    adam = dict(name="Adam", learning_rate=1e-3)
    return zoo.experiment(
        data=dict(name="bars", batch_size=100, binarization="static"),
        model=dict(
            latent_size=14,
            encoder=dense,
            posterior=dict(name="layered_bernoulli", sizes=(10, 4)),
            decoder=dense,
            likelihood="bernoulli",
            prior=dict(name="layered_bernoulli", sizes=(10, 4)),
            objective="wake_sleep",
        ),
        training=dict(steps=50_000, log_every=500, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam, prior=adam),
    )
