"""DCGAN on MNIST's grey levels: convolutions with batch normalization, and the non-saturating loss.

    python -m tools.train --config dcgan_mnist --workdir runs/dcgan_mnist
    python -m tools.evaluate --workdir runs/dcgan_mnist --measures=samples

Source: Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks" (2016), section 4.

One H200, beside seven other runs, in bfloat16: 22 seconds. Seed 0, 10,000 samples in the features of a classifier (net A of
configs/studies/equal_networks.py): Frechet distance 12.2, precision 0.63, recall 0.89. Its width is twice that of the study's
models, and its z has 100 dimensions. By eye some ten of 64 samples are no digit.
"""

import zoo


def get_config():
    """The experiment."""
    dcgan = dict(name="dcgan", width=64, normalization="batch")
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5)
    return zoo.experiment(
        data=dict(name="mnist", batch_size=128, value_range="symmetric"),
        model=dict(
            latent_size=100,
            decoder=dcgan,
            likelihood=dict(name="deterministic", loc_activation="tanh"),
            objective=dict(name="gan", generator_loss="non_saturating"),
            approximators=dict(log_q_x=dict(name="logistic", network=dcgan)),
        ),
        training=dict(steps=10_000, log_every=100, steps_per_execution=10, pictures_every=1_000),
        optimizers=dict(decoder=adam, log_q_x=adam),
    )
