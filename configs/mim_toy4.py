"""Mutual information machine (MIM) on five Gaussians in the plane (toy4).

    python -m tools.train --config mim_toy4 --workdir runs/mim_toy4
    python -m tools.evaluate --workdir runs/mim_toy4 --num_samples 100

With the networks of vae_toy4. log Q(x) is the model's own marginal by one draw of z, held fixed, as published.

Source: Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019): also the data, networks and length of
training (200 epochs of 10,000 points).

Two busy cores: half a minute to two minutes. Mean and standard deviation over the seeds 0, 1 and 2
(`--config.training.seed`), 1,000 test points: -log P(x) 2.379 +- 0.005 nats, KL divergence from the data 0.833 +- 0.005
nats.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.objective": "mim",
        "model.posterior.minimum_scale": 0.1,
        "model.likelihood.minimum_scale": 0.1,
        "model.approximators.log_q_x": "importance_estimate",
    }
    return zoo.start_from("vae_toy4", changes)
