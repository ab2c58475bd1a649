"""Extended Helmholtz Machine on MNIST's grey levels, told the digit: P(x|z, y), Q(z|x, y), critics told y.

    python -m tools.train --config ehm_conditional_mnist --workdir runs/ehm_conditional_mnist
    python -m tools.evaluate --workdir runs/ehm_conditional_mnist --measures=classes --features=classifiers/mnist

Source: "Symmetric variational loss and GAN" (2017); labels: Mirza and Osindero, "Conditional GAN" (2014).

Not trained to the end.
"""

import zoo

STEPS = 6_000


def get_config():
    """The experiment."""
    networks = ("encoder", "decoder", "log_q_x", "log_p_z")
    changes = {
        "model.condition": "label",
        "model.num_classes": 10,
        "training.steps": STEPS,
        **{f"optimizers.{network}.learning_rate.decay_steps": STEPS for network in networks},
    }
    return zoo.start_from("ehm_calibrated_mnist", changes)
