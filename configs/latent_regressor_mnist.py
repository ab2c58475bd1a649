"""WGAN-GP on MNIST's grey levels beside an encoder that learns from its samples alone, with the networks of ehm_mnist.

    python -m tools.train --config latent_regressor_mnist --workdir runs/latent_regressor_mnist
    python -m tools.evaluate --workdir runs/latent_regressor_mnist --measures=symmetry

The encoder moves nothing else, so samples are the WGAN-GP's.

Source: Donahue, Krähenbühl and Darrell, "Adversarial Feature Learning" (2017), section 3.4, the latent regressor.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.encoder": dict(name="dcgan", width=32),
        "model.posterior": dict(name="normal", minimum_scale=0.01),
        "model.encoder_reads": "mean",
        "model.noise_encoder": 0.02,
        "model.objective": "latent_regressor",
        "training.keep_best": False,  # the encoder never sees data
        "optimizers": dict(encoder=adam, decoder=adam, log_q_x=adam),
    }
    return zoo.start_from("wgan_gp_mnist", changes)
