"""VAE on MNIST's grey levels with a mixture fitted to its codes in place of N(0, I), with the networks of ehm_mnist.

    python -m tools.train --config vae_fitted_prior_mnist --workdir runs/vae_fitted_prior_mnist
    python -m tools.evaluate --workdir runs/vae_fitted_prior_mnist --num_samples 100

Source: Ghosh et al., "From Variational to Deterministic Autoencoders" (2020), section 4.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.prior": dict(name="mixture", components=100),
        "model.objective": "vae_fitted_prior",
        "optimizers": dict(encoder=adam, decoder=adam, prior=adam),
    }
    return zoo.start_from("vae_mnist", changes)
