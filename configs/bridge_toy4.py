"""Bridge from the EHM to the Symmetric VAE, k annealed from 0 to 1, on five Gaussians in the plane (toy4).

    python -m tools.train --config bridge_toy4 --workdir runs/bridge_toy4
    python -m tools.evaluate --workdir runs/bridge_toy4 --num_samples 100

As symmetric_vae_flow_toy4, with the floors of the scales that an EHM needs.

Source: "Symmetric variational loss and GAN" (2017); data, networks and length of training (200 epochs of 10,000
points): Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).

Two busy cores: half a minute to two minutes. Mean and standard deviation over the seeds 0, 1 and 2
(`--config.training.seed`), 1,000 test points: -log P(x) 1.778 +- 0.010 nats, KL divergence from the data 0.249 +- 0.010
nats.
"""

import zoo


def get_config():
    """The experiment."""
    k = dict(name="PolynomialDecay", initial_learning_rate=0.0, end_learning_rate=1.0, decay_steps=10_000)
    changes = {
        "model.objective": dict(name="bridge", k=k),
        "model.posterior.minimum_scale": 0.1,
        "model.likelihood.minimum_scale": 0.1,
    }
    return zoo.start_from("symmetric_vae_flow_toy4", changes)
