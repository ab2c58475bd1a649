"""WGAN with gradient penalty on eight Gaussians on a circle: does it find all modes?

    python -m tools.train --config wgan_gp_rings --workdir runs/wgan_gp_rings --config.training.steps=10000
    python -m tools.evaluate --workdir runs/wgan_gp_rings --measures=samples

The sleep phase of ehm_rings alone: the same decoder and critic.

Source: Gulrajani et al., "Improved Training of Wasserstein GANs" (2017), algorithm 1, with the penalty's weight of the
toy experiments in the authors' code.

Seed 0 after 10,000 steps, 5,000 samples: 8 modes of 8, 0.42 of the samples are good, sliced Wasserstein distance 0.009.
All 20,000 steps were not run.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=1e-4, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.encoder": "",
        "model.posterior": "",
        "model.likelihood": "deterministic",
        "model.objective": "gan",
        "model.approximators.log_q_x.scale": 1.0,
        "optimizers": dict(decoder=adam, log_q_x=adam),
    }
    return zoo.start_from("ehm_rings", changes)
