"""VAE with a VampPrior on MNIST's grey levels, with the networks of ehm_mnist.

    python -m tools.train --config vamp_prior_mnist --workdir runs/vamp_prior_mnist
    python -m tools.evaluate --workdir runs/vamp_prior_mnist --num_samples 100

Source: Tomczak and Welling, "VAE with a VampPrior" (2018), section 3.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.prior": dict(name="vamp_prior", components=100, initialization="data"),
        "model.objective": dict(name="vae", closed_form_kl=False),
        "optimizers": dict(encoder=adam, decoder=adam, prior=adam),
    }
    return zoo.start_from("vae_mnist", changes)
