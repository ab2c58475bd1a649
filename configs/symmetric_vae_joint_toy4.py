"""Symmetric VAE by one critic of pairs (ALI, sVAE), on five Gaussians in the plane (toy4).

    python -m tools.train --config symmetric_vae_joint_toy4 --workdir runs/symmetric_vae_joint_toy4
    python -m tools.evaluate --workdir runs/symmetric_vae_joint_toy4 --num_samples 100

With the networks of ehm_toy4. Each net gets one of the two divergences: see zoo/objectives/joint_ratio.py.

Source: Dumoulin et al., "Adversarially Learned Inference" (2017); data, networks and length of training (200 epochs of
10,000 points): Livne, Swersky and Fleet, "MIM: Mutual Information Machine" (2019).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=1e-3, beta_1=0.5)
    critic = dict(name="mlp", hidden_sizes=(256, 256))
    changes = {
        "model.objective": "joint_ratio",
        "model.approximators": dict(log_ratio=dict(name="joint_log_ratio", network=critic, steps=2)),
        "optimizers": dict(encoder=adam, decoder=adam, log_ratio=adam),
    }
    return zoo.start_from("ehm_toy4", changes)
