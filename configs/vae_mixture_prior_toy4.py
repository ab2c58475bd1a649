"""VAE with a learned mixture of five normals as prior, on five Gaussians in the plane (toy4): how near one gets to the floor.

    python -m tools.train --config vae_mixture_prior_toy4 --workdir runs/vae_mixture_prior_toy4
    python -m tools.evaluate --workdir runs/vae_mixture_prior_toy4 --num_samples 100

As vae_toy4, but for the prior.

Source: prior of Jiang et al., "Variational Deep Embedding" (2017); data, networks and length of training (200 epochs of
10,000 points): Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).

Two busy cores: half a minute to two minutes. Mean and standard deviation over the seeds 0, 1 and 2
(`--config.training.seed`), 1,000 test points: -log P(x) 1.558 +- 0.003 nats, KL divergence from the data 0.011 +- 0.002
nats.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.prior": dict(name="mixture", components=5),
        "model.objective.closed_form_kl": False,  # none is known for a mixture
        "optimizers.prior": dict(name="Adam", learning_rate=1e-3),
    }
    return zoo.start_from("vae_toy4", changes)
