"""Extended Helmholtz Machine on MNIST's grey levels, told the digit: P(x|z, y), Q(z|x, y), critics of (x, y) and of (z, y).

    python -m tools.train --config ehm_conditional_mnist --workdir runs/ehm_conditional_mnist
    python -m tools.evaluate --workdir runs/ehm_conditional_mnist --measures=classes --features=classifiers/mnist

It is ehm_noisy_code_mnist with labels, in fewer steps and at half its rate. P(z) is the same for all digits, and the critic of
codes is told y, so that the codes of each digit are pulled onto it: a code says how a digit is written, and not which.

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
        **{f"optimizers.{network}.learning_rate.initial_learning_rate": 2e-3 for network in networks},
    }
    return zoo.start_from("ehm_noisy_code_mnist", changes)
