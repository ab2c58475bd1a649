"""VAE/GAN on MNIST's grey levels: a VAE in the features of a critic, with the networks of ehm_mnist.

    python -m tools.train --config vae_gan_mnist --workdir runs/vae_gan_mnist
    python -m tools.train_classifier --data mnist --output classifiers/mnist
    python -m tools.evaluate --workdir runs/vae_gan_mnist --measures=samples,reconstructions --features=classifiers/mnist

The features are the critic's 7x7x64 units, which its last layer reads.

Source: Larsen et al., "Autoencoding beyond pixels using a learned similarity metric" (2016).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    # The slope on data is held, so that the critic stays within reach of the decoder.
    critic = dict(name="feature_critic", network=dict(name="dcgan", width=32), penalty_weight=0.05)
    changes = {
        "model.objective": dict(name="vae_gan", closed_form_kl=True, adversarial_weight=10.0),
        "training.keep_best": False,  # it minimizes another divergence than the bound's
        "model.likelihood": dict(name="deterministic", loc_activation="sigmoid"),
        "model.approximators": dict(log_q_x=critic),
        "optimizers": dict(encoder=adam, decoder=adam, log_q_x=adam),
    }
    return zoo.start_from("vae_mnist", changes)
