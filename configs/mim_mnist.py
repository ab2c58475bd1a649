"""Mutual information machine (MIM) on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config mim_mnist --workdir runs/mim_mnist
    python -m tools.evaluate --workdir runs/mim_mnist --num_samples 100

log Q(x) is the model's own marginal by one draw of z, held fixed, as published.

Source: Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.objective": "mim",
        "training.keep_best": False,  # it minimizes another divergence than the bound's
        "model.posterior.minimum_scale": 0.1,
        "model.approximators.log_q_x": "importance_estimate",
    }
    return zoo.start_from("vae_mnist", changes)
