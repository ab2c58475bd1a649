"""Adversarially Learned Inference (ALI) on MNIST's grey levels, by one critic of pairs, with the networks of ehm_mnist.

    python -m tools.train --config ali_mnist --workdir runs/ali_mnist
    python -m tools.evaluate --workdir runs/ali_mnist --num_samples 100

Each net gets one of the two divergences: see zoo/objectives/joint_ratio.py.

Source: Dumoulin et al., "Adversarially Learned Inference" (2017).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    ratio = dict(name="joint_log_ratio", network=dict(name="dcgan", width=32), steps=2)
    changes = {
        "model.objective": "joint_ratio",
        "training.keep_best": False,  # it minimizes another divergence than the bound's
        "model.likelihood": dict(name="deterministic", loc_activation="sigmoid"),
        "model.approximators": dict(log_ratio=ratio),
        "optimizers": dict(encoder=adam, decoder=adam, log_ratio=adam),
    }
    return zoo.start_from("vae_mnist", changes)
