"""WGAN-GP on MNIST's grey levels, told the digit: P(x|z, y) and a critic of (x, y).

    python -m tools.train --config wgan_gp_conditional_mnist --workdir runs/wgan_gp_conditional_mnist
    python -m tools.evaluate --workdir runs/wgan_gp_conditional_mnist --measures=classes --features=classifiers/mnist

Source: Gulrajani et al. (2017); labels: Mirza and Osindero, "Conditional GAN" (2014).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("wgan_gp_mnist", {"model.condition": "label", "model.num_classes": 10})
