"""VAE on MNIST's grey levels, told the digit: P(x|z, y) and Q(z|x, y).

    python -m tools.train --config vae_conditional_mnist --workdir runs/vae_conditional_mnist
    python -m tools.evaluate --workdir runs/vae_conditional_mnist --measures=classes --features=classifiers/mnist

Source: Sohn et al., "Learning Structured Output Representation using Deep Conditional Generative Models" (2015).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("vae_mnist", {"model.condition": "label", "model.num_classes": 10})
