"""Extended Helmholtz Machine whose decoder uses the encoder's kernels, on MNIST's grey levels.

    python -m tools.train --config ehm_tied_mnist --workdir runs/ehm_tied_mnist
    python -m tools.evaluate --workdir runs/ehm_tied_mnist --num_samples 100

As ehm_mnist, with transposed convolutions that are tied to the encoder's.

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM; networks: Radford et al. (2016).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from("ehm_mnist", {"model.decoder.tied": True})
