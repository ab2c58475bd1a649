"""VAE on MNIST's grey levels whose prior is fitted to its codes at the end of training, with the networks of ehm_mnist.

    python -m tools.train --config vae_fitted_prior_mnist --workdir runs/vae_fitted_prior_mnist
    python -m tools.evaluate --workdir runs/vae_fitted_prior_mnist --num_samples 100

Source: Ghosh et al., "From Variational to Deterministic Autoencoders" (2020), section 4.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    changes = {
        "model.prior": dict(name="fitted_mixture"),
        "model.objective.closed_form_kl": False,
        "training.keep_best": False,
    }
    return zoo.start_from("vae_mnist", changes)
