"""WGAN-GP on MNIST's grey levels, with the networks of ehm_mnist: the sleep phase alone.

    python -m tools.train --config wgan_gp_mnist --workdir runs/wgan_gp_mnist
    python -m tools.train_classifier --data mnist --output classifiers/mnist
    python -m tools.evaluate --workdir runs/wgan_gp_mnist --measures=samples --features=classifiers/mnist --num_examples 2000

Source: Gulrajani et al., "Improved Training of Wasserstein GANs" (2017); networks: Radford et al. (2016).

Two cores: 4.4 minutes. Seed 0, 5,000 steps, 2,000 samples against as many test images in the classifier's features:
Frechet distance 22.8, kernel distance 1.10 +- 0.16, precision 0.57, recall 0.86.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.encoder": "",
        "model.posterior": "",
        "model.likelihood": dict(name="deterministic", loc_activation="sigmoid"),
        "model.objective": "gan",
        "model.noise_x": 0.0,
        "training.validate_every": 0,  # there is no encoder
        "model.approximators.log_q_x.scale": 1.0,
        "model.approximators.log_q_x.steps": 2,
    }
    return zoo.start_from("ehm_mnist", changes)
