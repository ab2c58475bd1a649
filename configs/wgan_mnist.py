"""WGAN with weight clipping on MNIST's grey levels, with DCGAN's networks.

    python -m tools.train --config wgan_mnist --workdir runs/wgan_mnist
    python -m tools.evaluate --workdir runs/wgan_mnist --measures=samples

Source: Arjovsky, Chintala and Bottou, "Wasserstein Generative Adversarial Networks" (2017), algorithm 1.

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    dcgan = dict(name="dcgan", width=32, normalization="batch")
    rmsprop = dict(name="RMSprop", learning_rate=5e-5)
    return zoo.experiment(
        data=dict(name="mnist", batch_size=64, value_range="symmetric"),
        model=dict(
            latent_size=100,
            decoder=dcgan,
            likelihood=dict(name="deterministic", loc_activation="tanh"),
            objective="gan",
            approximators=dict(log_q_x=dict(name="wasserstein", network=dcgan, constraint="clip", clip=0.01, steps=5)),
        ),
        training=dict(steps=20_000, log_every=100, steps_per_execution=5, pictures_every=1_000),
        optimizers=dict(decoder=rmsprop, log_q_x=rmsprop),
    )
