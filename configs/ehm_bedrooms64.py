"""Extended Helmholtz Machine on a folder of 64x64 bedroom photographs, with DCGAN-like networks.

    python -m tools.train --config ehm_bedrooms64 --workdir runs/ehm_bedrooms64 --data_dir DIR
    python -m tools.evaluate --workdir runs/ehm_bedrooms64 --num_samples 100

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM; networks: Radford et al. (2016).

Two cores, busy with other work: 1.2 s a step and 1.4 GB of memory over the first 200 steps
(`--config.training.steps=200`), after which the negative ELBO is 2,231 +- 347 nats of x in [0, 1] on 100 test photographs.
ehm_noisy_code_bedrooms64 is the one to take. Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    dcgan = dict(name="dcgan", width=32, normalization="layer")
    critic = dict(name="dcgan", width=32)
    adam = dict(name="Adam", learning_rate=1e-4, beta_1=0.5, beta_2=0.9)
    return zoo.experiment(
        data=dict(name="image_folder", folder="bedrooms", image_size=64, batch_size=64),
        model=dict(
            latent_size=128,
            encoder=dcgan,
            posterior=dict(name="normal", minimum_scale=0.1),
            decoder=dcgan,
            likelihood=dict(name="normal", scale="fixed", initial_scale=0.2, loc_activation="sigmoid"),
            objective="extended_helmholtz",
            approximators=dict(log_q_x=dict(name="wasserstein", network=critic, scale=1000.0)),
            noise_x=0.2,
        ),
        training=dict(
            steps=50_000, log_every=50, steps_per_execution=1, validate_every=1_000, pictures_every=500, save_every_seconds=60.0
        ),
        optimizers=dict(encoder=adam, decoder=adam, log_q_x=adam),
    )
