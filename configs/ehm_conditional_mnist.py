"""Extended Helmholtz Machine on MNIST's grey levels, told the digit: P(x|z, y), Q(z|x, y), a critic of (x, y).

    python -m tools.train --config ehm_conditional_mnist --workdir runs/ehm_conditional_mnist
    python -m tools.evaluate --workdir runs/ehm_conditional_mnist --measures=classes --features=classifiers/mnist

Source: "Symmetric variational loss and GAN" (2017); labels: Mirza and Osindero, "Conditional GAN" (2014).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("ehm_mnist", {"model.condition": "label", "model.num_classes": 10})
