"""Extended Helmholtz Machine on five Gaussians in the plane (toy4).

    python -m tools.train --config configs/ehm_toy4.py --workdir runs/ehm_toy4
    python -m tools.evaluate --workdir runs/ehm_toy4 --num_samples 100

Source: "Symmetric variational loss and GAN" (2017); data, networks and length of training: Livne et al., "MIM" (2019).

Two busy cores: 100 s. Seed 0, 15,600 steps, 10,000 test points: negative ELBO 2.086 +- 0.005 nats, importance-weighted bound
of log P(x) with 100 samples -1.968 +- 0.005; the data's entropy is 1.557.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(500,), activation="tanh")
    critic = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=1e-3, beta_1=0.5, beta_2=0.9)
    return zoo.experiment(
        data=dict(name="toy4", batch_size=128),
        model=dict(
            latent_size=2,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.1),
            decoder=mlp,
            likelihood=dict(name="normal", scale="global", initial_scale=0.5, minimum_scale=0.1),
            objective="extended_helmholtz",
            approximators=dict(log_q_x=dict(name="wasserstein", network=critic, scale=10.0)),
        ),
        training=dict(steps=15_600, log_every=200, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam),
    )
