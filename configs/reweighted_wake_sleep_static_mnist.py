"""Helmholtz machine 784-200-200-200 on static MNIST by reweighted wake-sleep with 5 samples.

    python -m tools.train --config reweighted_wake_sleep_static_mnist --workdir runs/reweighted_wake_sleep_static_mnist
    python -m tools.evaluate --workdir runs/reweighted_wake_sleep_static_mnist --num_samples 100

With the networks of helmholtz_machine_static_mnist.

Source: Bornschein and Bengio, "Reweighted Wake-Sleep" (2015).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {"model.objective": "reweighted_wake_sleep", "model.num_samples": 5}
    return zoo.start_from("helmholtz_machine_static_mnist", changes)
