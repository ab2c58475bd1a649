"""VAE on five Gaussians in the plane (toy4).

    python -m tools.train --config vae_toy4 --workdir runs/vae_toy4
    python -m tools.evaluate --workdir runs/vae_toy4 --num_samples 100

Source: Kingma and Welling (2014); data, networks and length of training (200 epochs of 10,000 points): Livne, Swersky
and Fleet, "MIM: Mutual Information Machine" (2019).

Two busy cores: half a minute to two minutes. Mean and standard deviation over the seeds 0, 1 and 2
(`--config.training.seed`), 1,000 test points: -log P(x) 1.748 +- 0.003 nats, KL divergence from the data 0.191 +- 0.003
nats.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(500,), activation="tanh")
    adam = dict(name="Adam", learning_rate=1e-3)
    return zoo.experiment(
        data=dict(name="toy4", batch_size=128),
        model=dict(
            latent_size=2,
            encoder=mlp,
            posterior=dict(name="normal", minimum_scale=0.01),
            decoder=mlp,
            likelihood=dict(name="normal", scale="global", initial_scale=0.5, minimum_scale=0.01),
            objective=dict(name="vae", closed_form_kl=True),
        ),
        training=dict(steps=15_600, log_every=200, steps_per_execution=100),
        optimizers=dict(encoder=adam, decoder=adam),
    )
