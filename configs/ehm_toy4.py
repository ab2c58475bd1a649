"""Extended Helmholtz Machine on five Gaussians in the plane (toy4).

    python -m tools.train --config ehm_toy4 --workdir runs/ehm_toy4
    python -m tools.evaluate --workdir runs/ehm_toy4 --num_samples 100

With the networks of vae_toy4.

Source: "Symmetric variational loss and GAN" (2017); data, networks and length of training: Livne et al., "MIM" (2019).

Two busy cores: 100 s. Seed 0, 15,600 steps, 10,000 test points: negative ELBO 2.086 +- 0.005 nats, importance-weighted
bound of log P(x) with 100 samples -1.968 +- 0.005; the data's entropy is 1.557.
"""

import zoo


def get_config():
    """The experiment."""
    critic = dict(name="mlp", hidden_sizes=(256, 256))
    adam = dict(name="Adam", learning_rate=1e-3, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.objective": "extended_helmholtz",
        # The EHM shrinks entropies: a learned scale runs to its floor, so the floor is a choice of the experiment.
        "model.posterior.minimum_scale": 0.1,
        "model.likelihood.minimum_scale": 0.1,
        "model.approximators.log_q_x": dict(name="wasserstein", network=critic, scale=10.0),
        "optimizers": dict(encoder=adam, decoder=adam, log_q_x=adam),
    }
    return zoo.start_from("vae_toy4", changes)
